import { describe, expect, it } from "vitest";
import type { World } from "../../src/model/prober.ts";
import { loadProber } from "../../src/probers/index.ts";
import { snmp } from "../../src/probers/snmp.ts";
import { type CommunityMessage, decodeSnmp, encodeSnmp, type Pdu, type V3Message } from "../../src/wire/snmp.ts";
import { fixture } from "../wire/support.ts";
import { snmpRefusal, snmpReport } from "./snmp-replies.ts";
import { begin } from "./transaction.ts";

const COMMUNITY = "lab-read-only";
const remote = { transport: "udp", address: "192.0.2.1", port: 161 } as const;

const world: World = {
  monotonicMs: () => 0,
  wallMs: () => 0,
  sleep: () => Promise.resolve(),
  randomBytes: (length) => new Uint8Array(length).fill(0x5b),
  secret: (name) => (name === "community" ? { bytes: new TextEncoder().encode(COMMUNITY), version: "1" } : undefined),
};

/** A transaction with a community, and what is made of net-snmp's answer to it. */
function withCommunity() {
  const transaction = snmp.start({ community: "community" }, { host: "h", remote, learned: {}, world }, remote);
  const request = decodeSnmp(transaction.request(0)!) as CommunityMessage;
  const read = (how: { readonly community?: string; readonly version?: 0 | 1; readonly pdu?: Partial<Pdu> } = {}) => {
    const captured = decodeSnmp(fixture("snmp/sys-object-id-v2c-netsnmp.hex")) as CommunityMessage;
    const community = new TextEncoder().encode(how.community ?? COMMUNITY);
    const pdu = { ...captured.pdu, requestId: request.pdu.requestId, ...how.pdu };
    return transaction.read(encodeSnmp({ version: how.version ?? 1, community, pdu }), remote, 0);
  };
  return { request, read };
}

describe("without a community", () => {
  it("an engine is discovered by a message of nobody, the same in each send", async () => {
    const { request, resend } = await begin("snmp", "udp");
    expect(decodeSnmp(request)).toMatchObject({ version: 3, flags: 4, pdu: { type: "get", bindings: [] } });
    expect((decodeSnmp(request) as V3Message).userName).toHaveLength(0);
    expect(resend).toEqual(request);
    expect(request.length).toBeLessThanOrEqual(64);
  });

  it("net-snmp's report tells vendor, boots and uptime", async () => {
    const { request, read } = await begin("snmp", "udp");
    expect(read(snmpReport(request))).toEqual({
      final: {
        service: "confirmed",
        detail: "SNMP engine of net-snmp, up 0 s, boots 1",
        evidence: {
          version: "3",
          engineId: "80001f8880e6cca34e6ab8016b00000000",
          engineBoots: 1,
          engineUptimeS: 0,
          vendor: "net-snmp",
          report: "usmStatsUnknownEngineIDs",
        },
      },
    });
  });

  it.each([
    [59, "59 s"],
    [61, "1 min"],
    [3_700, "1 h 1 min"],
    [90_000, "1 d 1 h"],
  ])("%i s of uptime read %s", async (engineTimeS, text) => {
    const { request, read } = await begin("snmp", "udp");
    expect(read(snmpReport(request, { engineTimeS })).final?.detail).toContain(`up ${text},`);
  });

  it("an engine of nobody known is named by its number, and one without an id not at all", async () => {
    const { request, read } = await begin("snmp", "udp");
    const unknown = Uint8Array.of(0x80, 0, 0xff, 0xff, 1);
    expect(read(snmpReport(request, { engineId: unknown })).final?.evidence).toMatchObject({
      vendor: "enterprise 65535",
    });
    const bare = read(snmpReport(request, { engineId: new Uint8Array(0) })).final;
    expect(bare).toMatchObject({ service: "confirmed", detail: expect.stringContaining("an SNMP engine,") });
    expect(bare?.evidence).not.toHaveProperty("engineId");
  });

  it.each([
    ["1.3.6.1.6.3.11.2.1.1.0", "snmpUnknownSecurityModels"],
    ["1.3.6.1.6.3.15.1.1.3.0", "usmStatsUnknownUserNames"],
    ["1.3.6.1.9.9.9", "1.3.6.1.9.9.9"],
  ])("the report %s is a refusal, %s", async (counter, name) => {
    const { request, read } = await begin("snmp", "udp");
    expect(read(snmpRefusal(request, counter)).final).toMatchObject({
      service: "refused",
      detail: `answers: ${name} (the agent answers, and refuses)`,
      evidence: { report: name },
    });
  });

  it("what answers something else is passed over", async () => {
    const { request, read } = await begin("snmp", "udp");
    expect(read(snmpReport(request, { messageId: 77 }))).toEqual({});
    const { pdu } = decodeSnmp(snmpReport(request));
    expect(read(snmpReport(request, { pdu: { ...pdu, type: "response" } }))).toEqual({});
    expect(read(fixture("snmp/sys-object-id-v2c-netsnmp.hex"))).toEqual({});
    expect(read(request)).toEqual({});
    expect(read(Uint8Array.of(0x30, 0)).soFar?.service).toBe("mismatch");
  });

  it("no community is guessed, also where the row's one was not given", () => {
    const without = { ...world, secret: () => undefined };
    const transaction = snmp.start(
      { community: "community" },
      { host: "h", remote, learned: {}, world: without },
      remote,
    );
    expect(decodeSnmp(transaction.request(0)!).version).toBe(3);
  });
});

describe("with a community", () => {
  it("sysObjectID is asked for, in version 2c", () => {
    const { request, read } = withCommunity();
    expect(request).toMatchObject({ version: 1, pdu: { type: "get", bindings: [{ oid: "1.3.6.1.2.1.1.2.0" }] } });
    expect(Buffer.from(request.community).toString()).toBe(COMMUNITY);
    expect(read()).toEqual({
      final: {
        service: "confirmed",
        detail: "sysObjectID 1.3.6.1.4.1.8072.3.2.10, net-snmp",
        evidence: { version: "2c", sysObjectId: "1.3.6.1.4.1.8072.3.2.10", vendor: "net-snmp" },
      },
    });
  });

  it("an error is a refusal, and a view without the variable none", () => {
    const { read } = withCommunity();
    expect(read({ pdu: { errorStatus: 16 } }).final).toMatchObject({
      service: "refused",
      evidence: { error: "authorizationError" },
    });
    const noSuchObject = { oid: "1.3.6.1.2.1.1.2.0", tag: 0x80, contents: new Uint8Array(0) };
    expect(read({ pdu: { bindings: [noSuchObject] } }).final).toMatchObject({
      service: "confirmed",
      detail: "takes the community, and shows no sysObjectID",
    });
  });

  it.each([
    ["another request id", { pdu: { requestId: 5 } }],
    ["another community", { community: "public" }],
    ["another version", { version: 0 }],
    ["no response", { pdu: { type: "get" } }],
  ] as const)("%s is passed over", (_, how) => {
    expect(withCommunity().read(how)).toEqual({});
  });

  it("a report of version 3 does not answer it", () => {
    const transaction = snmp.start({ community: "community" }, { host: "h", remote, learned: {}, world }, remote);
    expect(transaction.read(fixture("snmp/report-netsnmp.hex"), remote, 0)).toEqual({});
  });
});

it("the community is a secret that goes out in clear, and says so", async () => {
  const { params, silence } = await loadProber("snmp");
  expect(params.community).toMatchObject({ type: "secret", sentInClear: true });
  expect(silence).toBe("inconclusive");
});
