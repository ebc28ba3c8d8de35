import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childAt, decodeElement, encodeSequence } from "../../src/wire/ber.ts";
import { Reader } from "../../src/wire/bytes.ts";
import { decodeLdapResult, encodeLdapResult, type LdapResult, ldapResultName } from "../../src/wire/ldap-result.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  wireErrorOf,
} from "./support.ts";

const encode = (result: LdapResult): Uint8Array => encodeSequence(...encodeLdapResult(result));
const decode = (bytes: Uint8Array): LdapResult => decodeLdapResult(decodeElement(new Reader(bytes)));

const example: LdapResult = { code: 10, matchedDn: "", diagnostic: "elsewhere", referral: ["ldap://dc02.lab.test/"] };

describe("LDAP results", () => {
  it("round trip", () => {
    const text = fc.string({ maxLength: 40 });
    const result = fc.record(
      {
        code: fc.integer({ min: 0, max: 4096 }),
        matchedDn: text,
        diagnostic: text,
        referral: fc.array(text, { maxLength: 3 }),
      },
      { requiredKeys: ["code", "matchedDn", "diagnostic"] },
    );
    expectRoundTrip(result, encode, decode);
  });

  it("are read from captured bytes", () => {
    const message = decodeElement(new Reader(fixture("ldap/search-done-refused-samba.hex")));
    expect(decodeLdapResult(childAt(message, 1))).toEqual({
      code: 1,
      matchedDn: "",
      diagnostic: "00002020: Operation unavailable without authentication",
    });
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decode, encode(example));
  });

  it("meet any bytes with a result or a WireError", () => {
    expectOnlyWireErrors(decode, encode(example));
  });

  it("need all three fields", () => {
    const [code, matchedDn] = encodeLdapResult(example);
    expect(wireErrorOf(() => decode(encodeSequence(code!, matchedDn!)))?.code).toBe("malformed");
  });

  it("have names", () => {
    expect([0, 8, 53, 123].map(ldapResultName)).toEqual([
      "success",
      "strongerAuthRequired",
      "unwillingToPerform",
      "result 123",
    ]);
  });
});
