import { describe, expect, it } from "vitest";
import type { ScheduleConfig } from "../../src/agent/config.ts";
import { Timetable } from "../../src/agent/timetable.ts";
import { HeldClock } from "../engine/held-clock.ts";

const place = { file: "agent.yaml", line: 1, column: 1 };
const every = (name: string, everyMs: number, only: readonly string[] = []): ScheduleConfig => {
  return { name, when: { everyMs }, jitterMs: 0, only, skip: [], place };
};

/** A timetable whose runs last so long each, and a note of when each began and ended. */
function stage(lastsMs: number) {
  const clock = new HeldClock();
  const runs: { readonly name: string; readonly atMs: number; endedMs?: number }[] = [];
  const missed: string[] = [];
  const timetable = new Timetable(clock.world, {
    async run(name) {
      const run: (typeof runs)[number] = { name, atMs: clock.nowMs };
      runs.push(run);
      await clock.sleep(lastsMs);
      run.endedMs = clock.nowMs;
    },
    missed: (name) => missed.push(name),
  });
  const began = (name: string) => runs.filter((run) => run.name === name).map(({ atMs }) => atMs);
  return { clock, timetable, runs, began, missed, passes: (ms: number) => clock.passes(clock.sleep(ms)) };
}

describe("a timetable", () => {
  it("keeps several schedules side by side", async () => {
    const { timetable, began, passes } = stage(1_000);
    timetable.use([every("a", 10_000), every("b", 25_000)]);
    await passes(31_000);
    expect([began("a"), began("b")]).toEqual([
      [0, 10_000, 20_000, 30_000],
      [0, 25_000],
    ]);
  });

  it("leaves a schedule of the same time its turn, whatever else it asks now", async () => {
    const { timetable, began, passes } = stage(1_000);
    timetable.use([every("a", 10_000)]);
    await passes(15_000);
    timetable.use([every("a", 10_000, ["NTP"])]);
    await passes(10_000);
    expect(began("a")).toEqual([0, 10_000, 20_000]);
  });

  it("begins with another time at once, but not before the run that goes on has ended", async () => {
    const { timetable, runs, passes } = stage(30_000);
    timetable.use([every("a", 60_000)]);
    await passes(10_000);
    timetable.use([every("a", 40_000)]);
    await passes(70_000);
    expect(runs.map(({ atMs }) => atMs)).toEqual([0, 30_000, 70_000]);
  });

  it("tells each run that is left out", async () => {
    const { timetable, missed, passes } = stage(25_000);
    timetable.use([every("a", 10_000)]);
    await passes(31_000);
    expect(missed).toEqual(["a", "a"]);
  });

  it("stops when the runs that go on have ended, and begins none", async () => {
    const { clock, timetable, runs, passes } = stage(30_000);
    timetable.use([every("a", 60_000), every("b", 20_000)]);
    await passes(10_000);
    await clock.passes(timetable.stop());
    expect(clock.nowMs).toBe(30_000);
    await passes(200_000);
    expect(runs.map(({ endedMs }) => endedMs)).toEqual([30_000, 30_000]);
  });
});
