import { describe, expect, it } from "vitest";
import type { Evidence } from "../../src/model/evidence.ts";
import { answers } from "./scripted-net.ts";
import { check, oneshot, reading, saying, stage } from "./stage.ts";

const teacher = (realm: string, id = "teacher") => saying(id, { learned: { realm } });

/** Wants the realm, and tells when it began and what it knew. */
function pupil() {
  const begun: { readonly atMs: number; readonly learned: Evidence }[] = [];
  const prober = oneshot("pupil", {
    wants: () => ["realm"],
    start: (_params, ask) => {
      begun.push({ atMs: ask.world.monotonicMs(), learned: ask.learned });
      return { request: () => Uint8Array.of(1), read: () => ({ final: reading() }) };
    },
  });
  return { begun, prober };
}

const lesson = [check("pupil", 88), check("teacher", 389)];
const answeringAfter = (ms: number) => ({
  port: ({ port }: { readonly port: number }) => answers(port === 389 ? ms : 10),
});

describe("a check that wants a fact", () => {
  it("begins as soon as another check of the host has learned it", async () => {
    const { begun, prober } = pupil();
    await stage(lesson, { probers: [prober, teacher("LAB.TEST")], scene: answeringAfter(200) });
    expect(begun).toEqual([{ atMs: 200, learned: { realm: "LAB.TEST" } }]);
  });

  it("waits 500 ms for it and no longer", async () => {
    const { begun, prober } = pupil();
    await stage(lesson, { probers: [prober, teacher("LAB.TEST")], scene: answeringAfter(900) });
    expect(begun).toEqual([{ atMs: 500, learned: {} }]);
  });

  it("does not count the wait against its own time", async () => {
    const { prober } = pupil();
    const { of } = await stage(lesson, { probers: [prober, teacher("LAB.TEST")], scene: answeringAfter(900) });
    expect(of("pupil/tcp/88")[0]?.durationMs).toBe(10);
  });

  it("takes the first value that was learned, whatever others say later", async () => {
    const { begun, prober } = pupil();
    // The second asks the port of the first, and so comes after both lessons.
    await stage([check("early", 1), check("late", 2), check("pupil", 3), check("pupil", 3, { id: "second" })], {
      probers: [teacher("FIRST", "early"), teacher("SECOND", "late"), prober],
      scene: { port: ({ port }) => answers(port * 10) },
    });
    expect(begun.map(({ atMs, learned }) => [atMs, learned.realm])).toEqual([
      [10, "FIRST"],
      [40, "FIRST"],
    ]);
  });

  it("does not wait when nothing is wanted, and is given nothing else", async () => {
    const { begun, prober } = pupil();
    const scene = answeringAfter(0);
    const other = saying("teacher", { learned: { site: "Lab", realm: "LAB.TEST" } });
    await stage(lesson, { probers: [prober, other], scene });
    expect(begun[0]?.learned).toEqual({ realm: "LAB.TEST" });
    const modest = pupil();
    await stage(lesson, { probers: [{ ...modest.prober, wants: () => [] }, other], scene });
    expect(modest.begun).toEqual([{ atMs: 0, learned: {} }]);
  });

  it("is told nothing by another host", async () => {
    const { begun, prober } = pupil();
    const elsewhere = check("teacher", 389, { host: "192.0.2.99" });
    await stage([check("pupil", 88), elsewhere], {
      probers: [prober, teacher("OTHER.TEST")],
      scene: answeringAfter(10),
    });
    expect(begun).toEqual([{ atMs: 500, learned: {} }]);
  });

  it("stops waiting when the run is stopped", async () => {
    const { begun, prober } = pupil();
    const stop = new AbortController();
    const teaching = { ...teacher("LAB.TEST"), run: async () => void stop.abort() as undefined };
    const { of, clock } = await stage(lesson, { probers: [prober, teaching], signal: stop.signal });
    expect(begun).toEqual([]);
    expect(of("pupil/tcp/88")[0]).not.toHaveProperty("verdict");
    expect(clock.nowMs).toBeLessThan(500);
  });
});
