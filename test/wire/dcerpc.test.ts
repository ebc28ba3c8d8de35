import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteOrder } from "../../src/wire/bytes.ts";
import { decodePdu, encodePdu, faultName, type Pdu, PFC, pduFrameLength, WHOLE } from "../../src/wire/dcerpc.ts";
import { bindTo } from "../../src/wire/dcerpc-bind.ts";
import { EPM, EPT_LOOKUP, encodeLookupRequest, firstLookup } from "../../src/wire/epm.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const stub = fc.uint8Array({ maxLength: 64 });
const body = fc.oneof(
  fc.record({ uuid: fc.uuid(), major: u16, minor: u16 }).map(bindTo),
  fc.record({ type: fc.constant("request" as const), contextId: u16, opnum: u16, stub }),
  fc.record({ type: fc.constant("response" as const), contextId: u16, stub }),
  fc.record({ type: fc.constant("fault" as const), contextId: u16, status: u32 }),
);
const head = fc.record({
  flags: fc.integer({ min: 0, max: 0x7f }),
  order: fc.constantFrom<ByteOrder>("be", "le"),
  callId: u32,
});
const pdu: fc.Arbitrary<Pdu> = fc.tuple(head, body).map(([head, body]) => ({ ...head, ...body }));

describe("DCE/RPC PDUs", () => {
  it("round trip", () => {
    expectRoundTrip(pdu, encodePdu, decodePdu);
    fc.assert(
      fc.property(pdu, (pdu) => {
        const bytes = encodePdu(pdu);
        expect(pduFrameLength(bytes)).toBe(bytes.length);
      }),
    );
  });

  it("round trip with an object", () => {
    const request = { ...WHOLE, callId: 1, type: "request", contextId: 0, opnum: 3, object: EPM.uuid } as const;
    const bytes = encodePdu({ ...request, stub: hex("0102") });
    expect(decodePdu(bytes)).toEqual({ ...request, flags: WHOLE.flags | PFC.objectUuid, stub: hex("0102") });
  });

  it("of a lookup have the bytes of C706", () => {
    const stub = encodeLookupRequest(firstLookup());
    const request = { ...WHOLE, callId: 0x01020305, type: "request", contextId: 0, opnum: EPT_LOOKUP, stub } as const;
    const bytes = fixture("epm/lookup-request.hex");
    expect(toHex(encodePdu(request))).toBe(toHex(bytes));
    expect(decodePdu(bytes)).toEqual(request);
  });

  it("are what was captured", () => {
    expect(decodePdu(fixture("dcerpc/fault-samba.hex"))).toEqual({
      flags: PFC.firstFragment | PFC.lastFragment | PFC.didNotExecute,
      order: "le",
      callId: 0x01020305,
      type: "fault",
      contextId: 0,
      status: 0x1c01_0002,
    });
    const bytes = fixture("epm/lookup-samba-four.hex");
    const response = decodePdu(bytes);
    expect(response).toMatchObject({ ...WHOLE, type: "response", callId: 0x01020305, contextId: 0 });
    expect(toHex(encodePdu(response))).toBe(toHex(bytes));
  });

  it.each(["dcerpc/fault-samba", "epm/lookup-samba-four", "dcerpc/bind-ack-epm-samba"])(
    "refuse every truncation: %s",
    (name) => expectEveryTruncationRefused(decodePdu, fixture(`${name}.hex`)),
  );

  it.each([
    "dcerpc/bind-epm-request",
    "dcerpc/bind-ack-epm-samba",
    "dcerpc/bind-nak-samba",
    "dcerpc/fault-samba",
    "epm/lookup-request",
    "epm/lookup-samba-four",
  ])("meet any bytes with a PDU or a WireError: %s", (name) => {
    expectOnlyWireErrors(decodePdu, fixture(`${name}.hex`));
  });

  it("refuse what follows them", () => {
    const bytes = Uint8Array.of(...fixture("dcerpc/fault-samba.hex"), 0);
    expect(wireErrorOf(() => decodePdu(bytes))?.code).toBe("malformed");
  });

  it("that are not spoken here say so", () => {
    const shutdown = hex("05001103 10000000 1000 0000 01000000");
    const authenticated = fixture("dcerpc/fault-samba.hex");
    authenticated[10] = 8;
    for (const bytes of [shutdown, authenticated]) {
      expect(wireErrorOf(() => decodePdu(bytes))?.code).toBe("unsupported");
    }
  });

  it("above 65535 bytes cannot be written", () => {
    const response = { ...WHOLE, callId: 1, type: "response", contextId: 0, stub: new Uint8Array(0x1_0000) } as const;
    expect(wireErrorOf(() => encodePdu(response))?.code).toBe("unencodable");
  });

  it("name their faults", () => {
    expect([5, 0x1c01_0003, 0x1234].map(faultName)).toEqual(["access denied", "nca_unk_if", "0x00001234"]);
  });
});

describe("pduFrameLength", () => {
  it("waits for the length, in either order", () => {
    const little = hex("05000203 10000000 b810");
    for (let length = 0; length < 10; length++) expect(pduFrameLength(little.slice(0, length))).toBeUndefined();
    expect(pduFrameLength(little)).toBe(4280);
    expect(pduFrameLength(hex("05000203 00000000 10b8"))).toBe(4280);
  });

  it.each([
    ["a web server", "485454502f312e31"],
    ["another version", "04"],
    ["an unknown type", "05001503"],
    ["EBCDIC text", "05000203 11"],
    ["a length below its head", "05000203 10000000 0f00"],
  ])("refuses the head of %s", (_, bytes) => {
    expect(wireErrorOf(() => pduFrameLength(hex(bytes)))?.code).toBe("malformed");
  });
});
