/**
 * The record of one socket's life: what becomes an Observation. tcp.ts and udp.ts write into it as things happen;
 * whatever ends the socket first (an error, the peer's FIN, our own close) is what the observation says.
 */
import type { Icmp, Observation, TlsSeen } from "../model/observation.ts";
import type { Endpoint } from "../model/ports.ts";

const FIRST_BYTES = 256;

export class Life {
  phase: Observation["phase"] = "bind";
  local: Endpoint | undefined;
  tls: TlsSeen | undefined;
  /** Whether an ICMP error that met this socket would be seen with its type, code and sender. */
  errorQueue = false;
  /** Resolves once the socket is of no more use, whoever ended it. */
  readonly over: Promise<void>;
  readonly #remote: Endpoint;
  readonly #monotonicMs: () => number;
  readonly #startedMs: number;
  readonly #sentMs: number[] = [];
  readonly #resolveOver: () => void;
  #connectedMs: number | undefined;
  #repliedMs: number | undefined;
  #endedMs: number | undefined;
  #code: string | undefined;
  #icmp: Icmp | undefined;
  #firstBytes: Uint8Array | undefined;

  constructor(remote: Endpoint, monotonicMs: () => number) {
    this.#remote = remote;
    this.#monotonicMs = monotonicMs;
    this.#startedMs = monotonicMs();
    let resolveOver = () => {};
    this.over = new Promise((resolve) => {
      resolveOver = resolve;
    });
    this.#resolveOver = resolveOver;
  }

  get isOver(): boolean {
    return this.#endedMs !== undefined;
  }

  /** The TCP handshake completed; `local` is our own end of it. */
  connected(local: { readonly address: string; readonly port: number } | undefined): void {
    if (local !== undefined) this.local = { transport: "tcp", ...local };
    this.phase = "exchange";
    this.#connectedMs = this.#monotonicMs();
  }

  sent(): void {
    this.#sentMs.push(this.#monotonicMs());
  }

  /** The peer sent bytes. Gives the time. */
  heard(bytes: Uint8Array): number {
    const nowMs = this.#monotonicMs();
    this.#repliedMs ??= nowMs;
    const kept = this.firstBytesKept;
    if (kept < FIRST_BYTES) {
      const fresh = bytes.subarray(0, FIRST_BYTES - kept);
      const joined = new Uint8Array(kept + fresh.length);
      if (this.#firstBytes !== undefined) joined.set(this.#firstBytes);
      joined.set(fresh, kept);
      this.#firstBytes = joined;
    }
    return nowMs;
  }

  /** How many of the peer's first bytes are kept. */
  get firstBytesKept(): number {
    return this.#firstBytes?.length ?? 0;
  }

  /** Keeps only so many of the first bytes: what came after them was a handshake below the bytes that matter. */
  truncateFirstBytes(length: number): void {
    this.#firstBytes = length === 0 ? undefined : this.#firstBytes?.slice(0, length);
  }

  /** Ends the record; only the first call counts. No code: our own side ended it. */
  end(code?: string, icmp?: Icmp): void {
    if (this.isOver) return;
    this.#endedMs = this.#monotonicMs();
    this.#code = code;
    this.#icmp = icmp;
    this.#resolveOver();
  }

  /** The observation so far; while the socket lives, `endedMs` is now. */
  seen(): Observation {
    return {
      remote: this.#remote,
      ...(this.local !== undefined && { local: this.local }),
      phase: this.phase,
      startedMs: this.#startedMs,
      ...(this.#connectedMs !== undefined && { connectedMs: this.#connectedMs }),
      sentMs: [...this.#sentMs],
      ...(this.#repliedMs !== undefined && { repliedMs: this.#repliedMs }),
      endedMs: this.#endedMs ?? this.#monotonicMs(),
      ...(this.#code !== undefined && { code: this.#code }),
      ...(this.#icmp !== undefined && { icmp: this.#icmp }),
      errorQueue: this.errorQueue,
      ...(this.#firstBytes !== undefined && { firstBytes: this.#firstBytes }),
      ...(this.tls !== undefined && { tls: this.tls }),
    };
  }
}

/** The stable word of a system or OpenSSL error, for instance `ECONNREFUSED`; never its message text. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : "UNKNOWN";
}
