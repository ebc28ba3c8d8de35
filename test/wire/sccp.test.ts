import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSccp, encodeSccp, SCCP_MESSAGE, type SccpMessage, sccpFrameLength } from "../../src/wire/sccp.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  hex,
  printed,
  toHex,
  wireErrorOf,
} from "./support.ts";

const ACK = printed("sccp-keep-alive-ack");
const message: fc.Arbitrary<SccpMessage> = fc.record({
  version: fc.integer({ min: 0, max: 255 }),
  id: fc.integer({ min: 0, max: 0xffff }),
  body: fc.uint8Array({ maxLength: 200 }),
});

describe("SCCP messages", () => {
  it("round trip", () => {
    expectRoundTrip(message, encodeSccp, decodeSccp);
  });

  it("are what a dissector knows, since none could be captured", () => {
    expect(decodeSccp(ACK)).toEqual({ version: 0, id: SCCP_MESSAGE.keepAliveAck, body: new Uint8Array(0) });
    const keepAlive = { version: 0, id: SCCP_MESSAGE.keepAlive, body: new Uint8Array(0) };
    expect(toHex(encodeSccp(keepAlive))).toBe("040000000000000000000000");
    expect(decodeSccp(printed("sccp-register-reject"))).toMatchObject({ id: SCCP_MESSAGE.registerReject });
  });

  it("refuse every truncation, and meet any bytes with a message or a WireError", () => {
    expectEveryTruncationRefused(decodeSccp, printed("sccp-register-reject"));
    expectOnlyWireErrors(decodeSccp, printed("sccp-register-reject"));
    expectOnlyWireErrors(sccpFrameLength, ACK);
  });

  it("tell their length in a stream", () => {
    expect(sccpFrameLength(ACK.subarray(0, 3))).toBeUndefined();
    expect(sccpFrameLength(Uint8Array.of(...ACK, 1, 2))).toBe(ACK.length);
  });

  it.each([
    ["no room for an id", "03000000 00000000 000000"],
    ["more than any message has", "01100000 00000000 00010000"],
    ["another header", "04000000 00010000 00010000"],
    ["an id beyond all", "04000000 00000000 00000100"],
    ["bytes behind them", "04000000 00000000 00010000 00"],
  ])("refuse %s", (_, bytes) => {
    expect(wireErrorOf(() => decodeSccp(hex(bytes)))?.code).toBe("malformed");
  });
});
