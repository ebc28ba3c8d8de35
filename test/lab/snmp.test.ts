/** net-snmp's agent: discovered without a secret, and asked with a community that is right or wrong. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { DC, EMPTY } from "./addresses.ts";
import { askProfile, askRows } from "./ask-profile.ts";
import { type Daemon, endDaemon } from "./command.ts";
import { test } from "./lane.ts";
import { COMMUNITY, startSnmpd } from "./snmpd.ts";
import { dissected } from "./tshark.ts";

const COMMUNITY_ROW = ["{service: SNMP, ports: [udp/161], prober: snmp, params: {community: snmp-community}}"];

let folder: string;
let snmpd: Daemon;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-snmp-"));
  snmpd = await startSnmpd({ namespace: inject("lab").dc, address: DC }, folder);
});

afterAll(async () => {
  await endDaemon(snmpd);
  await rm(folder, { recursive: true, force: true });
});

describe.each(["v4", "v6"] as const)("over IP%s", (family) => {
  test("version 3 tells who answers, to nobody", async ({ lane }) => {
    const asked = await askProfile(lane, "snmp-to-unity", DC[family]);
    expect(asked.of("snmp/udp/161")).toMatchObject({
      state: "open",
      reason: "protocol-reply",
      serviceState: "confirmed",
      outcome: "pass",
      evidence: { version: "3", vendor: "net-snmp", report: "usmStatsUnknownEngineIDs", engineBoots: 1 },
    });
    expect(asked.exitCode).toBe(0);
  });

  test("a right community tells the system", async ({ lane }) => {
    const asked = await askRows(lane, COMMUNITY_ROW, DC[family], [], { UNITY_PROBE_SECRET_SNMP_COMMUNITY: COMMUNITY });
    expect(asked.exitCode).toBe(0);
    const result = asked.of("snmp/udp/161");
    expect(result).toMatchObject({
      serviceState: "confirmed",
      outcome: "pass",
      evidence: { version: "2c", vendor: "net-snmp" },
    });
    expect(JSON.stringify(asked.results)).not.toContain(COMMUNITY);
  });
});

test("a wrong community is met with silence, which decides nothing", async ({ lane }) => {
  const asked = await askRows(lane, COMMUNITY_ROW, DC.v4, [], { UNITY_PROBE_SECRET_SNMP_COMMUNITY: "guessed-wrongly" });
  expect(asked.exitCode).toBe(3);
  expect(asked.of("snmp/udp/161")).toMatchObject({
    state: "open|filtered",
    reason: "no-response",
    serviceState: "silent",
    outcome: "inconclusive",
  });
});

test("where nobody listens the port is closed", async ({ lane }) => {
  const asked = await askProfile(lane, "snmp-to-unity", EMPTY.v4);
  expect(asked.of("snmp/udp/161")).toMatchObject({ state: "closed", outcome: "fail" });
});

test("tshark finds no fault in what is sent", async ({ lane }) => {
  const { frames, faults } = await dissected(lane, `ip.dst == ${DC.v4} && snmp`, 2, async () => {
    await askProfile(lane, "snmp-to-unity", DC.v4);
    await askRows(lane, COMMUNITY_ROW, DC.v4, [], { UNITY_PROBE_SECRET_SNMP_COMMUNITY: COMMUNITY });
  });
  expect(frames).toHaveLength(2);
  expect(frames[0]).toContain("get-request");
  expect(frames[1]).toContain("get-request 1.3.6.1.2.1.1.2.0");
  expect(faults).toEqual([]);
});
