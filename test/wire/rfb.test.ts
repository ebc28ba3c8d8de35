import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeRfbRefusal,
  decodeRfbVersion,
  encodeRfbRefusal,
  encodeRfbVersion,
  rfbRefusalLength,
  rfbVersionLength,
  VERSION_BYTES,
} from "../../src/wire/rfb.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  toHex,
  wireErrorOf,
} from "./support.ts";

const number = fc.integer({ min: 0, max: 999 });
const text = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words, "latin1"));
const TIGERVNC = fixture("rfb/version-tigervnc.hex");
const LOCKED_OUT = fixture("rfb/too-many-failures-tigervnc.hex");

describe("the RFB version", () => {
  it("round trips", () => {
    expectRoundTrip(fc.record({ major: number, minor: number }), encodeRfbVersion, decodeRfbVersion);
  });

  it("is read from captured bytes, and written as they are", () => {
    expect(decodeRfbVersion(TIGERVNC)).toEqual({ major: 3, minor: 8 });
    expect(decodeRfbVersion(LOCKED_OUT.slice(0, VERSION_BYTES))).toEqual({ major: 3, minor: 3 });
    expect(toHex(encodeRfbVersion({ major: 3, minor: 8 }))).toBe(toHex(TIGERVNC));
  });

  it("refuses every truncation, and waits for its length", () => {
    expectEveryTruncationRefused(decodeRfbVersion, TIGERVNC);
    for (let length = 0; length < VERSION_BYTES; length++) {
      expect(rfbVersionLength(TIGERVNC.slice(0, length))).toBeUndefined();
    }
    expect(rfbVersionLength(LOCKED_OUT)).toBe(VERSION_BYTES);
  });

  it("meets any bytes with a version or a WireError", () => {
    expectOnlyWireErrors(decodeRfbVersion, TIGERVNC);
    expectOnlyWireErrors(rfbVersionLength, TIGERVNC);
  });

  it.each(["S", "RFB 003,", "RFB 003.008\r", "rfb 003.008\n", "RFB 00a"])("does not begin with %j", (words) => {
    expect(wireErrorOf(() => rfbVersionLength(text(words)))?.code).toBe("malformed");
  });

  it("has three digits on each side", () => {
    expect(wireErrorOf(() => encodeRfbVersion({ major: 1000, minor: 0 }))?.code).toBe("unencodable");
  });
});

describe("an RFB refusal", () => {
  const refusal = LOCKED_OUT.slice(VERSION_BYTES);

  it("round trips", () => {
    expectRoundTrip(fc.stringMatching(/^[ -~]{0,200}$/), encodeRfbRefusal, decodeRfbRefusal);
  });

  it("is read from captured bytes, and written as they are", () => {
    expect(decodeRfbRefusal(refusal)).toBe("Too many security failures");
    expect(toHex(encodeRfbRefusal("Too many security failures"))).toBe(toHex(refusal));
  });

  it("refuses every truncation", () => expectEveryTruncationRefused(decodeRfbRefusal, refusal));

  it("meets any bytes with a reason or a WireError", () => {
    expectOnlyWireErrors(decodeRfbRefusal, refusal);
    expectOnlyWireErrors(rfbRefusalLength, refusal);
  });

  it("is not what version 3.8 goes on with", () => {
    expect(wireErrorOf(() => rfbRefusalLength(Uint8Array.of(1, 2)))?.code).toBe("malformed");
  });

  it("has no reason without end", () => {
    expect(wireErrorOf(() => rfbRefusalLength(Uint8Array.of(0, 0, 0, 0, 0, 0, 4, 1)))?.code).toBe("limit");
  });
});
