/** Rows about a global catalog: what the root entry says of one decides. */
import { describe, expect, it } from "vitest";
import { encodeLdap, ldapFrameLength } from "../../src/wire/ldap.ts";
import { fixture } from "../wire/support.ts";
import { type Conversation, converse } from "./conversation.ts";

const world = { randomBytes: () => Uint8Array.of(0, 0, 0, 1) };
const bound = fixture("ldap/bind-response-samba.hex");
const noEntry = encodeLdap({
  messageId: 2,
  operation: { type: "searchDone", result: { code: 1, matchedDn: "", diagnostic: "" } },
});

function catalog(entry: Uint8Array, params = { gc: true }): Promise<Conversation> {
  const replies = [[bound], [entry]];
  return converse("ldap-bind", (_, turn) => replies[turn] ?? [], { frameLength: ldapFrameLength, params, world });
}

/** A root entry that names a host, and says this of the catalog. */
function entrySaying(ready?: string): Uint8Array {
  const value = (text: string) => Uint8Array.from(Buffer.from(text));
  const attributes = [
    { name: "dnsHostName", values: [value("dc01.lab.test")] },
    ...(ready === undefined ? [] : [{ name: "isGlobalCatalogReady", values: [value(ready)] }]),
  ];
  return encodeLdap({ messageId: 2, operation: { type: "searchEntry", objectName: "", attributes } });
}

describe("a row about a global catalog", () => {
  it("is confirmed by what Samba says", async () => {
    const { reading } = await catalog(fixture("ldap/root-dse-samba.hex"));
    expect(reading).toMatchObject({
      service: "confirmed",
      detail: "dc01.lab.test, DC=lab,DC=test; anonymous bind: success; global catalog ready",
      evidence: { isGlobalCatalogReady: "TRUE" },
    });
  });

  it("is refused by a domain controller that is none yet", async () => {
    expect((await catalog(entrySaying("FALSE"))).reading).toMatchObject({
      service: "refused",
      detail: "dc01.lab.test; anonymous bind: success; the global catalog is not ready",
      warnings: ["a domain controller answers, but says that its global catalog is not ready"],
    });
  });

  it("meets another directory with a mismatch", async () => {
    expect((await catalog(entrySaying())).reading).toMatchObject({
      service: "mismatch",
      detail: "dc01.lab.test; anonymous bind: success; an LDAP server, but no global catalog: it says nothing of one",
    });
  });

  it("stays with the bind's answer where no root entry is shown, and says so", async () => {
    expect((await catalog(noEntry)).reading).toMatchObject({
      service: "confirmed",
      warnings: ["no root entry was shown, which says whether it is a global catalog"],
    });
  });
});

it("a row about any directory does not mind", async () => {
  for (const entry of [entrySaying("FALSE"), entrySaying(), noEntry]) {
    const { reading } = await catalog(entry, { gc: false });
    expect(reading).toMatchObject({ service: "confirmed" });
    expect(reading).not.toHaveProperty("warnings");
  }
});
