import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ANY_NAME,
  decodeNodeStatus,
  encodeNodeStatus,
  type NodeStatusRequest,
  type NodeStatusResponse,
} from "../../src/wire/netbios-node-status.ts";
import { expectOnlyWireErrors, expectRoundTrip, fixture, hex, toHex, wireErrorOf } from "./support.ts";

const octet = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const text = fc.stringMatching(/^[!-~]{0,15}$/);
const name = fc.record({ name: text, suffix: octet });
const message: fc.Arbitrary<NodeStatusRequest | NodeStatusResponse> = fc.oneof(
  fc.record({ type: fc.constant("nodeStatusRequest" as const), transactionId: u16, name }),
  fc.record(
    {
      type: fc.constant("nodeStatusResponse" as const),
      transactionId: u16,
      name,
      names: fc.array(fc.record({ name: text, suffix: octet, flags: u16 }), { maxLength: 255 }),
      unitId: fc.uint8Array({ minLength: 6, maxLength: 6 }),
    },
    { requiredKeys: ["type", "transactionId", "name", "names"] },
  ),
);

const captured = fixture("netbios/nbstat-samba.hex");
/** Everything of the capture that says something: the rest are counters. */
const TELLING_BYTES = 12 + 34 + 10 + 1 + 8 * 18 + 6;

function response(names: NodeStatusResponse["names"], unitId?: Uint8Array): NodeStatusResponse {
  const head = { type: "nodeStatusResponse", transactionId: 1, name: ANY_NAME, names } as const;
  return unitId === undefined ? head : { ...head, unitId };
}

describe("NetBIOS node status", () => {
  it("round trips", () => expectRoundTrip(message, encodeNodeStatus, decodeNodeStatus));

  it("asks with the 50 bytes that every tool sends", () => {
    const bytes = encodeNodeStatus({ type: "nodeStatusRequest", transactionId: 0x1234, name: ANY_NAME });
    expect(toHex(bytes)).toBe(toHex(hex(`1234 0000 0001 0000 0000 0000 20 434B ${"41".repeat(30)} 00 0021 0001`)));
  });

  it("is what was captured from a Samba", () => {
    const status = decodeNodeStatus(captured);
    expect(status).toEqual({
      type: "nodeStatusResponse",
      transactionId: 0x1234,
      name: ANY_NAME,
      names: [
        { name: "DC01", suffix: 0x00, flags: 0x4400 },
        { name: "DC01", suffix: 0x03, flags: 0x4400 },
        { name: "DC01", suffix: 0x20, flags: 0x4400 },
        { name: "LAB", suffix: 0x1b, flags: 0x4400 },
        { name: "LAB", suffix: 0x1c, flags: 0xc400 },
        { name: "LAB", suffix: 0x00, flags: 0xc400 },
        { name: "__SAMBA__", suffix: 0x00, flags: 0xc600 },
        { name: "__SAMBA__", suffix: 0x20, flags: 0xc600 },
      ],
      unitId: hex("f087e850287f"),
    });
    const again = encodeNodeStatus(status);
    expect(again).toHaveLength(captured.length);
    expect(toHex(again.subarray(0, TELLING_BYTES))).toBe(toHex(captured.subarray(0, TELLING_BYTES)));
  });

  it("refuses every truncation", () => {
    for (let length = 0; length < captured.length; length++) {
      expect(wireErrorOf(() => decodeNodeStatus(captured.slice(0, length)))?.code, `${length} bytes`).toBe("truncated");
    }
  });

  it("meets any bytes with a message or a WireError", () => {
    expectOnlyWireErrors(decodeNodeStatus, captured);
    expectOnlyWireErrors(
      decodeNodeStatus,
      encodeNodeStatus({ type: "nodeStatusRequest", transactionId: 1, name: ANY_NAME }),
    );
  });

  it("may end before the counters, or within the unit id", () => {
    const whole = encodeNodeStatus(response([]));
    expect(decodeNodeStatus(whole)).toEqual(response([]));
    const cut = Uint8Array.of(...whole, 1, 2, 3);
    cut[whole.length - 2] = 4;
    expect(decodeNodeStatus(cut)).toEqual(response([]));
  });

  it.each([
    ["a name service packet that is no query", 2, 0xac],
    ["an error", 3, 0x03],
    ["another type than NBSTAT", 47, 0x20],
    ["another class than that of the Internet", 49, 0x02],
  ])("does not speak of %s", (_, at, byte) => {
    const bytes = Uint8Array.from(captured);
    bytes[at] = byte;
    expect(wireErrorOf(() => decodeNodeStatus(bytes))?.code).toBe("unsupported");
  });

  it.each([
    ["a question in the answer", 5],
    ["two answers", 7],
  ])("refuses %s", (_, at) => {
    const bytes = Uint8Array.from(captured);
    bytes[at]! += 1;
    expect(wireErrorOf(() => decodeNodeStatus(bytes))?.code).toBe("malformed");
  });

  it("cannot hold 256 names, one of 16 characters, or a unit id of five bytes", () => {
    const many = Array(256).fill({ name: "A", suffix: 0, flags: 0 });
    const long = [{ name: "A".repeat(16), suffix: 0, flags: 0 }];
    for (const status of [response(many), response(long), response([], new Uint8Array(5))]) {
      expect(wireErrorOf(() => encodeNodeStatus(status))?.code).toBe("unencodable");
    }
  });
});
