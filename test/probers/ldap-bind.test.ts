import { describe, expect, it } from "vitest";
import { encodeElement, encodeInteger, encodeOctets, encodeSequence, TAG } from "../../src/wire/ber.ts";
import {
  anonymousBind,
  decodeLdap,
  encodeLdap,
  type LdapOperation,
  ldapFrameLength,
  NOTICE_OF_DISCONNECTION_OID,
} from "../../src/wire/ldap.ts";
import { fixture } from "../wire/support.ts";
import { type Conversation, converse, type Script } from "./conversation.ts";

/** What the root entry in the fixture calls its current time. */
const SAMBA_NOW_MS = Date.UTC(2026, 10, 21, 6, 33, 51);

/** With these random bytes the message ids are 1, 2 and 3, those of the captures. */
const world = { randomBytes: () => Uint8Array.of(0, 0, 0, 1), wallMs: () => SAMBA_NOW_MS };

const bound = fixture("ldap/bind-response-samba.hex");
const refused = fixture("ldap/bind-response-refused-samba.hex");
const rootEntry = fixture("ldap/root-dse-samba.hex");

function talk(script: Script, how: { readonly wallMs?: () => number } = {}): Promise<Conversation> {
  return converse("ldap-bind", script, { frameLength: ldapFrameLength, world: { ...world, ...how } });
}

/** Says these to the first and second request, and nothing to the unbind; undefined hangs up. */
function says(...replies: readonly (Uint8Array | undefined)[]): Script {
  return (_, turn) => {
    if (turn >= replies.length) return [];
    const reply = replies[turn];
    return reply === undefined ? undefined : [reply];
  };
}

function message(messageId: number, operation: LdapOperation): Uint8Array {
  return encodeLdap({ messageId, operation });
}

const result = (code: number, diagnostic = "") => ({ code, matchedDn: "", diagnostic });

/** A root entry that says only this. */
function entrySaying(name: string, ...values: readonly string[]): Uint8Array {
  const attributes = [{ name, values: values.map((value) => Uint8Array.from(Buffer.from(value))) }];
  return message(2, { type: "searchEntry", objectName: "", attributes });
}

/** The same message with its outermost length in four octets, as Active Directory writes it. */
function asWindows(bytes: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0x30, 0x84, 0, 0, 0, bytes.length - 2);
  return Buffer.concat([head, bytes.subarray(2)]);
}

describe("the LDAP conversation", () => {
  it("binds as nobody, asks for the root entry, and takes its leave", async () => {
    const { requests } = await talk(says(bound, rootEntry));
    const [bind, search, unbind] = requests.map(decodeLdap);
    expect(bind).toEqual({ messageId: 1, operation: anonymousBind() });
    expect(search).toMatchObject({ messageId: 2, operation: { type: "searchRequest", baseObject: "", scope: 0 } });
    expect(unbind).toEqual({ messageId: 3, operation: { type: "unbindRequest" } });
  });

  it("reads what Samba sent", async () => {
    const { reading } = await talk(says(bound, rootEntry));
    expect(reading).toEqual({
      service: "confirmed",
      detail: "dc01.lab.test, DC=lab,DC=test; anonymous bind: success",
      evidence: {
        bindResult: "success",
        defaultNamingContext: "DC=lab,DC=test",
        dnsHostName: "dc01.lab.test",
        currentTime: expect.stringMatching(/^2026\d{10}\.0Z$/),
        supportedLDAPVersion: ["2", "3"],
        ldapServiceName: expect.stringContaining("@LAB.TEST"),
        isGlobalCatalogReady: "TRUE",
        vendorName: expect.stringContaining("Samba"),
        clockOffsetMs: expect.any(Number),
      },
      learned: { realm: "LAB.TEST" },
    });
  });

  it("reads lengths of four octets, as Active Directory writes them", async () => {
    const { reading } = await talk(says(asWindows(bound), asWindows(entrySaying("dnsHostName", "dc01.example.com"))));
    expect(reading).toMatchObject({ service: "confirmed", evidence: { dnsHostName: "dc01.example.com" } });
  });

  it("goes the same way inside TLS", async () => {
    const tls = { serverName: "dc01.example.com", strict: false };
    const { reading, requests } = await converse("ldap-bind", says(bound, rootEntry), {
      frameLength: ldapFrameLength,
      world,
      tls,
    });
    expect(reading?.service).toBe("confirmed");
    expect(decodeLdap(requests[0]!).operation.type).toBe("bindRequest");
  });
});

describe("a server that refuses the bind", () => {
  it("is alive, and says why", async () => {
    const { reading } = await talk(says(refused, message(2, { type: "searchDone", result: result(1, "bind first") })));
    expect(reading).toMatchObject({
      service: "refused",
      detail: "anonymous bind: strongerAuthRequired (the service answers, and refuses)",
      evidence: { bindResult: "strongerAuthRequired" },
    });
  });

  it("is confirmed where it shows its root entry all the same", async () => {
    const { reading } = await talk(says(refused, rootEntry));
    expect(reading).toMatchObject({ service: "confirmed", evidence: { bindResult: "strongerAuthRequired" } });
  });

  it("may do so by a notice of disconnection", async () => {
    const operation = {
      type: "extendedResponse",
      name: NOTICE_OF_DISCONNECTION_OID,
      result: result(52, "too many"),
    } as const;
    expect((await talk(says(message(0, operation)))).reading).toEqual({
      service: "refused",
      detail: "the server hangs up: unavailable",
      evidence: { disconnection: "unavailable", disconnectionDiagnostic: "too many" },
    });
  });
});

describe("after a bind that was answered", () => {
  const malformed = encodeSequence(encodeInteger(2), encodeElement(0x64, encodeOctets(""), encodeElement(TAG.set)));

  it.each([
    ["a root entry that is malformed", malformed, /^the root entry could not be read: tag 0x31 where 0x30 belongs/],
    [
      "an answer to somebody else",
      message(9, { type: "searchDone", result: result(0) }),
      /message id 9 was never asked/,
    ],
    ["something else than LDAP", Uint8Array.from(Buffer.from("220 mail ESMTP\r\n")), /not an LDAP message/],
  ])("%s takes nothing back, and is told", async (_, reply, warning) => {
    const { reading } = await talk(says(bound, reply));
    expect(reading).toMatchObject({ service: "confirmed", warnings: [expect.stringMatching(warning)] });
    expect(reading).not.toHaveProperty("learned");
  });

  it.each([
    ["an end without an entry", message(2, { type: "searchDone", result: result(0) })],
    ["a hang-up", undefined],
  ])("%s takes nothing back", async (_, reply) => {
    const { reading } = await talk(says(bound, reply));
    expect(reading).toEqual({
      service: "confirmed",
      detail: "anonymous bind: success",
      evidence: { bindResult: "success" },
    });
  });
});

describe("the root entry", () => {
  it.each([
    [-59, undefined],
    [-120, "the clocks are 120.00 s apart; Kerberos stops working at 300 s"],
    [3600, "the clocks are 3600.00 s apart: more than the 300 s that Kerberos allows"],
  ])("shows a clock that is %d s ahead", async (aheadS, warning) => {
    const now = new Date(SAMBA_NOW_MS + aheadS * 1000).toISOString().replace(/[-:T]|\.\d+/g, "");
    const { reading } = await talk(says(bound, entrySaying("currentTime", now.replace("Z", ".0Z"))));
    expect(reading?.evidence.clockOffsetMs).toBe(aheadS * 1000);
    expect(reading?.warnings).toEqual(warning === undefined ? undefined : [warning]);
  });

  it.each(["yesterday", "20261121", "", "20261121063351.0+0100"])("with %j for a time shows none", async (time) => {
    const { reading } = await talk(says(bound, entrySaying("currentTime", time)));
    expect(reading).toMatchObject({ service: "confirmed", detail: "anonymous bind: success; root entry read" });
    expect(reading?.evidence).not.toHaveProperty("clockOffsetMs");
  });

  it.each(["no realm here", "lab.test:dc01$@", "lab.test:dc01$@LAB TEST", `x@${"A".repeat(300)}`])(
    "teaches no realm by %j",
    async (name) => {
      const { reading } = await talk(says(bound, entrySaying("ldapServiceName", name)));
      expect(reading?.service).toBe("confirmed");
      expect(reading).not.toHaveProperty("learned");
    },
  );
});

describe("what is no answer to a bind", () => {
  it.each([
    [
      "an answer to another request",
      message(7, { type: "bindResponse", result: result(0) }),
      "message id 7 was never asked",
    ],
    [
      "an end of a search",
      message(1, { type: "searchDone", result: result(0) }),
      "a bind was answered by a searchDone",
    ],
  ])("%s is a mismatch", async (_, reply, why) => {
    const { reading } = await talk(says(reply));
    expect(reading).toMatchObject({ service: "mismatch", evidence: { malformed: expect.stringContaining(why) } });
  });

  it("a hang-up is nothing at all", async () => {
    expect((await talk(says(undefined))).reading).toBeUndefined();
  });
});
