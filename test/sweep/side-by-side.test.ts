import { describe, expect, it } from "vitest";
import type { Icmp, SweepJob, SweepSeen } from "../../src/model/observation.ts";
import type { Sweeper } from "../../src/model/parts.ts";
import { isWorthSharing, sweepSideBySide } from "../../src/sweep/side-by-side.ts";
import { job, never } from "./sweeping.ts";

const ROUTERS: readonly Icmp[] = ["10.0.0.1", "10.0.0.2"].map((from) => ({ type: 3, code: 13, from }));

/** Sees in each port its last digit as code and hop limit; the router of every tenth port rejected it. */
function sweeper(jobs: SweepJob[], more: Partial<SweepSeen> = {}): Sweeper {
  return {
    async sweep(asked, onProgress) {
      jobs.push(asked);
      // Each has the table in another order.
      const offenders = jobs.length % 2 === 0 ? ROUTERS : ROUTERS.toReversed();
      onProgress(asked.ports.length, jobs.length * 100);
      const rejected = (port: number) => (port % 10 === 0 ? ROUTERS[(port / 10) % 2]! : undefined);
      return {
        codes: Uint8Array.from(asked.ports, (port) => (port % 10) + 1),
        offenderOf: Uint16Array.from(asked.ports, (port) => offenders.indexOf(rejected(port)!) + 1),
        hopLimitOf: Uint8Array.from(asked.ports, (port) => port % 10),
        offenders,
        errorQueue: true,
        sent: asked.ports.length,
        source: "10.0.0.9",
        ...more,
      };
    },
  };
}

const PORTS = Array.from({ length: 10_001 }, (_, at) => 20_000 + at);
const LONG = job("tcp", PORTS, { ratePerS: 900_000 });

describe("side by side", () => {
  it("every port is asked once, at a share of the rate, and has its own verdict", async () => {
    const jobs: SweepJob[] = [];
    const progress: unknown[] = [];
    const sweepers = [sweeper(jobs), sweeper(jobs), sweeper(jobs)];
    const seen = await sweepSideBySide(LONG, sweepers, (...said) => progress.push(said), never);
    expect(jobs.map(({ ratePerS }) => ratePerS)).toEqual([300_000, 300_000, 300_000]);
    expect(jobs.flatMap(({ ports }) => [...ports]).sort()).toEqual(PORTS);
    expect([...seen.codes]).toEqual(PORTS.map((port) => (port % 10) + 1));
    expect([...seen.hopLimitOf!]).toEqual(PORTS.map((port) => port % 10));
    expect(seen.offenders).toHaveLength(2);
    const rejectedBy = [...seen.offenderOf].map((number) => seen.offenders[number - 1]);
    expect(rejectedBy).toEqual(PORTS.map((port) => (port % 10 === 0 ? ROUTERS[(port / 10) % 2] : undefined)));
    expect(seen).toMatchObject({ errorQueue: true, sent: PORTS.length, source: "10.0.0.9" });
    expect(progress.at(-1)).toEqual([PORTS.length, 300]);
  });

  it("what one of them could not see, all of them did not", async () => {
    const jobs: SweepJob[] = [];
    const seen = await sweepSideBySide(LONG, [sweeper(jobs), sweeper(jobs, { errorQueue: false })], () => {}, never);
    expect(seen.errorQueue).toBe(false);
  });

  it.each([
    ["a long TCP range without a limit", LONG, true],
    ["a limit that one thread keeps", { ...LONG, ratePerS: 2_000 }, false],
    ["a short range", job("tcp", PORTS.slice(0, 100), { ratePerS: 900_000 }), false],
    ["UDP, which waits for the target", job("udp", PORTS, { ratePerS: 900_000 }), false],
  ])("is worth it for %s: %o", (_name, asked, worth) => {
    expect(isWorthSharing(asked)).toBe(worth);
  });
});
