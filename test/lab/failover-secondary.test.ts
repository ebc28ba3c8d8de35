/**
 * The shipped profile against a real Samba domain controller and a real chronyd, behind a router that misbehaves in
 * every way that a firewall or a bad line can. The whole matrix and the exit code are compared in each case.
 */
import { afterEach, describe, expect, inject, test } from "vitest";
import {
  allRows,
  type Condition,
  DCOM_TCP,
  DCOM_UDP,
  EPM,
  expectedExitCode,
  expectedMatrix,
  type LabRow,
  LDAP,
  type Matrix,
  NETBIOS,
  NTP,
  ROWS,
  seenMatrix,
} from "./expectations.ts";
import {
  ALL_PASSES,
  BLACK_HOLE,
  EVERY_20TH_LOST,
  type Fault,
  FIRST_OF_EVERY_FLOW_LOST,
  type Firewall,
  faultOn,
  ICMP_SILENCED,
  loadFirewall,
} from "./firewall.ts";
import {
  DC,
  DUAL_STACK_NAME,
  HALF_DEAD_NAME,
  MISSING_HOST,
  NO_ROUTE,
  setIcmpLimit,
  UNKNOWN_NAME,
} from "./namespaces.ts";
import { type ProbeRun, probe } from "./probe.ts";

const lab = inject("lab");

afterEach(() => loadFirewall(lab, ALL_PASSES));

async function probeBehind(firewall: Firewall, host: string, ...args: readonly string[]): Promise<ProbeRun> {
  await loadFirewall(lab, firewall);
  return probe(lab, ["--host", host, ...args]);
}

function expectRun(run: ProbeRun, matrix: Matrix): void {
  expect(seenMatrix(run.document)).toEqual(matrix);
  expect(run.exitCode).toBe(expectedExitCode(matrix));
  expect(run.document.summary.exitCode).toBe(run.exitCode);
}

/** Every port of the profile at once. */
const EVERY_ROW = ROWS.map((row) => row.match);
const FAULTS: readonly Fault[] = ["dropped", "reset", "admin-prohibited", "port-unreachable", "net-unreachable"];

describe.each(["v4", "v6"] as const)("IP%s", (family) => {
  const dc = DC[family];
  /** Samba speaks NetBIOS over IPv4 only: over IPv6 its host refuses the port. */
  const atDc: (condition: Condition) => (row: LabRow) => Condition = (condition) =>
    family === "v4" ? allRows(condition) : (row) => (row === NETBIOS ? "port-unreachable" : condition);

  test("all well", async () => {
    expectRun(await probeBehind(ALL_PASSES, dc), expectedMatrix(dc, atDc("well")));
  });

  test.each(FAULTS)("every row %s by the router", async (fault) => {
    const matrix = expectedMatrix(dc, fault === "reset" ? atDc(fault) : allRows(fault));
    expectRun(await probeBehind(faultOn(EVERY_ROW, fault), dc), matrix);
  });

  test("black hole", async () => {
    expectRun(await probeBehind(BLACK_HOLE, dc), expectedMatrix(dc, allRows("dropped")));
  });

  test("the first packet of every flow lost", async () => {
    const run = await probeBehind(FIRST_OF_EVERY_FLOW_LOST, dc);
    expectRun(run, expectedMatrix(dc, atDc("well")));
    const ntp = run.document.results.find((result) => result.check === NTP.check);
    expect(ntp, "a resend decided it").toMatchObject({ firstTry: false });
  });

  test("every 20th packet lost", async () => {
    expectRun(await probeBehind(EVERY_20TH_LOST, dc), expectedMatrix(dc, atDc("well")));
  });

  test("ICMP silenced", async () => {
    const silent = new Map<LabRow, Condition>([
      [NETBIOS, "dropped"],
      [DCOM_UDP, "dropped"],
    ]);
    expectRun(await probeBehind(ICMP_SILENCED, dc), expectedMatrix(dc, allRows("well", silent)));
  });

  test("missing host", async () => {
    const missing = MISSING_HOST[family];
    expectRun(await probeBehind(ALL_PASSES, missing), expectedMatrix(missing, allRows("host-unreachable")));
  });

  test("no route here", async () => {
    const nowhere = NO_ROUTE[family];
    expectRun(await probeBehind(ALL_PASSES, nowhere), expectedMatrix(nowhere, allRows("no-route")));
  });
});

describe("a fault of one row leaves the others alone", () => {
  test.each([
    // A required row that fails, fails the run.
    { row: LDAP, fault: "dropped", exitCode: 1 },
    { row: NTP, fault: "port-unreachable", exitCode: 1 },
    // Without its reply there are no leads.
    { row: EPM, fault: "reset", exitCode: 1 },
    // Nobody requires this row: it fails the run only where the network itself says that it blocks it.
    { row: NETBIOS, fault: "admin-prohibited", exitCode: 1 },
    { row: NETBIOS, fault: "port-unreachable", exitCode: 3 },
    // The leads fail with the range that they lie in, and move nothing.
    { row: DCOM_TCP, fault: "dropped", exitCode: 3 },
    { row: DCOM_UDP, fault: "admin-prohibited", exitCode: 1 },
  ] as const)("$row.check $fault", async ({ row, fault, exitCode }) => {
    const run = await probeBehind(faultOn([row.match], fault), DC.v4);
    expectRun(run, expectedMatrix(DC.v4, allRows("well", new Map([[row, fault]]))));
    expect(run.exitCode).toBe(exitCode);
  });

  test("one port of a range", async () => {
    const run = await probeBehind(faultOn(["tcp dport 5007"], "admin-prohibited"), DC.v4);
    const matrix = {
      ...expectedMatrix(DC.v4, allRows("well")),
      [`${DC.v4} ${DCOM_TCP.check}`]:
        "mixed unreachable unchecked fail open=5000-5002 closed=5003-5006,5008-5020 filtered=5007",
    };
    expectRun(run, matrix);
  });
});

describe("names", () => {
  test("every address of a name is a column of its own", async () => {
    const matrix = {
      ...expectedMatrix(DC.v4, allRows("well")),
      ...expectedMatrix(DC.v6, allRows("well", new Map([[NETBIOS, "port-unreachable"]]))),
    };
    expectRun(await probeBehind(ALL_PASSES, DUAL_STACK_NAME), matrix);
  });

  test("a dead address beside a living one fails the run", async () => {
    const matrix = {
      ...expectedMatrix(DC.v4, allRows("well")),
      ...expectedMatrix(MISSING_HOST.v4, allRows("host-unreachable")),
    };
    expectRun(await probeBehind(ALL_PASSES, HALF_DEAD_NAME), matrix);
  });

  test("a name without an address is an error, not a failure", async () => {
    const run = await probeBehind(ALL_PASSES, UNKNOWN_NAME);
    expectRun(run, expectedMatrix(null, allRows("no-name")));
    expect(run.exitCode).toBe(3);
    expect(run.stderr).not.toMatch(/^\s+at /m);
  });
});

describe("the exit code", () => {
  test("0 where every required row that is asked passes", async () => {
    const run = await probeBehind(ALL_PASSES, DC.v4, "--skip", "tcp/5000-5020", "--skip", "udp/5000-5020");
    expect(run.exitCode).toBe(0);
  });
});

describe("the host limits its ICMP errors to six, then one a second", () => {
  afterEach(() => setIcmpLimit(lab.dc, "lifted"));

  test("a closed port is never taken for a silent one", async () => {
    await setIcmpLimit(lab.dc, "default");
    expectRun(await probeBehind(ALL_PASSES, DC.v4), expectedMatrix(DC.v4, allRows("well")));
  });
});
