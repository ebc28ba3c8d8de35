/**
 * A response in several PDUs (C706 section 12.6.3.1): cut up by a server whose answer is larger than the fragments
 * that were agreed on, put together again by the client.
 */
import { WireError } from "./bytes.ts";
import { PFC, type ResponsePdu } from "./dcerpc.ts";

/** A response of more fragments, or of a larger stub, is refused. */
export const MAX_FRAGMENTS = 256;
export const MAX_STUB_BYTES = 1024 * 1024;

/** The head that every response PDU has before its stub. */
const RESPONSE_HEAD_BYTES = 24;

/** Whether nothing follows this PDU of a response. */
export function isLastFragment(response: ResponsePdu): boolean {
  return (response.flags & PFC.lastFragment) !== 0;
}

/** Cuts a response into fragments of at most `maxFragmentBytes`, head included; one if it is small enough. */
export function splitResponse(response: ResponsePdu, maxFragmentBytes: number): readonly ResponsePdu[] {
  // All stub parts but the last must be multiples of 8, so that NDR's alignment survives the cut.
  const partBytes = Math.floor((maxFragmentBytes - RESPONSE_HEAD_BYTES) / 8) * 8;
  if (partBytes < 8) throw new WireError("unencodable", `cannot write fragments of ${maxFragmentBytes} bytes`, 0);
  const fragments: ResponsePdu[] = [];
  for (let at = 0; at === 0 || at < response.stub.length; at += partBytes) {
    const first = at === 0 ? PFC.firstFragment : 0;
    const last = at + partBytes >= response.stub.length ? PFC.lastFragment : 0;
    const others = response.flags & ~(PFC.firstFragment | PFC.lastFragment);
    fragments.push({ ...response, flags: others | first | last, stub: response.stub.subarray(at, at + partBytes) });
  }
  return fragments;
}

/** The whole response out of all its fragments, in order, first to last. */
export function joinResponse(fragments: readonly ResponsePdu[]): ResponsePdu {
  const first = fragments[0];
  if (first === undefined) throw new WireError("truncated", "a response without fragments", 0);
  if (fragments.length > MAX_FRAGMENTS) throw new WireError("limit", `more than ${MAX_FRAGMENTS} fragments`, 0);
  let length = 0;
  for (const [index, fragment] of fragments.entries()) {
    const begins = (fragment.flags & PFC.firstFragment) !== 0;
    if (begins !== (index === 0) || fragment.callId !== first.callId || fragment.order !== first.order) {
      throw new WireError("malformed", `fragment ${index + 1} belongs to another response`, length);
    }
    if (index < fragments.length - 1 && isLastFragment(fragment)) {
      throw new WireError("malformed", `fragment ${index + 1} is not the last`, length);
    }
    length += fragment.stub.length;
    if (length > MAX_STUB_BYTES) throw new WireError("limit", `a stub above ${MAX_STUB_BYTES} bytes`, length);
  }
  if (!isLastFragment(fragments.at(-1)!)) throw new WireError("truncated", "the last fragment is missing", length);
  const stub = new Uint8Array(length);
  let at = 0;
  for (const fragment of fragments) {
    stub.set(fragment.stub, at);
    at += fragment.stub.length;
  }
  return { ...first, flags: first.flags | PFC.lastFragment, stub };
}
