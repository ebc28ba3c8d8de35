import { describe, expect, it } from "vitest";
import { ldapPing } from "../../src/standin/ldap-ping.ts";
import { decodeCldap } from "../../src/wire/cldap.ts";
import { begin } from "../probers/transaction.ts";
import { fixture } from "../wire/support.ts";

describe("the stand-in for the LDAP ping", () => {
  const server = ldapPing();

  it("says that it is a domain controller with every role", async () => {
    const begun = await begin("ldap-ping", "udp");
    expect(begun.read(server.answer(begun.request)!).final).toMatchObject({
      service: "confirmed",
      detail: "dc01.lab.test, site Default-First-Site-Name, PDC GC KDC LDAP",
      learned: { realm: "LAB.TEST" },
    });
  });

  it("hosts its own domain, whatever the case, and no other", async () => {
    const [ours, other] = [
      await begin("ldap-ping", "udp", { domain: "LAB.Test" }),
      await begin("ldap-ping", "udp", { domain: "other.test" }),
    ];
    expect(ours.read(server.answer(ours.request)!).final?.evidence).toMatchObject({ domain: "lab.test" });
    expect(other.read(server.answer(other.request)!).final?.evidence).toEqual({ domain: "not-hosted" });
  });

  it("finds nothing for any other search, and answers nothing but searches", () => {
    const search = fixture("ldap/root-dse-request.hex");
    expect(decodeCldap(server.answer(search)!).map(({ operation }) => operation.type)).toEqual(["searchDone"]);
    expect(server.answer(fixture("ldap/bind-request-anonymous.hex"))).toBeUndefined();
  });
});
