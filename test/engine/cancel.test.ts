import { describe, expect, it } from "vitest";
import type { Check } from "../../src/model/check.ts";
import { HeldClock } from "./held-clock.ts";
import { answers, refuses, type Scene, silent } from "./scripted-net.ts";
import { check, dialogue, oneshot, range, type Staging, saying, stage, sweep } from "./stage.ts";

const talker = dialogue("talker");
const echo = oneshot("echo");
const udp = (port: number) => check("echo", port, { transport: "udp" });

/** A run that the user stops at this time. */
async function stopped(atMs: number, checks: readonly Check[], staging: Partial<Staging> & { readonly scene: Scene }) {
  const clock = staging.clock ?? new HeldClock();
  const stop = new AbortController();
  if (atMs === 0) stop.abort();
  else clock.at(atMs, () => stop.abort());
  const staged = await stage(checks, { probers: [talker, echo, sweep], ...staging, clock, signal: stop.signal });
  return {
    ...staged,
    words: staged.results.map(({ outcome, detail }) => (detail.startsWith("interrupted") ? "interrupted" : outcome)),
  };
}

describe("a run that the user stops", () => {
  it("keeps what is known, says of the rest that it was interrupted, and exits 130", async () => {
    const checks = [check("talker", 1), udp(2), check("talker", 3), range(10, 20)];
    const scene: Scene = { port: ({ port }) => (port === 1 ? answers(100) : silent) };
    const { words, results, exitCode, clock, told } = await stopped(500, checks, { scene });
    expect(words).toEqual(["pass", "interrupted", "interrupted", "interrupted"]);
    expect(exitCode).toBe(130);
    expect(clock.nowMs).toBe(500);
    expect(results[1]).toMatchObject({ outcome: "skipped", attempts: 0, detail: "interrupted before it ended" });
    expect(results[1]).not.toHaveProperty("verdict");
    expect(told).toHaveLength(4);
  });

  it("before it began asks nothing", async () => {
    const checks = [check("talker", 1), udp(2), range(10, 20)];
    const { words, net, exitCode, durationMs } = await stopped(0, checks, { scene: { port: () => answers() } });
    expect(words).toEqual(["interrupted", "interrupted", "interrupted"]);
    expect(net.opened).toEqual([]);
    expect({ exitCode, durationMs }).toEqual({ exitCode: 130, durationMs: 0 });
  });

  it("while a name is looked up does not say that there is no such name", async () => {
    const checks = [check("talker", 1, { host: "dc01" })];
    const scene: Scene = { port: () => answers(), names: { dc01: ["192.0.2.10"] }, resolveMs: 5_000 };
    for (const atMs of [0, 1_000]) {
      const { words, results } = await stopped(atMs, checks, { scene });
      expect(words).toEqual(["interrupted"]);
      expect(results[0]).not.toHaveProperty("verdict");
    }
  });

  it("while checks wait for their turn leaves these unasked", async () => {
    const checks = Array.from({ length: 40 }, (_, at) => check("talker", at + 1));
    const { words, net } = await stopped(150, checks, { scene: { port: () => answers(100) } });
    expect(words.filter((word) => word === "pass")).toHaveLength(16);
    expect(words.filter((word) => word === "interrupted")).toHaveLength(24);
    expect(net.opened).toHaveLength(32);
    expect(net.opened.every(({ endedMs }) => endedMs !== undefined)).toBe(true);
  });

  it("while a range is asked calls it interrupted, and not half a result", async () => {
    const { words, results } = await stopped(500, [range(10, 20), range(30, 40)], { scene: { port: () => silent } });
    expect(words).toEqual(["interrupted", "interrupted"]);
    expect(results[0]).not.toHaveProperty("range");
  });

  it("while a silent port waits to be asked again keeps its silence", async () => {
    const scene: Scene = { port: ({ port }) => (port === 7 ? silent : refuses()) };
    const quick = oneshot("echo", { schedule: { sendsAtMs: [0], giveUpMs: 100, replyFrom: "same" } });
    const { results, told } = await stopped(300, [1, 2, 3, 4, 5, 6, 7].map(udp), { scene, probers: [quick] });
    expect(results.at(-1)?.verdict).toMatchObject({ state: "open|filtered" });
    expect(told).toHaveLength(7);
  });

  it("while announced endpoints are asked keeps the row that announced them", async () => {
    const mapper = saying("mapper", {
      leads: [{ transport: "tcp", port: 9, prober: "talker", params: {}, service: "s", why: "w" }],
    });
    const scene: Scene = { port: ({ port }) => (port === 9 ? silent : answers(10)) };
    const { words } = await stopped(500, [check("mapper", 135)], { scene, probers: [mapper, talker] });
    expect(words).toEqual(["pass", "interrupted"]);
  });

  it("after its last check ended is still called stopped", async () => {
    const clock = new HeldClock();
    const stop = new AbortController();
    const last = dialogue("talker", {
      async run() {
        stop.abort();
        return undefined;
      },
    });
    const { exitCode } = await stage([check("talker", 1)], { probers: [last], clock, signal: stop.signal });
    expect(exitCode).toBe(130);
  });
});
