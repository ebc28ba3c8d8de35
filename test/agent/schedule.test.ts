import { describe, expect, it } from "vitest";
import type { When } from "../../src/agent/config.ts";
import { Schedule } from "../../src/agent/schedule.ts";
import { HeldClock } from "../engine/held-clock.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Keeps a schedule for so long, each run lasting `lastsMs`, and gives when the runs began. */
async function kept(when: When, forMs: number, { lastsMs = 0, jitterMs = 0, setClock = (_: HeldClock) => {} } = {}) {
  const clock = new HeldClock();
  setClock(clock);
  const schedule = new Schedule({ when, jitterMs }, clock.world);
  const began: number[] = [];
  const wall: string[] = [];
  const stop = new AbortController();
  let going = 0;
  clock.at(forMs, () => stop.abort());
  await clock.passes(
    schedule.keep(async () => {
      going++;
      expect(going).toBe(1);
      began.push(clock.nowMs);
      wall.push(new Date(clock.world.wallMs()).toISOString().slice(11, 19));
      await clock.sleep(lastsMs);
      going--;
    }, stop.signal),
  );
  return { began, wall, schedule, clock };
}

describe("an interval", () => {
  it("runs at once and then on its grid, whatever a run lasts", async () => {
    const { began, schedule } = await kept({ everyMs: MINUTE_MS }, 181_000, { lastsMs: 59_000 });
    expect(began).toEqual([0, 60_000, 120_000, 180_000]);
    expect(schedule.missed).toBe(0);
  });

  it("misses what comes due while a run goes on, and counts it", async () => {
    const { began, schedule } = await kept({ everyMs: MINUTE_MS }, 361_000, { lastsMs: 130_000 });
    expect(began).toEqual([0, 180_000, 360_000]);
    expect(schedule.missed).toBe(4);
  });

  it("begins each run a little later by chance, and does not move the grid", async () => {
    const { began } = await kept({ everyMs: MINUTE_MS }, 10 * MINUTE_MS, { jitterMs: 6_000 });
    for (const [at, ms] of began.entries()) {
      expect(ms).toBeGreaterThanOrEqual(at * MINUTE_MS);
      expect(ms).toBeLessThan(at * MINUTE_MS + 6_000);
    }
    expect(new Set(began.map((ms, at) => ms - at * MINUTE_MS)).size).toBe(began.length);
  });

  it("neither stops nor doubles when the wall clock jumps an hour back", async () => {
    const { began } = await kept({ everyMs: MINUTE_MS }, 5 * MINUTE_MS + 1, {
      setClock: (clock) =>
        clock.at(150_000, () => {
          clock.wallOffsetMs = -HOUR_MS;
        }),
    });
    expect(began).toEqual([0, 1, 2, 3, 4, 5].map((minute) => minute * MINUTE_MS));
  });

  it("says when the next run begins, and not while one goes on", async () => {
    const clock = new HeldClock();
    const schedule = new Schedule({ when: { everyMs: MINUTE_MS }, jitterMs: 0 }, clock.world);
    const stop = new AbortController();
    const seen: (number | undefined)[] = [];
    const firstMs = clock.world.wallMs();
    for (const atMs of [500, 1_500, 59_000, 60_500]) clock.at(atMs, () => seen.push(schedule.nextAtMs));
    clock.at(61_500, () => stop.abort());
    await clock.passes(schedule.keep(() => clock.sleep(1_000), stop.signal));
    expect(seen).toEqual([undefined, firstMs + 60_000, firstMs + 60_000, undefined]);
  });

  it("ends when the run that goes on has ended", async () => {
    const { clock } = await kept({ everyMs: MINUTE_MS }, 10_000, { lastsMs: 45_000 });
    expect(clock.nowMs).toBe(45_000);
  });
});

/** The held clock shows 06:33:51 UTC when it begins. */
describe("a cron pattern", () => {
  it("runs at its times", async () => {
    const { wall } = await kept({ cron: "*/5 * * * *" }, 16 * MINUTE_MS);
    expect(wall).toEqual(["06:35:00", "06:40:00", "06:45:00"]);
  });

  it("is read in its time zone", async () => {
    const { wall } = await kept({ cron: "0 8 * * *", timezone: "Europe/Berlin" }, 2 * HOUR_MS);
    expect(wall).toEqual(["07:00:00"]);
  });

  it("misses what comes due while a run goes on, and counts it", async () => {
    const { wall, schedule } = await kept({ cron: "*/5 * * * *" }, 30 * MINUTE_MS, { lastsMs: 11 * MINUTE_MS });
    expect(wall).toEqual(["06:35:00", "06:50:00"]);
    expect(schedule.missed).toBe(4);
  });

  const setBack = (clock: HeldClock) =>
    clock.at(10 * MINUTE_MS, () => {
      clock.wallOffsetMs = -HOUR_MS;
    });

  it("goes on at its times when the clock jumps an hour back", async () => {
    const { wall, schedule } = await kept({ cron: "*/5 * * * *" }, 20 * MINUTE_MS, { setClock: setBack });
    expect(wall).toEqual(["06:35:00", "06:40:00", "05:45:00", "05:50:00"]);
    expect(schedule.missed).toBe(0);
  });

  it("does not run what comes once a day a second time when the clock jumps an hour back", async () => {
    const { began } = await kept({ cron: "40 6 * * *", timezone: "UTC" }, 25 * HOUR_MS + 20 * MINUTE_MS, {
      setClock: setBack,
    });
    expect(began.map((ms) => Math.round(ms / MINUTE_MS))).toEqual([6, 25 * 60 + 6]);
  });

  it("leaves out what a clock that was set on has skipped, and counts it", async () => {
    const { wall, schedule } = await kept({ cron: "*/5 * * * *" }, 15 * MINUTE_MS, {
      setClock: (clock) =>
        clock.at(2 * MINUTE_MS, () => {
          clock.wallOffsetMs = HOUR_MS;
        }),
    });
    expect(wall).toEqual(["06:35:00", "07:40:00", "07:45:00"]);
    expect(schedule.missed).toBe(12);
  });
});
