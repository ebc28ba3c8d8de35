import { describe, expect, it } from "vitest";
import type { Evidence } from "../../src/model/evidence.ts";
import { decodeCldap, encodeCldap } from "../../src/wire/cldap.ts";
import type { LdapOperation } from "../../src/wire/ldap.ts";
import { decodeNetlogonResponse, encodeNetlogonResponse, type NetlogonResponse } from "../../src/wire/netlogon.ts";
import { fixture, hex } from "../wire/support.ts";
import { type Begun, begin } from "./transaction.ts";

const ping = (params: Evidence = {}): Promise<Begun> => begin("ldap-ping", "udp", params);

const messageIdOf = ({ request }: Begun): number => decodeCldap(request)[0]!.messageId;

/** A datagram with these operations, for this request. */
function datagram(begun: Begun, operations: readonly LdapOperation[], idBit = 0): Uint8Array {
  return encodeCldap(operations.map((operation) => ({ messageId: messageIdOf(begun) ^ idBit, operation })));
}

const operationsOf = (path: string): LdapOperation[] => decodeCldap(fixture(path)).map(({ operation }) => operation);

/** The captured answer with another value of the Netlogon attribute. */
function answerWith(values: readonly Uint8Array[]): readonly LdapOperation[] {
  return [{ type: "searchEntry", objectName: "", attributes: [{ name: "netlogon", values }] }];
}

function capturedValue(changes: Partial<NetlogonResponse>): Uint8Array {
  const [entry] = operationsOf("cldap/netlogon-samba.hex");
  if (entry?.type !== "searchEntry") throw new Error("the fixture holds no entry");
  return encodeNetlogonResponse({ ...decodeNetlogonResponse(entry.attributes[0]!.values[0]!), ...changes });
}

describe("the LDAP ping", () => {
  it("asks with a random id of 31 bits, and resends the same", async () => {
    const begun = await ping();
    expect(decodeCldap(begun.request)).toMatchObject([
      { messageId: 0x0001_0203, operation: { attributes: ["Netlogon"] } },
    ]);
    expect(begun.resend).toEqual(begun.request);
  });

  it("learns from a Samba who it is and which realm it serves", async () => {
    const begun = await ping();
    const read = begun.read(datagram(begun, operationsOf("cldap/netlogon-samba.hex")));
    expect(read.final).toEqual({
      service: "confirmed",
      detail: "dc01.lab.test, site Default-First-Site-Name, PDC GC KDC LDAP",
      evidence: {
        dnsHostName: "dc01.lab.test",
        domain: "lab.test",
        forest: "lab.test",
        domainGuid: "d62c7aba-4fcf-47ec-b4d5-19e682d6c807",
        netbiosDomain: "LAB",
        netbiosHost: "DC01",
        serverSite: "Default-First-Site-Name",
        clientSite: "Default-First-Site-Name",
        flags: [
          ...["PDC", "GC", "LDAP", "DS", "KDC", "TIMESERV", "CLOSEST", "WRITABLE", "GOOD_TIMESERV"],
          "FULL_SECRET_DOMAIN_6",
        ],
      },
      learned: { realm: "LAB.TEST" },
    });
  });

  it("knows an entry that comes without the end of the search", async () => {
    const begun = await ping();
    const read = begun.read(datagram(begun, operationsOf("cldap/netlogon-samba.hex").slice(0, 1)));
    expect(read.final?.service).toBe("confirmed");
  });

  it("says so when the domain that it asked for is not hosted, and learns no realm from one that is", async () => {
    const other = await ping({ domain: "other.test" });
    expect(other.read(datagram(other, operationsOf("cldap/netlogon-not-hosted-samba.hex"))).final).toEqual({
      service: "confirmed",
      detail: "answers, and does not host the domain other.test",
      evidence: { domain: "not-hosted" },
    });
    const ours = await ping({ domain: "lab.test" });
    const read = ours.read(datagram(ours, operationsOf("cldap/netlogon-domain-samba.hex")));
    expect(read.final?.service).toBe("confirmed");
    expect(read.final?.learned).toBeUndefined();
  });

  it.each([
    ["without an entry", operationsOf("cldap/netlogon-not-hosted-samba.hex")],
    ["with an entry that has no such attribute", operationsOf("cldap/root-dse-samba.hex")],
    ["with an attribute that has no value", answerWith([])],
  ])("takes nobody for a domain controller who answers %s", async (_, operations) => {
    const begun = await ping();
    expect(begun.read(datagram(begun, operations)).final).toMatchObject({
      service: "confirmed",
      detail: "answers, but not as a domain controller",
      evidence: { domain: "not-hosted" },
    });
  });

  it("tells a refusal by its name", async () => {
    const begun = await ping();
    const result = { code: 53, matchedDn: "", diagnostic: "" };
    expect(begun.read(datagram(begun, [{ type: "searchDone", result }])).final).toEqual({
      service: "refused",
      detail: "the search is refused: unwillingToPerform",
      evidence: { searchResult: "unwillingToPerform" },
    });
  });

  it("tells a controller that is paused, and leaves out what it does not say", async () => {
    const begun = await ping();
    const value = capturedValue({ opcode: 24, serverSite: "", clientSite: "", flags: 0x18 });
    const { final } = begun.read(datagram(begun, answerWith([value])));
    expect(final).toMatchObject({
      service: "refused",
      detail: "answers, but its Netlogon service is paused: dc01.lab.test, LDAP",
    });
    expect(final?.evidence).not.toHaveProperty("serverSite");
  });

  it("keeps the answer when the attribute cannot be read", async () => {
    const begun = await ping();
    const { final } = begun.read(datagram(begun, answerWith([hex("1300 0000")])));
    expect(final?.service).toBe("confirmed");
    expect(final?.warnings?.[0]).toMatch(/^the Netlogon attribute could not be read: /);
  });

  it("learns no realm from a name that can be none", async () => {
    const begun = await ping();
    const { final } = begun.read(datagram(begun, answerWith([capturedValue({ domain: "grüße" })])));
    expect(final?.service).toBe("confirmed");
    expect(final).not.toHaveProperty("learned");
  });

  it("waits on after an answer to somebody else, and after what is no answer", async () => {
    const begun = await ping();
    const operations = operationsOf("cldap/netlogon-samba.hex");
    expect(begun.read(datagram(begun, operations, 2))).toEqual({});
    expect(begun.read(hex("ffff"))).toMatchObject({ soFar: { service: "mismatch" } });
    expect(begun.read(begun.request)).toMatchObject({ soFar: { service: "mismatch" } });
    expect(begun.read(datagram(begun, operations)).final?.service).toBe("confirmed");
  });
});
