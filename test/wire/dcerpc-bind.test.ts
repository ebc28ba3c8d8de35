import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteOrder, Reader, Writer } from "../../src/wire/bytes.ts";
import { decodePdu, encodePdu, WHOLE } from "../../src/wire/dcerpc.ts";
import {
  type Bind,
  type BindAck,
  type BindNak,
  bindTo,
  decodeBind,
  decodeBindAck,
  decodeBindNak,
  encodeBind,
  encodeBindAck,
  encodeBindNak,
  NDR,
  nakReason,
  rejectionReason,
  type Syntax,
} from "../../src/wire/dcerpc-bind.ts";
import { EPM } from "../../src/wire/epm.ts";
import { NIL_UUID } from "../../src/wire/uuid.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  toHex,
  wireErrorOf,
} from "./support.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const syntax: fc.Arbitrary<Syntax> = fc.record({ uuid: fc.uuid(), major: u16, minor: u16 });
const association = {
  maxSendBytes: u16,
  maxReceiveBytes: u16,
  associationGroup: fc.integer({ min: 0, max: 0xffff_ffff }),
};
const bind: fc.Arbitrary<Bind> = fc.record({
  type: fc.constant("bind" as const),
  ...association,
  contexts: fc.array(
    fc.record({ id: u16, abstractSyntax: syntax, transferSyntaxes: fc.array(syntax, { maxLength: 3 }) }),
    { maxLength: 3 },
  ),
});
const bindAck: fc.Arbitrary<BindAck> = fc.record({
  type: fc.constant("bindAck" as const),
  ...association,
  secondaryAddress: fc.stringMatching(/^[\w\\]{0,20}$/),
  results: fc.array(fc.record({ result: u16, reason: u16, transferSyntax: syntax }), { maxLength: 3 }),
});
const octet = fc.integer({ min: 0, max: 255 });
const bindNak: fc.Arbitrary<BindNak> = fc.record({
  type: fc.constant("bindNak" as const),
  reason: u16,
  versions: fc.array(fc.record({ major: octet, minor: octet }), { maxLength: 4 }),
});

/** An encoder that writes into a buffer of its own. */
function alone<T>(encode: (writer: Writer, value: T, order: ByteOrder) => void, order: ByteOrder) {
  return (value: T): Uint8Array => {
    const writer = new Writer();
    encode(writer, value, order);
    return writer.finish();
  };
}

const call = { ...WHOLE, callId: 0x01020304 };

describe("DCE/RPC binds", () => {
  it.each(["be", "le"] as const)("round trip in %s", (order) => {
    expectRoundTrip(bind, alone(encodeBind, order), (bytes) => decodeBind(new Reader(bytes), order));
    expectRoundTrip(bindAck, alone(encodeBindAck, order), (bytes) => decodeBindAck(new Reader(bytes), order));
    expectRoundTrip(bindNak, alone(encodeBindNak, order), (bytes) => decodeBindNak(new Reader(bytes), order));
  });

  it("to the endpoint mapper have the bytes of C706", () => {
    const bytes = fixture("dcerpc/bind-epm-request.hex");
    expect(toHex(encodePdu({ ...call, ...bindTo(EPM) }))).toBe(toHex(bytes));
    expect(decodePdu(bytes)).toEqual({ ...call, ...bindTo(EPM) });
  });

  it("keep a version's minor part in the high half, in either order", () => {
    const syntax = { uuid: NIL_UUID, major: 0x51, minor: 0x0102 };
    const versionIn = (order: ByteOrder): string => toHex(alone(encodeBind, order)(bindTo(syntax)).slice(32, 36));
    expect([versionIn("be"), versionIn("le")]).toEqual(["01020051", "51000201"]);
  });

  it.each<[string, BindAck]>([
    [
      "bind-ack-epm-samba",
      {
        type: "bindAck",
        maxSendBytes: 4280,
        maxReceiveBytes: 4280,
        associationGroup: 0xf0db,
        secondaryAddress: "135",
        results: [{ result: 0, reason: 0, transferSyntax: NDR }],
      },
    ],
    [
      "bind-ack-rejected-dynamic-samba",
      {
        type: "bindAck",
        maxSendBytes: 4280,
        maxReceiveBytes: 4280,
        associationGroup: 0xc894,
        secondaryAddress: "5002",
        results: [{ result: 2, reason: 1, transferSyntax: { uuid: NIL_UUID, major: 0, minor: 0 } }],
      },
    ],
  ])("are answered as was captured: %s", (name, ack) => {
    const bytes = fixture(`dcerpc/${name}.hex`);
    const pdu = decodePdu(bytes);
    expect(pdu).toEqual({ ...call, ...ack });
    expect(toHex(encodePdu(pdu))).toBe(toHex(bytes));
  });

  it("are refused as was captured", () => {
    const bytes = fixture("dcerpc/bind-nak-samba.hex");
    const pdu = decodePdu(bytes);
    expect(pdu).toEqual({ ...call, type: "bindNak", reason: 4, versions: [{ major: 5, minor: 0 }] });
    expect(nakReason(4)).toBe("protocol version not supported");
    expect(toHex(encodePdu(pdu))).toBe(toHex(bytes));
  });

  it("refuse every truncation", () => {
    const decode = (bytes: Uint8Array): Bind => decodeBind(new Reader(bytes), "le");
    expectEveryTruncationRefused(decode, alone(encodeBind, "le")(bindTo(EPM)));
  });

  it("meet any bytes with a body or a WireError", () => {
    const bodies = { bind: decodeBind, "bind-ack": decodeBindAck, "bind-nak": decodeBindNak };
    const files = { bind: "bind-epm-request", "bind-ack": "bind-ack-epm-samba", "bind-nak": "bind-nak-samba" };
    for (const type of ["bind", "bind-ack", "bind-nak"] as const) {
      const body = fixture(`dcerpc/${files[type]}.hex`).slice(16);
      expectOnlyWireErrors((bytes) => bodies[type](new Reader(bytes), "le"), body);
    }
  });

  it("with a version above 16 bits cannot be written", () => {
    const wrong = bindTo({ ...EPM, major: 0x1_0000 });
    expect(wireErrorOf(() => alone(encodeBind, "le")(wrong))?.code).toBe("unencodable");
  });

  it("have names for their refusals", () => {
    expect([1, 9].map(rejectionReason)).toEqual(["abstract syntax not supported", "reason 9"]);
    expect([2, 99].map(nakReason)).toEqual(["local limit exceeded", "reason 99"]);
  });
});
