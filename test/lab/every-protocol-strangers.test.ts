/**
 * Every row that asks a protocol of its own, where no server of it is reached: another protocol is a mismatch that shows
 * its first words, nothing that stays silent, closes or resets is ever green under `service`, and a firewall is named.
 */
import { describe, expect } from "vitest";
import { CLOSES, DEAF, EMPTY, RESETS, SILENT, SSH_BANNER } from "./addresses.ts";
import { askProfile, type Result } from "./ask-profile.ts";
import { loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { type Lane, routerAddresses } from "./namespaces.ts";

/** What the row does with a listener that does not say what was asked for: under `service`, what its silence means. */
type Without = "fail" | "inconclusive" | "accept" | "path";

/** By profile and check: each prober, in clear and inside TLS. */
const TCP_ROWS: Readonly<Record<string, Without>> = {
  "admin-to-unity iis-web-server-over-https/tcp/443": "fail",
  "admin-to-unity wts-or-rdp/tcp/3389": "fail",
  "exchange-to-exchange smtp/tcp/25": "fail",
  "exchange-to-exchange message-routing/tcp/691": "inconclusive",
  "exchange-to-gc ldap/tcp/3268": "fail",
  "exchange-to-gc ldap-over-ssl/tcp/3269": "fail",
  "messenger-peer t-120/tcp/1503": "path",
  "ocs-edge-lb-external sip-web-conferences-and-stun-over-tls/tcp/443": "inconclusive",
  "ocs-edge-lb-external sip-over-mtls/tcp/5061": "inconclusive",
  "ocs-edge-lb-external stun/tcp/3478": "inconclusive",
  "ocs-front-end psom/tcp/8057": "accept",
  "unity-failover-pair microsoft-sql-server/tcp/1433": "fail",
  "unity-to-cucm sccp/tcp/2000": "accept",
  "unity-to-cucm sccp-over-tls/tcp/2443": "accept",
  "unity-to-cucm cucm-web-server/tcp/8443": "fail",
  "unity-to-dns dns/tcp/53": "fail",
  "unity-to-sip sip/tcp/5060": "fail",
  "vnc-to-unity vnc/tcp/5900": "inconclusive",
};

/** Nobody is asked for SCCP: a listener is one by what it says unasked, or not at all. */
const SCCP = "unity-to-cucm sccp/tcp/2000";

/** What silence means to each. */
const UDP_ROWS: Readonly<Record<string, "fail" | "inconclusive">> = {
  "ocs-edge-lb-external stun/udp/3478": "inconclusive",
  "snmp-to-unity snmp/udp/161": "inconclusive",
  "um-gateway-to-um sip/udp/5060": "inconclusive",
  "unity-failover-pair microsoft-sql-server-browser/udp/1434": "inconclusive",
  "unity-to-dns dns/udp/53": "fail",
};
const ALL_ROWS = [...Object.keys(TCP_ROWS), ...Object.keys(UDP_ROWS)];

/** Asks all of these in one run; the results in the order of the rows. */
async function askRows(lane: Lane, host: string, rows: readonly string[]): Promise<ReadonlyMap<string, Result>> {
  const [first, ...others] = new Set(rows.map((row) => row.split(" ")[0]!));
  const ports = new Set(rows.map((row) => row.split("/").slice(1).join("/")));
  const args = [...others].flatMap((profile) => ["--profile", profile]);
  const only = [...ports].flatMap((port) => ["--only", port]);
  const { results } = await askProfile(lane, first!, host, [
    ...args,
    ...only,
    "--with",
    "rdp",
    "--with",
    "lookup-rows",
  ]);
  const found = new Map(results.map((one) => [`${one.profile} ${one.check}`, one]));
  return new Map(rows.map((row) => [row, found.get(row)!]));
}

/** Of the three words that a cell is made of the ones that matter here. */
function cellOf({ state, reason, serviceState, outcome }: Result): string {
  return `${state} ${reason} ${serviceState} ${outcome}`;
}

describe.each(["v4", "v6"] as const)("another protocol over IP%s", (family) => {
  test("is a mismatch that shows its first words", async ({ lane }) => {
    const asked = await askRows(lane, SSH_BANNER[family], ALL_ROWS);
    for (const [row, result] of asked) {
      const without = TCP_ROWS[row];
      const isGreen = without === "accept" || without === "path";
      expect(cellOf(result), row).toBe(`open mismatch mismatch ${isGreen ? "pass" : "fail"}`);
      expect(result.detail, row).toContain('it says "SSH-2.0-OpenSSH_9.2p1');
      if (isGreen) expect(result.warnings, row).toContain("the port answers, but another protocol than the row's");
    }
  });
});

describe("a listener that has nothing to say", () => {
  test("silent", async ({ lane }) => {
    const asked = await askRows(lane, SILENT.v4, Object.keys(TCP_ROWS));
    for (const [row, result] of asked) {
      if (row === SCCP) continue;
      const without = TCP_ROWS[row]!;
      const outcome = without === "accept" || without === "path" ? "pass" : without;
      expect(cellOf(result), row).toBe(`open no-response silent ${outcome}`);
    }
    expect(cellOf(asked.get(SCCP)!)).toBe("open syn-ack unchecked pass");
  });

  test.for([
    { what: "closes", host: CLOSES },
    { what: "resets", host: RESETS },
  ])("$what at once", async ({ host }, { lane }) => {
    const asked = await askRows(lane, host.v4, ALL_ROWS);
    for (const [row, without] of Object.entries(TCP_ROWS)) {
      // Rule 6: under `accept` and `path` an accept that was taken back may be a box's on the way.
      const outcome = without === "fail" ? "fail" : "inconclusive";
      expect(cellOf(asked.get(row)!), row).toBe(`open rst-after-accept silent ${outcome}`);
    }
    for (const row of Object.keys(UDP_ROWS)) {
      expect(cellOf(asked.get(row)!), row).toBe("closed port-unreach unchecked fail");
      expect(asked.get(row)!.offender, row).toEqual({ address: host.v4, icmpType: 3, icmpCode: 3 });
    }
  });
});

describe("a firewall", () => {
  test("that says so is named", async ({ lane }) => {
    const toHost = `iifname "agent" ip daddr ${EMPTY.v4} meta l4proto { tcp, udp }`;
    await loadFirewall(lane, [`add rule inet lab forward ${toHost} reject with icmpx type admin-prohibited`]);
    for (const [row, result] of await askRows(lane, EMPTY.v4, ALL_ROWS)) {
      expect(cellOf(result), row).toBe("filtered admin-prohibited unchecked fail");
      expect(result.offender, row).toEqual({ address: routerAddresses(lane).v4, icmpType: 3, icmpCode: 13 });
    }
  });

  test("of the host that drops everything leaves silence", async ({ lane }) => {
    const asked = await askRows(lane, DEAF.v4, ALL_ROWS);
    for (const [row, without] of Object.entries(TCP_ROWS)) {
      // Windows drops where nothing listens, so that this says nothing about the path.
      const outcome = without === "path" ? "inconclusive" : "fail";
      expect(cellOf(asked.get(row)!), row).toBe(`filtered no-response unchecked ${outcome}`);
    }
    for (const [row, outcome] of Object.entries(UDP_ROWS)) {
      expect(cellOf(asked.get(row)!), row).toBe(`open|filtered no-response silent ${outcome}`);
    }
  });
});
