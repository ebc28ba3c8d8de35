import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeInteger, encodeOctets, encodeSequence } from "../../src/wire/ber.ts";
import {
  bindingOid,
  type CommunityMessage,
  decodeSnmp,
  discovery,
  encodeSnmp,
  engineEnterprise,
  enterpriseName,
  errorStatusName,
  getV2c,
  oidEnterprise,
  reportName,
  type SnmpMessage,
  type V3Message,
} from "../../src/wire/snmp.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const id = fc.nat({ max: 0x7fff_ffff });
const octets = fc.uint8Array({ maxLength: 40 });
const oid = fc.array(fc.nat({ max: 100_000 }), { maxLength: 8 }).map((arcs) => ["1.3", ...arcs].join("."));
const pdu = fc.record({
  type: fc.constantFrom("get" as const, "response" as const, "report" as const),
  requestId: id,
  errorStatus: fc.nat({ max: 18 }),
  errorIndex: fc.nat({ max: 10 }),
  bindings: fc.array(fc.record({ oid, tag: fc.constantFrom(2, 4, 5, 6, 0x41, 0x43, 0x80), contents: octets }), {
    maxLength: 4,
  }),
});
const community: fc.Arbitrary<CommunityMessage> = fc.record({
  version: fc.constantFrom(0 as const, 1 as const),
  community: octets,
  pdu,
});
const v3: fc.Arbitrary<V3Message> = fc.record({
  version: fc.constant(3 as const),
  messageId: id,
  maxSizeBytes: fc.integer({ min: 484, max: 0x7fff_ffff }),
  flags: fc.constantFrom(0, 1, 4, 5),
  securityModel: fc.constant(3),
  engineId: octets,
  engineBoots: id,
  engineTimeS: id,
  userName: octets,
  authentication: octets,
  privacy: octets,
  contextEngineId: octets,
  contextName: octets,
  pdu,
});

const report = fixture("snmp/report-netsnmp.hex");
const system = fixture("snmp/sys-object-id-v2c-netsnmp.hex");

/** The bytes of the request to which net-snmp's report is the answer. */
const DISCOVERY = hex(`303e 020103 3011 0204 12345678 0203 00ffe3 0401 04 0201 03
  0410 300e 0400 020100 020100 0400 0400 0400
  3014 0400 0400 a00e 0204 76543210 020100 020100 3000`);

describe("SNMP messages", () => {
  it("round trip in every version", () => {
    expectRoundTrip<SnmpMessage>(fc.oneof(community, v3), encodeSnmp, decodeSnmp);
  });

  it("of a discovery have the bytes that net-snmp answered", () => {
    const message = discovery(0x12345678, 0x76543210);
    expect(toHex(encodeSnmp(message))).toBe(toHex(DISCOVERY));
    expect(decodeSnmp(DISCOVERY)).toEqual(message);
  });

  it("of a GET in version 2c have the bytes that net-snmp answered", () => {
    const secret = Uint8Array.from(Buffer.from("lab-read-only"));
    expect(toHex(encodeSnmp(getV2c(secret, 0x12345678, "1.3.6.1.2.1.1.2.0")))).toBe(
      "3030020101040d6c61622d726561642d6f6e6c79a01c020412345678020100020100300e300c06082b060102010102000500",
    );
  });

  it("of an engine are what was captured", () => {
    const message = decodeSnmp(report) as V3Message;
    expect(message).toMatchObject({ version: 3, messageId: 0x12345678, engineBoots: 1, engineTimeS: 0 });
    expect(message.pdu).toMatchObject({ type: "report", requestId: 0x76543210, errorStatus: 0 });
    expect(reportName(message.pdu.bindings[0]!.oid)).toBe("usmStatsUnknownEngineIDs");
    expect(enterpriseName(engineEnterprise(message.engineId)!)).toBe("net-snmp");
    expect(toHex(encodeSnmp(message))).toBe(toHex(report));
  });

  it("of an agent with a community are what was captured", () => {
    const message = decodeSnmp(system) as CommunityMessage;
    expect(Buffer.from(message.community).toString()).toBe("lab-read-only");
    expect(message.pdu).toMatchObject({
      type: "response",
      requestId: 0x12345678,
      bindings: [{ oid: "1.3.6.1.2.1.1.2.0" }],
    });
    expect(bindingOid(message.pdu.bindings[0]!)).toBe("1.3.6.1.4.1.8072.3.2.10");
    expect(toHex(encodeSnmp(message))).toBe(toHex(system));
    expect(decodeSnmp(fixture("snmp/sys-object-id-v1-netsnmp.hex"))).toMatchObject({ version: 0 });
  });

  it.each(["report-netsnmp", "sys-object-id-v2c-netsnmp"])("refuse every truncation of %s", (name) => {
    expectEveryTruncationRefused(decodeSnmp, fixture(`snmp/${name}.hex`));
  });

  it("meet any bytes with a message or a WireError", () => {
    for (const bytes of [report, system, DISCOVERY]) expectOnlyWireErrors(decodeSnmp, bytes);
  });

  it("refuse what they do not speak", () => {
    const encrypted = report.slice();
    const at = toHex(report).indexOf("040100020103") / 2;
    encrypted[at + 2] = 0x03;
    expect(wireErrorOf(() => decodeSnmp(encrypted))?.message).toContain("an encrypted message");
    const version2 = encodeSequence(encodeInteger(2), encodeOctets("x"), encodeInteger(0));
    expect(wireErrorOf(() => decodeSnmp(version2))?.code).toBe("unsupported");
    const set = system.slice();
    set[20] = 0xa3;
    expect(wireErrorOf(() => decodeSnmp(set))?.code).toBe("unsupported");
    expect(wireErrorOf(() => decodeSnmp(Uint8Array.of(...system, 0)))?.code).toBe("malformed");
  });

  it("refuse more variables than an answer has", () => {
    const many = Array<string>(65).fill("1.3.6");
    const bytes = encodeSnmp(getV2c(new Uint8Array(0), 1, ...many));
    expect(wireErrorOf(() => decodeSnmp(bytes))?.code).toBe("limit");
  });

  it("place errors of the security parameters in the message", () => {
    const broken = report.slice();
    const at = toHex(report).indexOf("301f0411") / 2;
    broken[at] = 0x31;
    broken[at + 1] = 0x7f;
    const error = wireErrorOf(() => decodeSnmp(broken));
    expect(error?.message).toContain("security parameters");
    expect(error?.offset).toBeLessThan(broken.length);
  });
});

describe("what the numbers mean", () => {
  it.each([
    ["800000090300aabbccddee", 9, "Cisco"],
    ["80000137", 0, undefined],
    ["8000013703", 311, "Microsoft"],
    ["8000ffff01", 65_535, undefined],
  ])("engine %s is of enterprise %i, %s", (bytes, number, name) => {
    const enterprise = engineEnterprise(hex(bytes));
    expect(enterprise).toBe(number || undefined);
    expect(enterprise && enterpriseName(enterprise)).toBe(name);
  });

  it("an object identifier tells an enterprise only below 1.3.6.1.4.1", () => {
    expect(oidEnterprise("1.3.6.1.4.1.311.1.1.3.1.2")).toBe(311);
    expect(oidEnterprise("1.3.6.1.4.1.9")).toBe(9);
    expect(oidEnterprise("1.3.6.1.2.1.1")).toBeUndefined();
    expect(oidEnterprise("0.0")).toBeUndefined();
  });

  it("a value that is no object identifier is none", () => {
    expect(bindingOid({ oid: "1.3", tag: 0x81, contents: new Uint8Array(0) })).toBeUndefined();
  });

  it("errors and reports have names, as far as they are listed", () => {
    expect(errorStatusName(16)).toBe("authorizationError");
    expect(errorStatusName(99)).toBe("error 99");
    expect(reportName("1.3.6.1.6.3.15.1.1.3.0")).toBe("usmStatsUnknownUserNames");
    expect(reportName("1.3.6.1.2.1.1.1.0")).toBeUndefined();
  });
});
