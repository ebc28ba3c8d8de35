/** A fault that meets some rows only: the others stay as they are, and rows explain each other. */
import { describe, expect } from "vitest";
import { DC } from "./addresses.ts";
import { allRows, type Condition, expectedMatrix } from "./expectations.ts";
import { type Fault, faultOn, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import type { Lane } from "./namespaces.ts";
import { expectRun, type ProbeRun, probe } from "./probe.ts";
import * as rows from "./rows.ts";
import { DCOM_TCP, DCOM_UDP, type LabRow, ROWS } from "./rows.ts";

/** Runs the profile with a fault on these rows. The UDP range, which takes longest, is left out where it is well. */
async function probeWithFault(lane: Lane, faulty: readonly LabRow[], fault: Fault): Promise<ProbeRun> {
  await loadFirewall(lane, faultOn(faulty, fault));
  const run = await probe(lane, DC.v4, ...(faulty.includes(DCOM_UDP) ? [] : ["--skip", "udp/5000-5020"]));
  const conditions = new Map<LabRow, Condition>([[DCOM_UDP, "left-out"]]);
  for (const row of faulty) conditions.set(row, fault);
  expectRun(run, expectedMatrix(DC.v4, allRows("well", conditions)));
  return run;
}

describe("a fault of one row leaves the others alone", () => {
  test.for(ROWS.filter(({ required }) => required))("$check", async (row, { lane }) => {
    // The silence of a UDP path is nobody's fault; any other required row that is silent fails the run.
    expect(await probeWithFault(lane, [row], "dropped")).toMatchObject({ exitCode: row === DCOM_UDP ? 3 : 1 });
  });

  test.for([
    // Without its reply there are no leads.
    { row: rows.EPM, fault: "reset", exitCode: 1 },
    // Nobody requires this row: it fails the run only where the network itself says that it blocks it.
    { row: rows.NETBIOS_DATAGRAM, fault: "admin-prohibited", exitCode: 1 },
    { row: rows.NETBIOS_DATAGRAM, fault: "port-unreachable", exitCode: 1 },
    { row: DCOM_UDP, fault: "admin-prohibited", exitCode: 1 },
  ] as const)("$row.check $fault", async ({ row, fault, exitCode }, { lane }) => {
    expect(await probeWithFault(lane, [row], fault)).toMatchObject({ exitCode });
  });

  test("one port of a range", async ({ lane }) => {
    await loadFirewall(lane, faultOn([{ ...DCOM_TCP, ports: "5007" }], "admin-prohibited"));
    const matrix = {
      ...expectedMatrix(DC.v4, allRows("well")),
      [`${DC.v4} ${DCOM_TCP.check}`]:
        "mixed admin-prohibited unchecked fail open=5000-5002 closed=5003-5006,5008-5020 filtered=5007 by=router/3/13=5007",
    };
    expectRun(await probe(lane, DC.v4), matrix);
  });
});

describe("rows explain each other", () => {
  test.for([
    { silent: rows.KERBEROS_UDP, hint: "tcp/88 answers: a UDP rule is missing?" },
    { silent: rows.KPASSWD_UDP, hint: "tcp/464 answers: a UDP rule is missing?" },
    { silent: rows.LDAP, hint: "udp/389 answers: a TCP rule is missing?" },
  ])("$silent.check", async ({ silent, hint }, { lane }) => {
    const { document } = await probeWithFault(lane, [silent], "dropped");
    expect(document.results.find(({ check }) => check === silent.check)?.detail).toContain(hint);
  });

  test("Kerberos is proven by a realm that cannot exist where LDAP tells none", async ({ lane }) => {
    const { document } = await probeWithFault(lane, [rows.LDAP, rows.LDAP_PING, rows.LDAPS], "dropped");
    const kerberos = document.results.find(({ check }) => check === rows.KERBEROS_TCP.check);
    expect(kerberos?.evidence).toMatchObject({ realm: "UNITY-PROBE.INVALID", realmFrom: "made up" });
  });
});
