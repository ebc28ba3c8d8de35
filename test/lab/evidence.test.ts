/** What a person wants to see of a healthy domain controller: each row is proven by its own protocol, with its facts. */
import { expect } from "vitest";
import type { Evidence } from "../../src/model/evidence.ts";
import { DC, DUAL_STACK_NAME } from "./addresses.ts";
import { faultOn, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { probe } from "./probe.ts";
import type { LabRow } from "./rows.ts";
import * as rows from "./rows.ts";
import { RPC_PORTS } from "./samba.ts";

/** Both ends have one clock; what remains is the time that an answer takes. */
const NOW = expect.toSatisfy((offsetMs: number) => Math.abs(offsetMs) < 5_000);

const KERBEROS: Evidence = {
  realm: "LAB.TEST",
  realmFrom: "learned",
  errorCode: 6,
  errorName: "KDC_ERR_C_PRINCIPAL_UNKNOWN",
  clockOffsetMs: NOW,
};
const KPASSWD: Evidence = { realm: "LAB.TEST", server: "kadmin/changepw@LAB.TEST", clockOffsetMs: NOW };
const ROOT_ENTRY: Evidence = {
  bindResult: "success",
  defaultNamingContext: "DC=lab,DC=test",
  dnsHostName: "dc01.lab.test",
  clockOffsetMs: NOW,
};

const FACTS: readonly (readonly [LabRow, Evidence])[] = [
  [rows.KERBEROS_TCP, { ...KERBEROS, principal: expect.stringMatching(/^unity-probe-[0-9a-f]{16}$/) }],
  [rows.KERBEROS_UDP, { ...KERBEROS, fragments: "not tested" }],
  [rows.KPASSWD_TCP, KPASSWD],
  [rows.KPASSWD_UDP, KPASSWD],
  [rows.LDAP, ROOT_ENTRY],
  [
    rows.LDAP_PING,
    {
      dnsHostName: "dc01.lab.test",
      domain: "lab.test",
      serverSite: "Default-First-Site-Name",
      flags: expect.arrayContaining(["PDC", "GC", "KDC", "LDAP"]),
    },
  ],
  [
    rows.LDAPS,
    {
      ...ROOT_ENTRY,
      tlsVersion: "TLSv1.3",
      tlsCipher: expect.stringMatching(/^TLS_/),
      certificateSubject: expect.stringContaining("CN=DC01.lab.test"),
    },
  ],
  [rows.NETBIOS_NAME, { names: expect.arrayContaining(["DC01<20>", "LAB<1b>", "LAB<1c> group"]) }],
  [rows.NETBIOS_SESSION, { session: "positive" }],
  [rows.SMB, { dialect: "3.0.2", signingRequired: true, clockOffsetMs: NOW }],
  [rows.NTP, { stratum: 8, synchronised: true, offsetMs: NOW }],
  [rows.EPM, { endpoints: expect.toSatisfy((count: number) => count >= RPC_PORTS.length), tcpPorts: [...RPC_PORTS] }],
];

test.for(["v4", "v6"] as const)(
  "a reset that the router forged is closed, and its hops tell, IP%s",
  async (family, { lane }) => {
    await loadFirewall(lane, faultOn([rows.LDAP, rows.SMB], "reset"));
    const { document } = await probe(lane, DC[family]);
    const warned = document.results.filter(({ warnings }) => warnings.some((text) => text.includes("forged")));
    expect(warned.map(({ check, state, reason }) => ({ check, state, reason }))).toEqual(
      [rows.LDAP, rows.SMB].map(({ check }) => ({ check, state: "closed", reason: "conn-refused" })),
    );
    const word = family === "v4" ? "TTL" : "hop limit";
    expect(warned[0]!.warnings).toContainEqual(
      `2 resets (389,445) carry another ${word} (64) than the host's own answers (63): probably forged by a firewall on the way`,
    );
  },
);

test("every service is proven with its evidence", async ({ lane }) => {
  const { document, exitCode } = await probe(lane, DC.v4, "--skip", "tcp/5000-5020", "--skip", "udp/5000-5020");
  expect(exitCode).toBe(0);
  const seen = new Map(document.results.map((result) => [result.check, result]));
  for (const [row, facts] of FACTS) {
    expect(seen.get(row.check)?.evidence, row.check).toMatchObject(facts);
  }
  expect(seen.get(rows.LDAPS.check)?.warnings).toEqual([
    expect.stringContaining("the certificate is not trusted here"),
    expect.stringContaining(`asked for ${DC.v4}, it names`),
  ]);
});

test("the realm of a name is its domain", async ({ lane }) => {
  const { document } = await probe(lane, DUAL_STACK_NAME, "--only", "Kerberos");
  const asked = document.results.filter(({ prober, outcome }) => prober === "kerberos" && outcome === "pass");
  expect(asked).toHaveLength(4);
  for (const { evidence } of asked) expect(evidence).toMatchObject({ realm: "LAB.TEST", realmFrom: "host name" });
});

test("what stands behind the ports of the range is named", async ({ lane }) => {
  const { document } = await probe(lane, DC.v4, "--skip", "udp/5000-5020");
  const range = document.results.find(({ check }) => check === rows.DCOM_TCP.check);
  expect(range?.detail).toMatch(/^3 open \(5000 \S+, 5001 \S+( \+\d+)?, 5002 \S+( \+\d+)?\), 18 closed, 0 filtered/);
  // All of them lie inside.
  expect(document.findings).toEqual([]);
});
