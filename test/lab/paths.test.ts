/** The domain controller behind boxes that answer for it, and at the end of a long line. */
import { describe, expect } from "vitest";
import { DC } from "./addresses.ts";
import { withDelay } from "./delay.ts";
import { allRows, type Condition, expectedMatrix } from "./expectations.ts";
import { loadSynProxy } from "./firewall.ts";
import { test } from "./lane.ts";
import { expectRun, probe } from "./probe.ts";
import { DCOM_TCP, KERBEROS_UDP, type LabRow } from "./rows.ts";

describe.each(["v4", "v6"] as const)("IP%s", (family) => {
  const dc = DC[family];

  test("a SYN proxy: services are proven, bare accepts are not", async ({ lane }) => {
    await loadSynProxy(lane);
    // nft's synproxy drops SYNs over IPv6 whose checksum no device is left to compute (Linux 6.18): raw ones, and the
    // kernel's own once offloading is off.
    const run = await probe(lane, dc, "--engine", "connect");
    const unreliable = new Map<LabRow, Condition>([[DCOM_TCP, "accepts-all"]]);
    expectRun(run, expectedMatrix(dc, allRows("well", unreliable), "well"));
    expect(run.document.findings.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(`^${dc} accepts TCP connections on ports that no row lists`),
    );
  });

  test("200 ms away", async ({ lane }) => {
    await withDelay(lane, 100, async () => {
      const run = await probe(lane, dc);
      expectRun(run, expectedMatrix(dc, allRows("well")));
      const kerberos = run.document.results.find(({ check }) => check === KERBEROS_UDP.check);
      expect(kerberos).toMatchObject({ attempts: 1, firstTry: true });
      expect(kerberos!.rttMs).toBeGreaterThanOrEqual(200);
    });
  });
});
