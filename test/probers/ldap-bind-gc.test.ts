/** Rows about a global catalog: what the root entry says of one decides. */
import { describe, expect, it } from "vitest";
import { encodeLdap, ldapFrameLength, NOTICE_OF_DISCONNECTION_OID } from "../../src/wire/ldap.ts";
import { fixture } from "../wire/support.ts";
import { type Conversation, converse } from "./conversation.ts";

const world = { randomBytes: () => Uint8Array.of(0, 0, 0, 1) };
const bound = fixture("ldap/bind-response-samba.hex");
const NO_TEXT = { matchedDn: "", diagnostic: "" };
const noEntry = encodeLdap({ messageId: 2, operation: { type: "searchDone", result: { code: 1, ...NO_TEXT } } });

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

  it.each([
    ["refused", noEntry],
    ["garbled", Uint8Array.of(0x7a, 0x7a)],
  ])("is undecided where the root entry is %s: the bind says nothing of a catalog", async (_, entry) => {
    expect((await catalog(entry)).reading).toMatchObject({
      service: "unchecked",
      detail: "anonymous bind: success; no root entry was shown, and whether it is a global catalog is not known",
    });
  });

  it("is undecided by a server that hangs up at the bind", async () => {
    const busy = {
      type: "extendedResponse",
      name: NOTICE_OF_DISCONNECTION_OID,
      result: { code: 52, ...NO_TEXT },
    } as const;
    const notice = [encodeLdap({ messageId: 0, operation: busy })];
    const { reading } = await converse("ldap-bind", () => notice, {
      frameLength: ldapFrameLength,
      params: { gc: true },
      world,
    });
    expect(reading?.service).toBe("unchecked");
  });
});

it("a row about any directory does not mind", async () => {
  for (const entry of [entrySaying("FALSE"), entrySaying(), noEntry]) {
    const { reading } = await catalog(entry, { gc: false });
    expect(reading).toMatchObject({ service: "confirmed" });
    expect(reading).not.toHaveProperty("warnings");
  }
});
