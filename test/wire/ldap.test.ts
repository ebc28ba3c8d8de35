import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applicationTag,
  contextTag,
  encodeElement,
  encodeInteger,
  encodeOctets,
  encodeSequence,
} from "../../src/wire/ber.ts";
import {
  anonymousBind,
  decodeLdap,
  encodeLdap,
  isNoticeOfDisconnection,
  type LdapMessage,
  type LdapOperation,
  ldapFrameLength,
  NOTICE_OF_DISCONNECTION_OID,
  START_TLS_OID,
} from "../../src/wire/ldap.ts";
import { attributeTexts, rootDseSearch } from "../../src/wire/ldap-search.ts";
import { expectEveryTruncationRefused, expectOnlyWireErrors, fixture, hex, toHex, wireErrorOf } from "./support.ts";

const text = fc.string({ maxLength: 20 });
const octets = fc.uint8Array({ maxLength: 20 });
const result = fc.record({ code: fc.integer({ min: 0, max: 200 }), matchedDn: text, diagnostic: text });

const operation: fc.Arbitrary<LdapOperation> = fc.oneof(
  fc.record({
    type: fc.constant("bindRequest" as const),
    version: fc.integer({ min: 1, max: 127 }),
    name: text,
    password: octets,
  }),
  fc.record({ type: fc.constant("bindResponse" as const), result }),
  fc.record({ type: fc.constant("unbindRequest" as const) }),
  fc.array(text, { maxLength: 3 }).map(rootDseSearch),
  fc.record({
    type: fc.constant("searchEntry" as const),
    objectName: text,
    attributes: fc.array(fc.record({ name: text, values: fc.array(octets, { maxLength: 2 }) }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant("searchReference" as const), uris: fc.array(text, { maxLength: 3 }) }),
  fc.record({ type: fc.constant("searchDone" as const), result }),
  fc.record(
    { type: fc.constant("extendedRequest" as const), name: text, value: octets },
    { requiredKeys: ["type", "name"] },
  ),
  fc.record(
    { type: fc.constant("extendedResponse" as const), result, name: text, value: octets },
    { requiredKeys: ["type", "result"] },
  ),
);
const message: fc.Arbitrary<LdapMessage> = fc.record({
  messageId: fc.integer({ min: 0, max: 0x7fff_ffff }),
  operation,
});

const success = { code: 0, matchedDn: "", diagnostic: "" };

/** Cuts a stream or datagram into its messages. */
function messagesOf(bytes: Uint8Array): LdapMessage[] {
  const messages: LdapMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ldapFrameLength(bytes.subarray(at))!;
    messages.push(decodeLdap(bytes.subarray(at, at + length)));
    at += length;
  }
  return messages;
}

describe("LDAP messages", () => {
  it("round trip, and their frame length is their length", () => {
    fc.assert(
      fc.property(message, (message) => {
        const bytes = encodeLdap(message);
        expect(decodeLdap(bytes)).toEqual(message);
        expect(ldapFrameLength(bytes)).toBe(bytes.length);
      }),
    );
  });

  it.each<[string, LdapMessage]>([
    ["bind-request-anonymous", { messageId: 1, operation: anonymousBind() }],
    ["start-tls-request", { messageId: 2, operation: { type: "extendedRequest", name: START_TLS_OID } }],
    ["unbind-request", { messageId: 3, operation: { type: "unbindRequest" } }],
  ])("have the bytes of RFC 4511: %s", (name, message) => {
    const bytes = fixture(`ldap/${name}.hex`);
    expect(toHex(encodeLdap(message))).toBe(toHex(bytes));
    expect(decodeLdap(bytes)).toEqual(message);
  });

  it("refuse every truncation and what follows them", () => {
    const bytes = fixture("ldap/bind-response-samba.hex");
    expectEveryTruncationRefused(decodeLdap, bytes);
    expect(wireErrorOf(() => decodeLdap(Uint8Array.of(...bytes, 0)))?.code).toBe("malformed");
  });

  it.each([
    "ldap/bind-request-anonymous",
    "ldap/netlogon-ping-request",
    "ldap/start-tls-response-samba",
    "ldap/root-dse-entry-samba",
  ])("meet any bytes with a message or a WireError: %s", (name) => {
    expectOnlyWireErrors(decodeLdap, fixture(`${name}.hex`));
  });

  it("tell a notice of disconnection from an answer", () => {
    const operation = { type: "extendedResponse", result: success, name: NOTICE_OF_DISCONNECTION_OID } as const;
    expect(isNoticeOfDisconnection(decodeLdap(encodeLdap({ messageId: 0, operation })))).toBe(true);
    expect(isNoticeOfDisconnection({ messageId: 2, operation })).toBe(false);
    expect(isNoticeOfDisconnection({ messageId: 0, operation: { type: "unbindRequest" } })).toBe(false);
  });

  it("are read with controls behind the operation", () => {
    const controls = encodeElement(contextTag(0, "constructed"), encodeSequence(encodeOctets("1.2.3")));
    const bytes = encodeSequence(encodeInteger(4), encodeElement(applicationTag(2, "primitive")), controls);
    expect(decodeLdap(bytes)).toEqual({ messageId: 4, operation: { type: "unbindRequest" } });
  });

  it("that are not spoken here say so", () => {
    const compare = encodeSequence(encodeInteger(1), encodeElement(applicationTag(14)));
    const sasl = encodeElement(contextTag(3, "constructed"), encodeOctets("GSSAPI"));
    const bind = encodeElement(applicationTag(0), encodeInteger(3), encodeOctets(""), sasl);
    for (const bytes of [compare, encodeSequence(encodeInteger(1), bind)]) {
      expect(wireErrorOf(() => decodeLdap(bytes))?.code).toBe("unsupported");
    }
  });

  it("have a messageID of 31 bits", () => {
    const operation = { type: "unbindRequest" } as const;
    for (const messageId of [-1, 2 ** 31]) {
      expect(wireErrorOf(() => encodeLdap({ messageId, operation }))?.code).toBe("unencodable");
      const bytes = encodeSequence(encodeInteger(messageId), encodeElement(applicationTag(2, "primitive")));
      expect(wireErrorOf(() => decodeLdap(bytes))?.code).toBe("malformed");
    }
  });
});

describe("captured LDAP messages", () => {
  it.each<[string, LdapMessage]>([
    ["bind-response-samba", { messageId: 1, operation: { type: "bindResponse", result: success } }],
    ["root-dse-done-samba", { messageId: 2, operation: { type: "searchDone", result: success } }],
    [
      "start-tls-response-samba",
      { messageId: 2, operation: { type: "extendedResponse", result: success, name: START_TLS_OID } },
    ],
    [
      "bind-response-refused-samba",
      {
        messageId: 1,
        operation: {
          type: "bindResponse",
          result: { code: 8, matchedDn: "", diagnostic: "BindSimple: Transport encryption required." },
        },
      },
    ],
  ])("are understood, and written the same: %s", (name, message) => {
    const bytes = fixture(`ldap/${name}.hex`);
    expect(decodeLdap(bytes)).toEqual(message);
    expect(toHex(encodeLdap(message))).toBe(toHex(bytes));
  });

  it.each(["ldap/root-dse-samba", "ldap/root-dse-no-bind-samba", "cldap/root-dse-samba"])(
    "are cut from streams and datagrams: %s",
    (name) => {
      const [entry, done, ...others] = messagesOf(fixture(`${name}.hex`));
      expect(others).toEqual([]);
      expect(done).toMatchObject({ messageId: entry!.messageId, operation: { type: "searchDone", result: success } });
      expect(entry!.operation.type === "searchEntry" && attributeTexts(entry!.operation, "dnsHostName")).toEqual([
        "dc01.lab.test",
      ]);
    },
  );
});

describe("ldapFrameLength", () => {
  it("waits for the head, long lengths too", () => {
    const head = hex("30 84 00000180 02");
    for (let length = 0; length < 6; length++) expect(ldapFrameLength(head.slice(0, length))).toBeUndefined();
    expect(ldapFrameLength(head.slice(0, 6))).toBe(0x186);
    expect(ldapFrameLength(head)).toBe(0x186);
  });

  it.each([
    ["a web server", "485454502f312e31"],
    ["a TLS alert", "15030300020228"],
    ["a message too short to be one", "30 03 02 01 01"],
    ["a sequence that begins with something else", "30 0c 04 01 01"],
    ["an indefinite length", "30 80 02"],
    ["a length beyond all reason", "30 85 0100000000 02"],
  ])("refuses the head of %s", (_, bytes) => {
    expect(wireErrorOf(() => ldapFrameLength(hex(bytes)))).toBeDefined();
  });

  it("meets any bytes with a length or a WireError", () => {
    expectOnlyWireErrors(ldapFrameLength, fixture("ldap/bind-response-samba.hex"));
  });
});
