import { describe, expect, it } from "vitest";
import { ldap } from "../../src/standin/ldap.ts";
import { utf8Bytes } from "../../src/wire/bytes.ts";
import { decodeLdap, encodeLdap, type LdapMessage, type LdapOperation } from "../../src/wire/ldap.ts";
import { attributeTexts, type SearchEntry } from "../../src/wire/ldap-search.ts";
import { fixture } from "../wire/support.ts";

const server = ldap({ wallMs: () => Date.UTC(2026, 10, 21, 6, 33, 51) });

function ask(request: Uint8Array | LdapOperation): readonly LdapMessage[] | undefined {
  const bytes = request instanceof Uint8Array ? request : encodeLdap({ messageId: 7, operation: request });
  return server.answer(bytes)?.map(decodeLdap);
}

describe("the LDAP stand-in", () => {
  it("takes an anonymous bind, and repeats its message id", () => {
    const request = fixture("ldap/bind-request-anonymous.hex");
    expect(ask(request)).toMatchObject([
      { messageId: decodeLdap(request).messageId, operation: { type: "bindResponse", result: { code: 0 } } },
    ]);
  });

  it("refuses a bind with a name", () => {
    const bind = { type: "bindRequest", version: 3, name: "CN=a", password: utf8Bytes("b") } as const;
    expect(ask(bind)).toMatchObject([{ operation: { result: { code: 49 } } }]);
  });

  it("shows its root entry: the attributes asked for, the time as it is, then the end of the search", () => {
    const [entry, done, ...more] = ask(fixture("ldap/root-dse-request.hex"))!;
    const found = entry!.operation as SearchEntry;
    expect(attributeTexts(found, "dnsHostName")).toEqual(["dc01.lab.test"]);
    expect(attributeTexts(found, "currentTime")).toEqual(["20261121063351.0Z"]);
    expect(attributeTexts(found, "ldapServiceName")).toEqual(["lab.test:dc01$@LAB.TEST"]);
    expect(done).toMatchObject({ operation: { type: "searchDone", result: { code: 0 } } });
    expect(more).toEqual([]);
  });

  it("shows only what was asked for, whatever the case", () => {
    const filter = { type: "present", attribute: "objectClass" } as const;
    const search = { type: "searchRequest", baseObject: "", scope: 0, filter, attributes: ["DNSHOSTNAME"] } as const;
    const [entry] = ask(search)!;
    expect((entry!.operation as SearchEntry).attributes.map(({ name }) => name)).toEqual(["dnsHostName"]);
  });

  it("refuses a search below its root entry", () => {
    const filter = { type: "present", attribute: "objectClass" } as const;
    const search = { type: "searchRequest", baseObject: "DC=lab,DC=test", scope: 2, filter, attributes: [] } as const;
    expect(ask(search)).toMatchObject([{ operation: { type: "searchDone", result: { code: 1 } } }]);
  });

  it("refuses StartTLS, and hangs up at an unbind", () => {
    expect(ask(fixture("ldap/start-tls-request.hex"))).toMatchObject([{ operation: { result: { code: 2 } } }]);
    expect(ask(fixture("ldap/unbind-request.hex"))).toBeUndefined();
  });
});
