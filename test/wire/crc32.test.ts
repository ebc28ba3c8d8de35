import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../../src/wire/bytes.ts";
import { crc32 } from "../../src/wire/crc32.ts";

describe("CRC-32", () => {
  it("has the check value of its catalogue entries, and 0 for nothing", () => {
    expect(crc32(utf8Bytes("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  it("is a number of 32 bits without sign", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(crc32(bytes)).toSatisfy((sum: number) => Number.isInteger(sum) && sum >= 0 && sum < 2 ** 32);
      }),
    );
  });
});
