import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeRdpNegotiation,
  encodeRdpNegotiation,
  RDP_PROTOCOL,
  type RdpNegotiation,
  rdpFailureName,
  rdpProtocolName,
} from "../../src/wire/rdp-negotiation.ts";
import {
  decodeX224,
  disconnectReason,
  encodeX224,
  rejectCause,
  type X224Packet,
  x224FrameLength,
} from "../../src/wire/x224.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  printed,
  toHex,
  wireErrorOf,
} from "./support.ts";

const octet = fc.integer({ min: 0, max: 0xff });
const reference = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const parameters = fc.uint8Array({ maxLength: 248 });
const both = { destinationReference: reference, sourceReference: reference };
const packet: fc.Arbitrary<X224Packet> = fc.oneof(
  fc.record({ type: fc.constant("connectionRequest" as const), sourceReference: reference, parameters }),
  fc.record({ type: fc.constant("connectionConfirm" as const), ...both, parameters }),
  fc.record({ type: fc.constant("disconnectRequest" as const), ...both, reason: octet, parameters }),
  fc.record({ type: fc.constant("error" as const), destinationReference: reference, cause: octet, parameters }),
);
const negotiation: fc.Arbitrary<RdpNegotiation> = fc.oneof(
  fc.record({ type: fc.constant("request" as const), flags: octet, protocols: u32 }),
  fc.record({ type: fc.constant("response" as const), flags: octet, protocol: u32 }),
  fc.record({ type: fc.constant("failure" as const), flags: octet, code: u32 }),
);

const NONE = new Uint8Array();
const CONFIRM = fixture("x224/confirm-tls-xrdp.hex");
/** One of each type. */
const PACKETS = [
  CONFIRM,
  fixture("x224/confirm-plain-xrdp.hex"),
  printed("rdp-connection-request"),
  hex("0300000b 06 80 1234 0000 88"),
  hex("03000009 04 70 1234 02"),
];

describe("X.224 packets", () => {
  it("round trip, and their frame length is their length", () => {
    expectRoundTrip(packet, encodeX224, decodeX224);
    fc.assert(
      fc.property(packet, (packet) => {
        const bytes = encodeX224(packet);
        expect(x224FrameLength(bytes)).toBe(bytes.length);
      }),
    );
  });

  it("are read from captured bytes, and written as they are", () => {
    const confirm = { type: "connectionConfirm", destinationReference: 0, sourceReference: 0x1234 } as const;
    expect(decodeX224(fixture("x224/confirm-plain-xrdp.hex"))).toEqual({ ...confirm, parameters: NONE });
    const withNegotiation: X224Packet = { ...confirm, parameters: hex("02 01 0800 01000000") };
    expect(decodeX224(CONFIRM)).toEqual(withNegotiation);
    expect(toHex(encodeX224(withNegotiation))).toBe(toHex(CONFIRM));
  });

  it("are read as the specification prints them", () => {
    const request = decodeX224(printed("rdp-connection-request"));
    expect(request).toMatchObject({ type: "connectionRequest", sourceReference: 0 });
    expect(Buffer.from(request.parameters).toString("latin1")).toMatch(/^Cookie: mstshash=eltons\r\n/);
    const confirm = decodeX224(printed("rdp-connection-confirm"));
    expect(decodeRdpNegotiation(confirm.parameters)).toEqual({
      type: "response",
      flags: 0,
      protocol: RDP_PROTOCOL.tls,
    });
  });

  it("open a connection with 11 bytes", () => {
    const bytes = encodeX224({ type: "connectionRequest", sourceReference: 0xabcd, parameters: NONE });
    expect(toHex(bytes)).toBe(toHex(hex("0300000b 06 e0 0000 abcd 00")));
  });

  it("refuse every truncation", () => {
    for (const bytes of PACKETS) expectEveryTruncationRefused(decodeX224, bytes);
  });

  it.each(PACKETS.map((bytes) => [toHex(bytes), bytes]))(
    "meet any bytes with a packet or a WireError: %s",
    (_, bytes) => {
      expectOnlyWireErrors(decodeX224, bytes as Uint8Array);
      expectOnlyWireErrors(x224FrameLength, bytes as Uint8Array);
    },
  );

  it.each([
    ["a web server", "48", "malformed"],
    ["a TPKT too short for a packet", "03000008", "malformed"],
    ["one too long", "03000104", "malformed"],
  ])("are not what %s sends", (_, bytes, code) => {
    expect(wireErrorOf(() => x224FrameLength(hex(bytes)))?.code).toBe(code);
  });

  it.each([
    ["data behind the header", "0300000c 06 d0 0000 1234 00 ff", "malformed"],
    ["another transport class", "0300000b 06 d0 0000 1234 40", "unsupported"],
    ["data", "0300000b 06 f0 8000 0000 00", "unsupported"],
    ["a request that answers", "0300000b 06 e0 0001 1234 00", "malformed"],
    ["more than one packet", "03000009 04 70 1234 02 03", "malformed"],
  ])("are not %s", (_, bytes, code) => {
    expect(wireErrorOf(() => decodeX224(hex(bytes)))?.code).toBe(code);
  });

  it("hold no header of 255 bytes", () => {
    const parameters = new Uint8Array(249);
    const call = () => encodeX224({ type: "connectionRequest", sourceReference: 1, parameters });
    expect(wireErrorOf(call)?.code).toBe("unencodable");
  });

  it("refuse with a reason", () => {
    expect([0, 2, 136, 99].map(disconnectReason)).toEqual([
      "reason not specified",
      "nobody is attached",
      "connection refused",
      "reason 99",
    ]);
    expect([0, 1, 2, 3, 4].map(rejectCause)).toEqual([
      "cause not specified",
      "invalid parameter code",
      "invalid packet type",
      "invalid parameter value",
      "cause 4",
    ]);
  });
});

describe("the RDP negotiation", () => {
  const response = CONFIRM.slice(11);

  it("round trips", () => expectRoundTrip(negotiation, encodeRdpNegotiation, decodeRdpNegotiation));

  it("is read from captured bytes", () => {
    expect(decodeRdpNegotiation(response)).toEqual({ type: "response", flags: 1, protocol: RDP_PROTOCOL.tls });
  });

  it("refuses every truncation", () => expectEveryTruncationRefused(decodeRdpNegotiation, response));

  it("meets any bytes with a negotiation or a WireError", () => expectOnlyWireErrors(decodeRdpNegotiation, response));

  it.each(["04 00 0800 01000000", "02 00 0900 01000000", "02 00 0800 01000000 00"])("is not %s", (bytes) => {
    expect(wireErrorOf(() => decodeRdpNegotiation(hex(bytes)))?.code).toBe("malformed");
  });

  it("goes by names", () => {
    expect([0, 1, 2, 8, 3].map(rdpProtocolName)).toEqual([
      "standard RDP security",
      "TLS",
      "CredSSP",
      "CredSSP with early user authorization",
      "security protocol 3",
    ]);
    expect([1, 2, 3, 4, 5, 6, 7].map(rdpFailureName)).toEqual([
      "TLS required",
      "TLS not allowed",
      "no certificate on the server",
      "inconsistent flags",
      "CredSSP required",
      "TLS with a client certificate required",
      "failure 7",
    ]);
  });
});
