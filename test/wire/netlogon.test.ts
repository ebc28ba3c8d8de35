import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCldap, encodeCldap } from "../../src/wire/cldap.ts";
import { encodeLdap, type LdapMessage } from "../../src/wire/ldap.ts";
import {
  decodeNetlogonResponse,
  encodeNetlogonResponse,
  type NetlogonResponse,
  netlogonFlagNames,
  netlogonPing,
} from "../../src/wire/netlogon.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

/** The value of the Netlogon attribute in a captured answer. */
function capturedValue(path: string): Uint8Array {
  const [entry] = decodeCldap(fixture(path));
  if (entry?.operation.type !== "searchEntry") throw new Error(`${path} holds no entry`);
  return entry.operation.attributes[0]!.values[0]!;
}

const CAPTURED: NetlogonResponse = {
  opcode: 23,
  flags: 0x13fd,
  domainGuid: "d62c7aba-4fcf-47ec-b4d5-19e682d6c807",
  forest: "lab.test",
  domain: "lab.test",
  host: "dc01.lab.test",
  netbiosDomain: "LAB",
  netbiosHost: "DC01",
  user: "",
  serverSite: "Default-First-Site-Name",
  clientSite: "Default-First-Site-Name",
};

const name = fc.array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,15}$/), { maxLength: 5 }).map((labels) => labels.join("."));
const response: fc.Arbitrary<NetlogonResponse> = fc.record({
  opcode: fc.constantFrom(23, 24, 25),
  flags: fc.integer({ min: 0, max: 0xffff_ffff }),
  domainGuid: fc.uuid(),
  forest: name,
  domain: name,
  host: name,
  netbiosDomain: name,
  netbiosHost: name,
  user: fc.constantFrom("", "grüße", "試す"),
  serverSite: name,
  clientSite: name,
});

describe("the LDAP ping", () => {
  it("has the bytes of the request that a Samba answers", () => {
    const bytes = encodeLdap({ messageId: 7, operation: netlogonPing() });
    expect(toHex(bytes)).toBe(
      toHex(
        hex(`30 33 02 01 07 63 2E 04 00 0A 01 00 0A 01 00 02 01 00 02 01 00 01 01 00 A0 0F A3 0D 04 05 4E74566572
             04 04 06000000 30 0A 04 08 4E65746C6F676F6E`),
      ),
    );
    expect(toHex(bytes)).toBe(toHex(fixture("ldap/netlogon-ping-request.hex")));
  });

  it("names the domain in front, where one is asked for", () => {
    const { filter } = netlogonPing("lab.test");
    expect(filter.type === "and" && filter.filters).toMatchObject([
      { type: "equality", attribute: "DnsDomain", value: hex("6c61622e74657374") },
      { type: "equality", attribute: "NtVer", value: hex("06000000") },
    ]);
  });
});

describe("CLDAP datagrams", () => {
  const done: LdapMessage = {
    messageId: 7,
    operation: { type: "searchDone", result: { code: 0, matchedDn: "", diagnostic: "" } },
  };

  it("are what was captured: an entry and the end, or the end alone", () => {
    const both = decodeCldap(fixture("cldap/netlogon-samba.hex"));
    expect(both.map(({ messageId, operation }) => [messageId, operation.type])).toEqual([
      [7, "searchEntry"],
      [7, "searchDone"],
    ]);
    const bytes = fixture("cldap/netlogon-not-hosted-samba.hex");
    expect(decodeCldap(bytes)).toEqual([done]);
    expect(toHex(encodeCldap([done]))).toBe(toHex(bytes));
  });

  it("round trip", () => {
    expectRoundTrip(
      fc.array(
        fc.nat({ max: 0x7fff_ffff }).map((messageId) => ({ ...done, messageId })),
        { minLength: 1, maxLength: 5 },
      ),
      encodeCldap,
      decodeCldap as (bytes: Uint8Array) => LdapMessage[],
    );
  });

  it("refuse every truncation but the one between two messages", () => {
    const bytes = fixture("cldap/netlogon-samba.hex");
    const whole = decodeCldap(bytes).map((message) => encodeLdap(message).length);
    for (let length = 0; length < bytes.length; length++) {
      const error = wireErrorOf(() => decodeCldap(bytes.slice(0, length)));
      expect(error?.code, `${length} bytes`).toBe(length === whole[0] ? undefined : "truncated");
    }
  });

  it("meet any bytes with messages or a WireError", () => {
    expectOnlyWireErrors(decodeCldap, fixture("cldap/netlogon-samba.hex"));
  });

  it("end after 64 messages", () => {
    expect(decodeCldap(encodeCldap(Array(64).fill(done)))).toHaveLength(64);
    expect(wireErrorOf(() => decodeCldap(encodeCldap(Array(65).fill(done))))?.code).toBe("limit");
  });
});

describe("Netlogon answers", () => {
  it("round trip", () => expectRoundTrip(response, encodeNetlogonResponse, decodeNetlogonResponse));

  it.each(["cldap/netlogon-samba.hex", "cldap/netlogon-domain-samba.hex"])(
    "are what was captured, and are written the same: %s",
    (path) => {
      const value = capturedValue(path);
      expect(decodeNetlogonResponse(value)).toEqual(CAPTURED);
      expect(toHex(encodeNetlogonResponse(CAPTURED))).toBe(toHex(value));
    },
  );

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeNetlogonResponse, Uint8Array.from(capturedValue("cldap/netlogon-samba.hex")));
  });

  it("meet any bytes with an answer or a WireError", () => {
    expectOnlyWireErrors(decodeNetlogonResponse, capturedValue("cldap/netlogon-samba.hex"));
  });

  it("are read with what newer servers put behind the names", () => {
    const value = capturedValue("cldap/netlogon-samba.hex");
    const longer = Uint8Array.of(...value.subarray(0, -8), ...new Uint8Array(17), ...value.subarray(-8));
    expect(decodeNetlogonResponse(longer)).toEqual(CAPTURED);
  });

  const head = `1700 0000 fd130000 ${"00".repeat(16)}`;
  const label = `3f ${"61".repeat(63)}`;
  it.each([
    ["of the older forms", "1300 0000", "unsupported"],
    ["whose name refers to itself", `${head} c018`, "malformed"],
    ["whose name refers to what comes later", `${head} c030`, "malformed"],
    // Places 8 and 6 lie in the head, and refer to each other.
    ["whose names refer to each other", `1700 0000 0000 c008 c006 ${"00".repeat(14)} c008`, "malformed"],
    ["with a part of a name that is too long", `${head} 40`, "malformed"],
    ["with a name that is too long", `${head} ${label.repeat(4)} 00`, "limit"],
    ["with a name that is too long in pieces", `${head} ${label.repeat(3)} 00 ${label} c018 00`, "limit"],
  ])("%s are refused", (_, bytes, code) => {
    expect(wireErrorOf(() => decodeNetlogonResponse(hex(bytes)))?.code).toBe(code);
  });

  it.each([
    ["an empty part", "a..b"],
    ["a long part", "a".repeat(64)],
    ["a long name", Array(9).fill("a".repeat(30)).join(".")],
  ])("cannot hold a name with %s", (_, domain) => {
    expect(wireErrorOf(() => encodeNetlogonResponse({ ...CAPTURED, domain }))?.code).toBe("unencodable");
  });

  it("have flags with names", () => {
    expect(netlogonFlagNames(CAPTURED.flags)).toEqual([
      ...["PDC", "GC", "LDAP", "DS", "KDC", "TIMESERV", "CLOSEST", "WRITABLE", "GOOD_TIMESERV"],
      "FULL_SECRET_DOMAIN_6",
    ]);
    expect(netlogonFlagNames(0x8000_0002)).toEqual(["DNS_FOREST"]);
  });
});
