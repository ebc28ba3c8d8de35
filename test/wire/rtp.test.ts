import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRtp, encodeRtp, PCMU_PAYLOAD_TYPE, RTP_HEADER_BYTES, type RtpPacket } from "../../src/wire/rtp.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const CAPTURED = fixture("rtp/g711a-sipp.hex");
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const packet: fc.Arbitrary<RtpPacket> = fc.record({
  marker: fc.boolean(),
  payloadType: fc.integer({ min: 0, max: 127 }),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: word,
  ssrc: word,
  payload: fc.uint8Array({ maxLength: 200 }),
});
const PLAIN: RtpPacket = {
  marker: false,
  payloadType: PCMU_PAYLOAD_TYPE,
  sequence: 0x0102,
  timestamp: 0x0304_0506,
  ssrc: 0x0708_090a,
  payload: hex("ff"),
};

describe("RTP packets", () => {
  it("round trip", () => {
    expectRoundTrip(packet, encodeRtp, decodeRtp);
  });

  it("are read as they were captured from sipp's audio, and written the same", () => {
    const decoded = decodeRtp(CAPTURED);
    expect(decoded).toMatchObject({
      marker: true,
      payloadType: 8,
      sequence: 0xe6fd,
      timestamp: 240,
      ssrc: 0xdee0_ee8f,
    });
    expect(decoded.payload).toHaveLength(240);
    expect(toHex(encodeRtp(decoded))).toBe(toHex(CAPTURED));
  });

  it("have the fields where RFC 3550 section 5.1 has them", () => {
    expect(toHex(encodeRtp(PLAIN))).toBe("8000 0102 03040506 0708090a ff".replaceAll(" ", ""));
    expect(toHex(encodeRtp({ ...PLAIN, marker: true, payloadType: 8 }))).toMatch(/^8088/);
  });

  it("refuse every truncation of the header, and meet any bytes with a packet or a WireError", () => {
    expectEveryTruncationRefused(decodeRtp, CAPTURED.subarray(0, RTP_HEADER_BYTES));
    expectOnlyWireErrors(decodeRtp, CAPTURED);
  });

  it.each([
    ["version 1", "40", "malformed"],
    ["padding", "a0", "unsupported"],
    ["an extension", "90", "unsupported"],
    ["a CSRC", "81", "unsupported"],
  ])("refuse %s", (_, first, code) => {
    const bytes = Uint8Array.of(...hex(first), ...CAPTURED.subarray(1));
    expect(wireErrorOf(() => decodeRtp(bytes))?.code).toBe(code);
  });

  it.each([-1, 128, 1.5])("cannot be written with payload type %d", (payloadType) => {
    expect(wireErrorOf(() => encodeRtp({ ...PLAIN, payloadType }))?.code).toBe("unencodable");
  });
});
