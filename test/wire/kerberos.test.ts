import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeInteger, encodeOctets, encodeSequence } from "../../src/wire/ber.ts";
import {
  type ApRequest,
  type AsRequest,
  asRequest,
  decodeApRequest,
  decodeAsRequest,
  decodeKdcReply,
  decodeKrbError,
  encodeApRequest,
  encodeAsRequest,
  encodeKrbError,
  type KrbError,
  serverUnixMs,
} from "../../src/wire/kerberos.ts";
import { encryptionTypeName, offeredEncryptionTypes } from "../../src/wire/kerberos-encryption.ts";
import { krbErrorName, krbErrorText } from "../../src/wire/kerberos-errors.ts";
import { decodeKerberosFrame, encodeKerberosFrame, kerberosFrameLength } from "../../src/wire/kerberos-frame.ts";
import { encodeField, formatPrincipal } from "../../src/wire/kerberos-parts.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const octets = fc.uint8Array({ maxLength: 40 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const timeS = fc.integer({ min: Date.parse("0000-01-01") / 1000, max: Date.parse("9999-12-31T23:59:59Z") / 1000 });
const principal = fc.record({ type: int32, parts: fc.array(text, { maxLength: 3 }) });
const encrypted = fc.record({ encryptionType: int32, cipher: octets });

const request: fc.Arbitrary<AsRequest> = fc.record({
  client: principal,
  realm: text,
  server: principal,
  tillS: timeS,
  nonce: fc.integer({ min: 0, max: 0xffff_ffff }),
  encryptionTypes: fc.array(int32, { maxLength: 5 }),
});
const apRequest: fc.Arbitrary<ApRequest> = fc.record({
  ticket: fc.record({ realm: text, server: principal, encrypted }),
  authenticator: encrypted,
});
const error: fc.Arbitrary<KrbError> = fc.record(
  {
    type: fc.constant("krbError" as const),
    serverTimeS: timeS,
    serverMicroseconds: fc.integer({ min: 0, max: 999_999 }),
    code: int32,
    clientRealm: text,
    client: principal,
    realm: text,
    server: principal,
    text,
    data: octets,
  },
  { requiredKeys: ["type", "serverTimeS", "serverMicroseconds", "code", "realm", "server"] },
);

const captured = {
  unknownPrincipal: fixture("kerberos/krb-error-udp-samba.hex"),
  overTcp: fixture("kerberos/krb-error-tcp-samba.hex"),
  wrongRealm: fixture("kerberos/krb-error-wrong-realm-samba.hex"),
  preAuthentication: fixture("kerberos/krb-error-preauth-samba.hex"),
  tooBig: fixture("kerberos/krb-error-too-big-samba.hex"),
  mit: fixture("kerberos/krb-error-udp-mit.hex"),
};

describe("AS-REQ", () => {
  it("round trips", () => {
    expectRoundTrip(request, encodeAsRequest, decodeAsRequest);
  });

  it("has the bytes of RFC 4120", () => {
    const bytes =
      hex(`6A818D30818AA103020105A20302010AA47E307CA00703050000000000A1183016A003020101A10F300D1B0B756E6974792D
      70726F6265A20D1B0B4C41422E4558414D504C45A320301EA003020102A11730151B066B72627467741B0B4C41422E4558414D504C45A51118
      0F32303337303931333032343830355AA706020412345678A80B3009020112020111020117`);
    const example = asRequest("unity-probe", "LAB.EXAMPLE", 0x12345678);
    expect(toHex(encodeAsRequest(example))).toBe(toHex(bytes));
    expect(decodeAsRequest(bytes)).toEqual(example);
    expectEveryTruncationRefused(decodeAsRequest, bytes);
    expectOnlyWireErrors(decodeAsRequest, bytes);
  });

  it("is not written with a nonce or a time that no field holds", () => {
    const usual = asRequest("unity-probe", "LAB.EXAMPLE", 1);
    for (const wrong of [{ nonce: 1.5 }, { nonce: 2 ** 47 }, { tillS: 0.5 }, { tillS: 253_402_300_800 }]) {
      expect(wireErrorOf(() => encodeAsRequest({ ...usual, ...wrong }))?.code).toBe("unencodable");
    }
  });
});

describe("KRB-ERROR", () => {
  const krbtgt = { type: 2, parts: ["krbtgt", "LAB.TEST"] };

  it("round trips", () => {
    expectRoundTrip(error, encodeKrbError, decodeKrbError);
  });

  it("is what was captured, for a name that nobody has", () => {
    const reply = decodeKrbError(captured.unknownPrincipal);
    expect(reply).toEqual({
      type: "krbError",
      serverTimeS: Date.UTC(2026, 10, 21, 6, 33, 51) / 1000,
      serverMicroseconds: 0x09_8981,
      code: 6,
      clientRealm: "LAB.TEST",
      client: { type: 1, parts: ["unity-probe-0123456789abcdef"] },
      realm: "LAB.TEST",
      server: krbtgt,
    });
    expect(serverUnixMs(reply)).toBeCloseTo(Date.UTC(2026, 10, 21, 6, 33, 51) + 625.025, 2);
    expect(formatPrincipal(reply.server)).toBe("krbtgt/LAB.TEST");
    expect(toHex(encodeKrbError(reply))).toBe(toHex(captured.unknownPrincipal));
  });

  it("is what was captured, for a realm that is not served", () => {
    const reply = decodeKrbError(captured.wrongRealm);
    expect(reply).toMatchObject({ code: 6, clientRealm: "LAB.EXAMPLE", realm: "LAB.EXAMPLE" });
    expect(toHex(encodeKrbError(reply))).toBe(toHex(captured.wrongRealm));
  });

  it("is what was captured, for an account with pre-authentication: offers, and no salts", () => {
    const reply = decodeKrbError(captured.preAuthentication);
    expect(reply).toMatchObject({ code: 25, text: "Need to use PA-ENC-TIMESTAMP/PA-PK-AS-REQ" });
    expect(offeredEncryptionTypes(reply.data!)).toEqual([18]);
    expectEveryTruncationRefused(offeredEncryptionTypes, reply.data!);
    expectOnlyWireErrors(offeredEncryptionTypes, reply.data!);
  });

  it("is what was captured, for a ticket that is too big for a datagram", () => {
    const reply = decodeKrbError(captured.tooBig);
    expect(reply).toMatchObject({ code: 52, text: "Reply packet too large" });
    expect(toHex(encodeKrbError(reply))).toBe(toHex(captured.tooBig));
  });

  it("is what was captured from MIT, with a text", () => {
    const reply = decodeKrbError(captured.mit);
    expect(reply).toMatchObject({ code: 6, clientRealm: "MIT.TEST", text: "CLIENT_NOT_FOUND" });
    expect(toHex(encodeKrbError(reply))).toBe(toHex(captured.mit));
  });

  it("refuses every truncation and what follows it", () => {
    expectEveryTruncationRefused(decodeKrbError, captured.unknownPrincipal);
    expect(wireErrorOf(() => decodeKrbError(Uint8Array.of(...captured.unknownPrincipal, 0)))?.code).toBe("malformed");
  });

  it.each(["unknownPrincipal", "preAuthentication", "mit"] as const)(
    "meets any bytes with a message or a WireError: %s",
    (name) => {
      expectOnlyWireErrors(decodeKdcReply, captured[name]);
    },
  );

  it.each([
    ["another protocol version", "a003020105", "a003020104"],
    ["another message type", "a10302011e", "a10302011d"],
    ["a month 13", "3230323631313231", "3230323631333231"],
    ["a 31 November", "3230323631313231", "3230323631313331"],
    ["a time zone", "3335315a", "3335312b"],
    ["a million microseconds", "a5050203098981", "a50502030f4240"],
    ["a realm of another type", "a90a1b08", "a90a0408"],
    ["no realm", "a90a1b08", "ad0a1b08"],
  ])("is refused with %s", (_, was, is) => {
    const bytes = toHex(captured.unknownPrincipal);
    expect(bytes).toContain(was);
    expect(wireErrorOf(() => decodeKrbError(hex(bytes.replace(was, is))))?.code).toBe("malformed");
  });

  it("is not written with a million microseconds", () => {
    const reply = { ...decodeKrbError(captured.unknownPrincipal), serverMicroseconds: 1_000_000 };
    expect(wireErrorOf(() => encodeKrbError(reply))?.code).toBe("unencodable");
  });
});

describe("AS-REP", () => {
  const captured = decodeKerberosFrame(fixture("kerberos/as-rep-tcp-samba.hex"))!;

  it("as captured says whom it is for, and nothing that could be cracked", () => {
    expect(decodeKdcReply(captured)).toEqual({
      type: "asReply",
      clientRealm: "LAB.TEST",
      client: { type: 1, parts: ["unity-probe-0123456789abcdef"] },
    });
  });

  it("refuses every truncation, and a message type that is not its tag's", () => {
    expectEveryTruncationRefused(decodeKdcReply, captured);
    expectOnlyWireErrors(decodeKdcReply, captured);
    const tgsReply = hex(toHex(captured).replace("a10302010b", "a10302010d"));
    expect(tgsReply).not.toEqual(captured);
    expect(wireErrorOf(() => decodeKdcReply(tgsReply))?.code).toBe("malformed");
    expect(wireErrorOf(() => decodeKdcReply(Uint8Array.of(0x6d, ...captured.subarray(1))))?.code).toBe("malformed");
  });
});

describe("AP-REQ", () => {
  it("round trips", () => {
    expectRoundTrip(apRequest, encodeApRequest, decodeApRequest);
  });

  it("refuses every truncation", () => {
    const server = { type: 2, parts: ["kadmin", "changepw"] };
    const secret = { encryptionType: 18, cipher: new Uint8Array(64) };
    const bytes = encodeApRequest({ ticket: { realm: "LAB.TEST", server, encrypted: secret }, authenticator: secret });
    expectEveryTruncationRefused(decodeApRequest, bytes);
    expectOnlyWireErrors(decodeApRequest, bytes);
  });
});

describe("Kerberos over TCP", () => {
  it("round trips in its frame, whatever follows it", () => {
    const message = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(message, octets, (message, behind) => {
        const frame = encodeKerberosFrame(message);
        expect(kerberosFrameLength(frame)).toBe(frame.length);
        expect(decodeKerberosFrame(Uint8Array.of(...frame, ...behind))).toEqual(message);
      }),
    );
  });

  it("is what was captured, and undefined for every truncation of it", () => {
    expect(decodeKrbError(decodeKerberosFrame(captured.overTcp)!)).toMatchObject({ code: 6, realm: "LAB.TEST" });
    for (let length = 0; length < captured.overTcp.length; length++) {
      expect(decodeKerberosFrame(captured.overTcp.subarray(0, length))).toBeUndefined();
    }
    expectOnlyWireErrors(decodeKerberosFrame, captured.overTcp);
  });

  it.each([
    ["no octets", "00000000", "malformed"],
    ["the reserved bit", "80000005", "limit"],
    ["4 GiB", "ffffffff", "limit"],
    ["a web server", "48545450", "limit"],
    ["a TLS alert", "15030300", "limit"],
  ])("refuses the length of %s at once", (_, head, code) => {
    expect(wireErrorOf(() => kerberosFrameLength(hex(head)))?.code).toBe(code);
  });
});

describe("names", () => {
  it("of errors are the standard's, with short words", () => {
    expect(krbErrorName(6)).toBe("KDC_ERR_C_PRINCIPAL_UNKNOWN");
    expect(krbErrorText(6)).toBe("6 principal unknown");
    expect(krbErrorText(52)).toBe("52 response too big for UDP");
    expect(krbErrorName(37)).toBe("KRB_AP_ERR_SKEW");
    expect(krbErrorName(30)).toBe("error 30");
    expect(krbErrorText(-1)).toBe("-1");
  });

  it("of encryption types are the standard's", () => {
    expect(encryptionTypeName(18)).toBe("aes256-cts-hmac-sha1-96");
    expect(encryptionTypeName(-133)).toBe("type -133");
  });

  it("of encryption types that METHOD-DATA does not offer are none, and none is said twice", () => {
    const entry = (type: number, value: Uint8Array) =>
      encodeSequence(encodeField(1, encodeInteger(type)), encodeField(2, encodeOctets(value)));
    const types = (...numbers: readonly number[]) =>
      encodeSequence(...numbers.map((number) => encodeSequence(encodeField(0, encodeInteger(number)))));
    expect(offeredEncryptionTypes(encodeSequence(entry(2, new Uint8Array())))).toEqual([]);
    expect(offeredEncryptionTypes(encodeSequence(entry(19, types(18, 23)), entry(11, types(23, 3))))).toEqual([
      18, 23, 3,
    ]);
  });
});
