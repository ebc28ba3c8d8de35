/** The one error that this module throws, and the system's words for what went wrong. */
import type { SocketFailure, Syscall } from "./endpoint.ts";

/** A system call that failed, with the system's word for it. */
export class SocketError extends Error implements SocketFailure {
  override readonly name = "SocketError";
  readonly code: string;
  readonly syscall: Syscall;

  constructor(code: string, syscall: Syscall) {
    super(`${syscall}: ${code}`);
    this.code = code;
    this.syscall = syscall;
  }
}

/** The stable word of an error that Node gave, for instance `ECONNREFUSED`. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : "UNKNOWN";
}
