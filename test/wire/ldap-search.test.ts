import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextTag, decodeElement, encodeElement } from "../../src/wire/ber.ts";
import { Reader, utf8Bytes } from "../../src/wire/bytes.ts";
import {
  attributeTexts,
  decodeSearchEntry,
  decodeSearchRequest,
  encodeSearchEntry,
  encodeSearchRequest,
  type LdapFilter,
  rootDseSearch,
  type SearchEntry,
  type SearchRequest,
} from "../../src/wire/ldap-search.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  toHex,
  wireErrorOf,
} from "./support.ts";

const decodeRequest = (bytes: Uint8Array): SearchRequest => decodeSearchRequest(decodeElement(new Reader(bytes)));
const decodeEntry = (bytes: Uint8Array): SearchEntry => decodeSearchEntry(decodeElement(new Reader(bytes)));

/** The operation inside a fixture: behind the sequence's head and a messageID of three octets. */
function operation(path: string, headLength: number): Uint8Array {
  return fixture(path).subarray(headLength + 3);
}

const text = fc.string({ maxLength: 20 });
const filter = fc.letrec<{ filter: LdapFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ type: fc.constant("present" as const), attribute: text }),
    fc.record({ type: fc.constant("equality" as const), attribute: text, value: fc.uint8Array({ maxLength: 20 }) }),
    fc.record({ type: fc.constant("and" as const), filters: fc.array(tie("filter"), { maxLength: 3 }) }),
  ),
})).filter;

describe("LDAP search requests", () => {
  it("round trip", () => {
    const request = fc.record({
      type: fc.constant("searchRequest" as const),
      baseObject: text,
      scope: fc.integer({ min: 0, max: 2 }),
      filter,
      attributes: fc.array(text, { maxLength: 4 }),
    });
    expectRoundTrip(request, encodeSearchRequest, decodeRequest);
  });

  it("for the root entry have the bytes that a directory server expects", () => {
    const attributes = [
      "defaultNamingContext",
      "dnsHostName",
      "currentTime",
      "supportedLDAPVersion",
      "ldapServiceName",
      "isGlobalCatalogReady",
      "dsServiceName",
    ];
    const bytes = operation("ldap/root-dse-request.hex", 3);
    expect(toHex(encodeSearchRequest(rootDseSearch(attributes)))).toBe(toHex(bytes));
    expect(decodeRequest(bytes)).toEqual(rootDseSearch(attributes));
  });

  it("ping a domain controller with the bytes of MS-ADTS", () => {
    const bytes = operation("ldap/netlogon-ping-request.hex", 2);
    const ping: SearchRequest = {
      type: "searchRequest",
      baseObject: "",
      scope: 0,
      filter: { type: "and", filters: [{ type: "equality", attribute: "NtVer", value: Uint8Array.of(6, 0, 0, 0) }] },
      attributes: ["Netlogon"],
    };
    expect(toHex(encodeSearchRequest(ping))).toBe(toHex(bytes));
    expect(decodeRequest(bytes)).toEqual(ping);
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeRequest, operation("ldap/netlogon-ping-request.hex", 2));
  });

  it("meet any bytes with a request or a WireError", () => {
    expectOnlyWireErrors(decodeRequest, operation("ldap/netlogon-ping-request.hex", 2));
  });

  it("with another filter are not spoken here", () => {
    const filter = encodeElement(contextTag(2, "constructed"), encodeElement(contextTag(7), utf8Bytes("cn")));
    const bytes = encodeSearchRequest(rootDseSearch([]));
    const present = toHex(encodeElement(contextTag(7), utf8Bytes("objectClass")));
    // The same length keeps the lengths around it true.
    const not = Uint8Array.from(Buffer.from(toHex(bytes).replace(present, `${toHex(filter)}040504030102ff`), "hex"));
    expect(not.length).toBe(bytes.length);
    expect(wireErrorOf(() => decodeRequest(not))?.code).toBe("unsupported");
  });
});

describe("LDAP search entries", () => {
  it("round trip", () => {
    const attribute = fc.record({
      name: text,
      values: fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 3 }),
    });
    const entry = fc.record({
      type: fc.constant("searchEntry" as const),
      objectName: text,
      attributes: fc.array(attribute, { maxLength: 4 }),
    });
    expectRoundTrip(entry, encodeSearchEntry, decodeEntry);
  });

  it("are read from captured bytes and written the same", () => {
    const bytes = operation("ldap/root-dse-entry-samba.hex", 4);
    const entry = decodeEntry(bytes);
    expect(entry.objectName).toBe("");
    expect(attributeTexts(entry, "DNSHOSTNAME")).toEqual(["dc01.lab.test"]);
    expect(attributeTexts(entry, "supportedLDAPVersion")).toEqual(["2", "3"]);
    expect(attributeTexts(entry, "isGlobalCatalogReady")).toEqual(["TRUE"]);
    expect(attributeTexts(entry, "absent")).toEqual([]);
    expect(toHex(encodeSearchEntry(entry))).toBe(toHex(bytes));
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeEntry, operation("ldap/root-dse-entry-samba.hex", 4));
  });

  it("meet any bytes with an entry or a WireError", () => {
    expectOnlyWireErrors(decodeEntry, operation("ldap/root-dse-entry-samba.hex", 4));
  });
});
