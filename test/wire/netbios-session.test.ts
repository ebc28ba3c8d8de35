import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ANY_SERVER,
  decodeSessionPacket,
  encodeSessionPacket,
  type SessionPacket,
  sessionErrorName,
  sessionFrameLength,
} from "../../src/wire/netbios-session.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const octet = fc.integer({ min: 0, max: 255 });
const name = fc.record({ name: fc.stringMatching(/^[!-~]{0,15}$/), suffix: octet });
const packet: fc.Arbitrary<SessionPacket> = fc.oneof(
  fc.record({ type: fc.constant("sessionRequest" as const), called: name, calling: name }),
  fc.constant({ type: "positiveResponse" as const }),
  fc.record({ type: fc.constant("negativeResponse" as const), code: octet }),
  fc.record({
    type: fc.constant("retargetResponse" as const),
    address: fc.ipV4(),
    port: fc.integer({ min: 0, max: 0xffff }),
  }),
);

const REQUEST: SessionPacket = {
  type: "sessionRequest",
  called: ANY_SERVER,
  calling: { name: "UNITYPROBE", suffix: 0 },
};

/** First-level encoding (RFC 1001 section 14.1), written down by hand for this test. */
const REQUEST_BYTES = `81 00 0044
  20 434b 4644 454e 4543 4644 4546 4643 4647 4546 4643 4341 4341 4341 4341 4341 4341 00
  20 4646 454f 454a 4645 464a 4641 4643 4550 4543 4546 4341 4341 4341 4341 4341 4141 00`;

/** One of each type. */
const PACKETS = ["82000000", "83000001 82", "84000006 0a000001 008b", REQUEST_BYTES];

describe("NetBIOS session packets", () => {
  it("round trip, and their frame length is their length", () => {
    expectRoundTrip(packet, encodeSessionPacket, decodeSessionPacket);
    fc.assert(
      fc.property(packet, (packet) => {
        const bytes = encodeSessionPacket(packet);
        expect(sessionFrameLength(bytes)).toBe(bytes.length);
      }),
    );
  });

  it("ask a server of any name with 72 bytes", () => {
    const bytes = encodeSessionPacket(REQUEST);
    expect(toHex(bytes)).toBe(toHex(hex(REQUEST_BYTES)));
    expect(bytes).toHaveLength(72);
  });

  it("are what was captured", () => {
    const bytes = fixture("netbios/session-positive-samba.hex");
    expect(decodeSessionPacket(bytes)).toEqual({ type: "positiveResponse" });
    expect(toHex(encodeSessionPacket({ type: "positiveResponse" }))).toBe(toHex(bytes));
  });

  it("refuse every truncation", () => {
    for (const bytes of PACKETS) expectEveryTruncationRefused(decodeSessionPacket, hex(bytes));
  });

  it.each(PACKETS)("meet any bytes with a packet or a WireError: %s", (bytes) => {
    expectOnlyWireErrors(decodeSessionPacket, hex(bytes));
    expectOnlyWireErrors(sessionFrameLength, hex(bytes));
  });

  it("wait for their head", () => {
    const head = hex("84000006");
    for (let length = 0; length < 4; length++) expect(sessionFrameLength(head.slice(0, length))).toBeUndefined();
    expect(sessionFrameLength(head)).toBe(10);
  });

  it.each([
    ["a web server", "48"],
    ["a message within a session", "00"],
    ["a positive response with something in it", "82000001"],
    ["a negative response without a code", "83000000"],
    ["a retarget response of another length", "84000007"],
    ["a request without names", "81000043"],
    ["a longer length", "82010000"],
  ])("are not what %s sends", (_, bytes) => {
    expect(wireErrorOf(() => sessionFrameLength(hex(bytes)))?.code).toBe("malformed");
  });

  it("end where they end", () => {
    expect(wireErrorOf(() => decodeSessionPacket(hex("8200000000")))?.code).toBe("malformed");
    const longer = hex(`${REQUEST_BYTES} 00`);
    longer[3]! += 1;
    expect(wireErrorOf(() => decodeSessionPacket(longer))?.code).toBe("malformed");
  });

  it("refuse with a reason", () => {
    expect([0x80, 0x81, 0x82, 0x83, 0x8f, 0x05].map(sessionErrorName)).toEqual([
      "not listening on called name",
      "not listening for calling name",
      "called name not present",
      "called name present, but insufficient resources",
      "unspecified error",
      "error 0x05",
    ]);
  });
});
