import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeKrbError, type KrbError } from "../../src/wire/kerberos.ts";
import { decodeKerberosFrame } from "../../src/wire/kerberos-frame.ts";
import {
  type ChangeRequest,
  changeResultName,
  changeResultOf,
  decodeChangeError,
  decodeChangeRequest,
  encodeChangeError,
  encodeChangeRequest,
  encodeChangeResult,
} from "../../src/wire/kpasswd.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const octets = fc.uint8Array({ maxLength: 100 });
const server = { type: 2, parts: ["kadmin", "changepw"] };
const encrypted = fc.record({ encryptionType: fc.nat(30), cipher: octets });
const request: fc.Arbitrary<ChangeRequest> = fc.record({
  apRequest: fc.record({
    ticket: fc.record({ realm: fc.string(), server: fc.constant(server), encrypted }),
    authenticator: encrypted,
  }),
  privateMessage: octets,
});
const error: fc.Arbitrary<KrbError> = fc.record({
  type: fc.constant("krbError" as const),
  serverTimeS: fc.nat(),
  serverMicroseconds: fc.nat(999_999),
  code: fc.nat(100),
  realm: fc.string(),
  server: fc.constant(server),
  data: fc.record({ code: fc.nat(7), text: fc.string() }).map(encodeChangeResult),
});

const captured = fixture("kpasswd/error-udp-samba.hex");

/** The captured reply behind another head. */
function withHead(head: string): Uint8Array {
  return Uint8Array.of(...hex(head), ...captured.subarray(6));
}

describe("a request to change a password", () => {
  it("round trips", () => {
    expectRoundTrip(request, encodeChangeRequest, decodeChangeRequest);
  });

  it("begins with its length, the version and the length of the AP-REQ, and refuses every truncation", () => {
    const secret = { encryptionType: 18, cipher: new Uint8Array(64) };
    const apRequest = { ticket: { realm: "LAB.TEST", server, encrypted: secret }, authenticator: secret };
    const bytes = encodeChangeRequest({ apRequest, privateMessage: new Uint8Array(8) });
    expect(toHex(bytes.subarray(0, 7))).toBe("00f8" + "0001" + "00ea" + "6e");
    expect(bytes).toHaveLength(0xf8);
    expect(toHex(bytes.subarray(-8))).toBe("00".repeat(8));
    expectEveryTruncationRefused(decodeChangeRequest, bytes);
    expectOnlyWireErrors(decodeChangeRequest, bytes);
  });

  it("is not written when it is longer than its head can say", () => {
    const secret = { encryptionType: 18, cipher: new Uint8Array(40_000) };
    const apRequest = { ticket: { realm: "", server, encrypted: secret }, authenticator: secret };
    const call = () => encodeChangeRequest({ apRequest, privateMessage: new Uint8Array() });
    expect(wireErrorOf(call)?.code).toBe("unencodable");
  });
});

describe("a refusal of the change-password service", () => {
  it("round trips", () => {
    expectRoundTrip(error, encodeChangeError, decodeChangeError);
  });

  it("is what was captured, over UDP and over TCP", () => {
    const reply = decodeChangeError(captured);
    expect(reply).toMatchObject({ code: 2, realm: "LAB.TEST", server: { parts: ["kadmin", "changepw"] } });
    expect(changeResultOf(reply)).toEqual({
      code: 2,
      text: "gensec_update failed - NT_STATUS_LOGON_FAILURE\n",
    });
    expect(changeResultName(changeResultOf(reply)!)).toBe("2 hard error");
    expect(toHex(encodeChangeError(reply))).toBe(toHex(captured));
    const overTcp = decodeKerberosFrame(fixture("kpasswd/error-tcp-samba.hex"))!;
    expect(decodeChangeError(overTcp)).toMatchObject({ code: 2, realm: "LAB.TEST" });
  });

  it("is what was captured from MIT", () => {
    const bytes = fixture("kpasswd/error-udp-mit.hex");
    const reply = decodeChangeError(bytes);
    expect(reply).toMatchObject({ code: 60, realm: "MIT.TEST", serverMicroseconds: 0 });
    expect(changeResultOf(reply)).toEqual({ code: 3, text: "Failed reading application request" });
    expect(toHex(encodeChangeError(reply))).toBe(toHex(bytes));
  });

  it("refuses every truncation and what follows it", () => {
    expectEveryTruncationRefused(decodeChangeError, captured);
    expect(wireErrorOf(() => decodeChangeError(Uint8Array.of(...captured, 0)))?.code).toBe("malformed");
    expectOnlyWireErrors(decodeChangeError, captured);
  });

  it("is read in either version, and without its head", () => {
    const reply = decodeChangeError(captured);
    expect(decodeChangeError(captured.subarray(6))).toEqual(reply);
    expectOnlyWireErrors(decodeChangeError, captured.subarray(6));
    expect(decodeChangeError(withHead("0095 ff80 0000"))).toEqual(reply);
  });

  it("is refused with any other version, and with an AP-REP", () => {
    expect(wireErrorOf(() => decodeChangeError(withHead("0095 0002 0000")))?.code).toBe("malformed");
    expect(wireErrorOf(() => decodeChangeError(withHead("0095 0001 0008")))?.code).toBe("unsupported");
  });
});

describe("the result in the data of an error", () => {
  const kdc = decodeKrbError(fixture("kerberos/krb-error-udp-samba.hex"));

  it("has the words of RFC 3244", () => {
    const result = changeResultOf({ ...kdc, data: hex("0004") });
    expect(result).toEqual({ code: 4, text: "" });
    expect(changeResultName(result!)).toBe("4 soft error");
  });

  it.each([undefined, "00", "0008", "3015a103020103a20e040c"])("is not there in the data %s", (data) => {
    expect(changeResultOf({ ...kdc, ...(data && { data: hex(data) }) })).toBeUndefined();
  });
});
