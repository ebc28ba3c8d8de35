/**
 * What every codec test needs: bytes from fixture files, and the proof that a decoder meets any bytes at all with a
 * value or a WireError, never with another error.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { WireError } from "../../src/wire/bytes.ts";

export { fixture, hex, printed } from "./captured.ts";

/** Up to this many bytes each byte takes all its 255 other values; above, a few that turn lengths and signs over. */
const EXHAUSTIVE_BYTES = 300;

/** Bytes as hex, for comparisons whose failure can be read. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/**
 * Given bytes that `decode` takes, gives it every truncation of them, every change of a single byte, arbitrary bytes,
 * and a true head with an arbitrary tail.
 */
export function expectOnlyWireErrors(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  expect(() => decode(bytes)).not.toThrow();
  for (let length = 0; length < bytes.length; length++) tryDecode(decode, bytes.slice(0, length));
  everySingleByteChange(decode, bytes);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 512 }), (arbitrary) => tryDecode(decode, arbitrary)));
  fc.assert(
    fc.property(fc.nat({ max: bytes.length }), fc.uint8Array({ maxLength: 256 }), (length, tail) =>
      tryDecode(decode, Uint8Array.of(...bytes.subarray(0, length), ...tail)),
    ),
  );
}

/** Whatever is encoded must come back the same when decoded. */
export function expectRoundTrip<T>(
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(decode(encode(value))).toEqual(value);
    }),
  );
}

/** Every truncation must fail, and say `truncated`: for formats whose every byte is needed. */
export function expectEveryTruncationRefused(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  for (let length = 0; length < bytes.length; length++) {
    expect(wireErrorOf(() => decode(bytes.slice(0, length)))?.code, `${length} bytes`).toBe("truncated");
  }
}

/** The WireError that a call throws, undefined if it throws none; other errors pass through. */
export function wireErrorOf(call: () => unknown): WireError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

function everySingleByteChange(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  const changed = Uint8Array.from(bytes);
  for (let at = 0; at < bytes.length; at++) {
    const was = bytes[at]!;
    const count = bytes.length <= EXHAUSTIVE_BYTES ? 255 : FLIPS.length;
    for (let index = 0; index < count; index++) {
      changed[at] = bytes.length <= EXHAUSTIVE_BYTES ? was + 1 + index : was ^ FLIPS[index]!;
      tryDecode(decode, changed);
    }
    changed[at] = was;
  }
}

/** Bits to turn over: lowest, highest, all, and those that move a length by a little or a lot. */
const FLIPS = [0x01, 0x80, 0xff, 0x04, 0x20] as const;

function tryDecode(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  const error = wireErrorOf(() => decode(bytes));
  if (error && !(error.offset >= 0 && error.offset <= bytes.length)) {
    throw new Error(`offset ${error.offset} lies outside ${bytes.length} bytes: ${error.message}`);
  }
}
