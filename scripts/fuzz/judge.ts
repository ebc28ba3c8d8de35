/**
 * What a decoder may do with any bytes: give a value, or throw a WireError that points into them. Everything else is
 * a finding.
 */
import { WireError } from "../../src/wire/bytes.ts";

export type Decode = (bytes: Uint8Array) => unknown;

/** A decoder that did what none may do; the message says what. */
export class Finding extends Error {}

/** Calls a decoder. Throws a Finding for whatever it may not do. */
export function judge(decode: Decode, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof Finding) throw error;
    const wrong = objectionTo(error, bytes.length);
    if (wrong !== undefined) throw new Finding(wrong, { cause: error });
  }
}

function objectionTo(error: unknown, length: number): string | undefined {
  if (!(error instanceof WireError))
    return `threw ${error instanceof Error ? `${error.name}: ${error.message}` : error}`;
  if (error.code === "unencodable") return `a decoder cannot write: ${error.message}`;
  if (error.offset >= 0 && error.offset <= length) return undefined;
  return `points to byte ${error.offset} of ${length}: ${error.message}`;
}
