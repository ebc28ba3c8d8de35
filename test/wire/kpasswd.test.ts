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
  data: fc.record({ code: fc.nat(0xffff), text: fc.string() }).map(encodeChangeResult),
});

const captured = fixture("kpasswd/error-udp-samba.hex");

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
    expect(changeResultName(2)).toBe("hard error");
    expect(toHex(encodeChangeError(reply))).toBe(toHex(captured));
    const overTcp = decodeKerberosFrame(fixture("kpasswd/error-tcp-samba.hex"))!;
    expect(decodeChangeError(overTcp)).toMatchObject({ code: 2, realm: "LAB.TEST" });
  });

  it("refuses every truncation and what follows it", () => {
    expectEveryTruncationRefused(decodeChangeError, captured);
    expect(wireErrorOf(() => decodeChangeError(Uint8Array.of(...captured, 0)))?.code).toBe("malformed");
    expectOnlyWireErrors(decodeChangeError, captured);
  });

  it("is refused with another version, and with an AP-REP", () => {
    const head = (bytes: string) => Uint8Array.of(...hex(bytes), ...captured.subarray(6));
    expect(wireErrorOf(() => decodeChangeError(head("0095 ff80 0000")))?.code).toBe("malformed");
    expect(wireErrorOf(() => decodeChangeError(head("0095 0001 0008")))?.code).toBe("unsupported");
  });
});

describe("the result in the data of an error", () => {
  it("is not there where two octets are missing", () => {
    const kdc = decodeKrbError(fixture("kerberos/krb-error-udp-samba.hex"));
    expect(changeResultOf(kdc)).toBeUndefined();
    expect(changeResultOf({ ...kdc, data: hex("00") })).toBeUndefined();
    expect(changeResultOf({ ...kdc, data: hex("0004") })).toEqual({ code: 4, text: "" });
  });

  it("has no name beyond those of RFC 3244", () => {
    expect(changeResultName(7)).toBe("initial ticket needed");
    expect(changeResultName(8)).toBe("result 8");
  });
});
