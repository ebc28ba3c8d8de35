/**
 * The shipped profile against a real Samba domain controller and a real chronyd, behind a router that misbehaves in
 * every way that a firewall or a bad line can. The whole matrix and the exit code are compared in each case.
 */
import { describe, expect, inject } from "vitest";
import type { ResultEntry } from "../../src/report/document.ts";
import {
  DC,
  DUAL_STACK_NAME,
  HALF_DEAD_NAME,
  HALF_ROUTED_NAME,
  MISSING_HOST,
  NO_ROUTE,
  UNKNOWN_NAME,
} from "./addresses.ts";
import { allRows, byTransport, type Condition, expectedMatrix, type Matrix } from "./expectations.ts";
import {
  BLACK_HOLE,
  EVERY_20TH_LOST,
  type Fault,
  FIRST_OF_EVERY_FLOW_LOST,
  faultOn,
  ICMP_SILENCED,
  loadFirewall,
} from "./firewall.ts";
import { test } from "./lane.ts";
import { setIcmpLimit } from "./namespaces.ts";
import { expectRun, type ProbeRun, probe } from "./probe.ts";
import { DCOM_UDP, type LabRow, NETBIOS_DATAGRAM, NTP, ROWS } from "./rows.ts";
import { seenMatrix } from "./seen.ts";

/** Single rows are asked side by side, and so are the ranges after them. */
function expectSideBySide({ wallMs, document }: ProbeRun, family: string): void {
  const rows = document.results.filter(({ canary }) => canary !== true);
  const [single, range] = [false, true].map((isRange) => {
    const slowestFirst = rows
      .filter((one) => (one.range !== undefined) === isRange)
      .sort((a, b) => b.durationMs - a.durationMs);
    return slowestFirst[0]!;
  }) as [ResultEntry, ResultEntry];
  const facts = [single, range].map(
    ({ check, durationMs, timeoutMs }) => `${check} ${Math.round(durationMs)} of ${timeoutMs} ms`,
  );
  process.stdout.write(`black hole, IP${family}: ${Math.round(wallMs)} ms; slowest ${facts.join(", ")}\n`);
  expect(wallMs).toBeLessThan(single.durationMs + range.durationMs + 25_000);
}

const FAULTS: readonly Fault[] = ["dropped", "reset", "admin-prohibited", "port-unreachable", "net-unreachable"];

/**
 * A router that looks for a missing host has an answer after three seconds, and when it gives up on a crowd of packets it
 * withholds some. A TCP row is filtered all the same, by silence (rule 10); UDP rows and ports stay open|filtered.
 */
function withheldAlike(matrix: Matrix): Matrix {
  const cells = Object.entries(matrix).map(([key, cell]) => {
    const alike = key.endsWith(DCOM_UDP.check)
      ? UDP_RANGE_WITHHELD
      : key.includes("/udp/")
        ? UDP_WITHHELD
        : TCP_WITHHELD;
    return [key, cell.replace(alike, "filtered or silent")];
  });
  return Object.fromEntries(cells) as Matrix;
}

const TCP_WITHHELD = /^filtered (?:host-unreach|no-response) unchecked fail(?: by=router\/\d\/\d)?$/;
const UDP_WITHHELD =
  /^(?:filtered host-unreach unchecked \w+ by=router\/\d\/\d|open\|filtered no-response silent \w+)$/;
const UDP_RANGE_WITHHELD = /^(?:mixed|filtered|open\|filtered) (?:host-unreach|no-response) unchecked \w+ .*=.*$/;

describe.each(["v4", "v6"] as const)("IP%s", (family) => {
  const dc = DC[family];

  test("all well: every row is proven, and the run exits 0", async ({ lane }) => {
    const run = await probe(lane, dc);
    expectRun(run, expectedMatrix(dc, allRows("well")));
    expect(run.exitCode).toBe(0);
  });

  test.for(FAULTS)("every row %s by the router", async (fault, { lane }) => {
    await loadFirewall(lane, faultOn(ROWS, fault));
    // A reset leaves UDP as it is.
    const met = fault === "reset" ? byTransport("reset", "well") : allRows(fault);
    expectRun(await probe(lane, dc), expectedMatrix(dc, met));
  });

  test("black hole", async ({ lane }) => {
    await loadFirewall(lane, BLACK_HOLE);
    const run = await probe(lane, dc);
    expectRun(run, expectedMatrix(dc, allRows("black-hole")));
    expectSideBySide(run, family);
  });

  test("the first packet of every flow lost", async ({ lane }) => {
    await loadFirewall(lane, FIRST_OF_EVERY_FLOW_LOST);
    const run = await probe(lane, dc);
    expectRun(run, expectedMatrix(dc, allRows("well")));
    const ntp = run.document.results.find((result) => result.check === NTP.check);
    expect(ntp, "a resend decided it").toMatchObject({ firstTry: false });
  });

  test("every 20th packet lost", async ({ lane }) => {
    await loadFirewall(lane, EVERY_20TH_LOST);
    expectRun(await probe(lane, dc), expectedMatrix(dc, allRows("well")));
  });

  test("ICMP silenced", async ({ lane }) => {
    await loadFirewall(lane, ICMP_SILENCED);
    const silent = new Map<LabRow, Condition>([
      [NETBIOS_DATAGRAM, "dropped"],
      [DCOM_UDP, "dropped"],
    ]);
    expectRun(await probe(lane, dc), expectedMatrix(dc, allRows("well", silent)));
  });

  test("missing host", async ({ lane }) => {
    const missing = MISSING_HOST[family];
    const run = await probe(lane, missing);
    const expected = expectedMatrix(missing, allRows("host-unreachable"));
    expect(withheldAlike(seenMatrix(run.document, lane))).toEqual(withheldAlike(expected));
    expect(run.exitCode).toBe(1);
  });

  test("no route here", async ({ lane }) => {
    const nowhere = NO_ROUTE[family];
    expectRun(await probe(lane, nowhere), expectedMatrix(nowhere, allRows("no-route")));
  });
});

describe("names", () => {
  test("every address of a name is a column of its own", async ({ lane }) => {
    const matrix = {
      ...expectedMatrix(DC.v4, allRows("well")),
      ...expectedMatrix(DC.v6, allRows("well")),
    };
    const run = await probe(lane, DUAL_STACK_NAME);
    expectRun(run, matrix);
    expect(run.exitCode).toBe(0);
  });

  test("a dead address beside a living one fails the run", async ({ lane }) => {
    const matrix = {
      ...expectedMatrix(DC.v4, allRows("well")),
      ...expectedMatrix(MISSING_HOST.v4, allRows("host-unreachable")),
    };
    const run = await probe(lane, HALF_DEAD_NAME);
    expect(withheldAlike(seenMatrix(run.document, lane))).toEqual(withheldAlike(matrix));
    expect(run.exitCode).toBe(1);
  });

  test("an address whose family has no route here moves nothing", async ({ lane }) => {
    const run = await probe(lane, HALF_ROUTED_NAME);
    const matrix = {
      ...expectedMatrix(DC.v4, allRows("well")),
      ...expectedMatrix(NO_ROUTE.v6, allRows("left-out")),
    };
    expectRun(run, matrix);
    expect(run.exitCode).toBe(0);
    expect(run.document.results.filter(({ address, required }) => required && address === NO_ROUTE.v6)).toEqual([]);
  });

  test("a name without an address is an error, not a failure", async ({ lane }) => {
    const run = await probe(lane, UNKNOWN_NAME);
    expectRun(run, expectedMatrix(null, allRows("no-name")));
    expect(run.exitCode).toBe(3);
    expect(run.stderr).not.toMatch(/^\s+at /m);
  });
});

test("a dead address covered by --any-address moves no exit code", async ({ lane }) => {
  expect(await probe(lane, HALF_DEAD_NAME, "--any-address")).toMatchObject({ exitCode: 0 });
});

// Alone, because the limit holds for every lane.
describe.sequential("the host limits its ICMP errors to six, then one a second", () => {
  const { dc } = inject("lab");

  test("a closed port is never taken for a silent one", async ({ lane }) => {
    await setIcmpLimit(dc, "default");
    try {
      expectRun(await probe(lane, DC.v4), expectedMatrix(DC.v4, allRows("well")));
    } finally {
      await setIcmpLimit(dc, "lifted");
    }
  });
});
