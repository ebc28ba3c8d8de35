import { describe, expect, it } from "vitest";
import { withDeadline } from "../../src/engine/deadline.ts";
import type { Sweeper } from "../../src/model/parts.ts";
import { HeldClock } from "./held-clock.ts";
import { answers, drops, silent } from "./scripted-net.ts";
import { check, dialogue, oneshot, range, stage, sweep } from "./stage.ts";

const never = new AbortController().signal;

describe("a deadline", () => {
  it("aborts the task's signal when the time is over", async () => {
    const clock = new HeldClock();
    const task = withDeadline(clock.world, 700, never, async (signal) => {
      await clock.sleep(60_000, signal);
      return clock.nowMs;
    });
    expect(await clock.passes(task)).toBe(700);
  });

  it("ends with the run's own signal, also one that aborted before", async () => {
    const clock = new HeldClock();
    const stop = new AbortController();
    clock.at(300, () => stop.abort());
    const wait = (signal: AbortSignal) => clock.sleep(60_000, signal).then(() => clock.nowMs);
    expect(await clock.passes(withDeadline(clock.world, 700, stop.signal, wait))).toBe(300);
    expect(await clock.passes(withDeadline(clock.world, 700, stop.signal, wait))).toBe(300);
  });

  it("leaves nothing behind that still waits, also when the task fails", async () => {
    const clock = new HeldClock();
    const signals: AbortSignal[] = [];
    const quick = withDeadline(clock.world, 60_000, never, async (signal) => void signals.push(signal));
    await clock.passes(quick);
    const failing = withDeadline(clock.world, 60_000, never, async (signal) => {
      signals.push(signal);
      throw new TypeError("a mistake");
    });
    await expect(clock.passes(failing)).rejects.toThrow("a mistake");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(clock.nowMs).toBe(0);
  });
});

describe("no wait is endless:", () => {
  const talker = dialogue("talker");

  it("a connection request that nobody answers ends after 5 s", async () => {
    const { results } = await stage([check("talker", 9)], { probers: [talker], scene: { port: () => drops } });
    expect(results[0]).toMatchObject({
      verdict: { state: "filtered", reason: "no-response", service: "unchecked" },
      durationMs: 5_000,
      timeoutMs: 5_000,
    });
  });

  it("a service that says nothing is given the prober's time", async () => {
    const { results } = await stage([check("talker", 9)], { probers: [talker], scene: { port: () => silent } });
    expect(results[0]).toMatchObject({ verdict: { state: "open", service: "silent" }, durationMs: 10_000 });
  });

  it.each([
    ["TCP that nobody answers", drops, "tcp"],
    ["TCP that says nothing", silent, "tcp"],
    ["UDP", silent, "udp"],
  ] as const)("the user's time replaces all others: %s", async (_, port, transport) => {
    const { results } = await stage([check("echo", 9, { transport })], {
      probers: [oneshot("echo")],
      scene: { port: () => port },
      options: { timeoutMs: 700 },
    });
    expect(results[0]).toMatchObject({ durationMs: 700, timeoutMs: 700 });
  });

  it("a dialogue that connects again and again has four connections, and its own time over all", async () => {
    const tireless = dialogue("tireless", {
      async run(_params, ask) {
        for (let turn = 0; turn < 100; turn++) {
          const connection = await ask.connect();
          if (connection === undefined) return undefined;
        }
        return undefined;
      },
    });
    const { net, results } = await stage([check("tireless", 9)], {
      probers: [tireless],
      scene: { port: () => silent },
    });
    expect(net.opened).toHaveLength(4);
    expect(net.mostAtOnce()).toBe(1);
    expect(results[0]).toMatchObject({ attempts: 4, verdict: { state: "open", service: "silent" } });
    const slow = await stage([check("tireless", 9)], { probers: [tireless], scene: { port: () => drops } });
    expect(slow.results[0]).toMatchObject({ attempts: 1, durationMs: 5_000 });
  });

  it("a name that the resolver never answers for has no address after 10 s", async () => {
    const { results, clock } = await stage([check("talker", 9, { host: "dc01" })], {
      probers: [talker],
      scene: { port: () => answers(), names: { dc01: ["192.0.2.10"] }, resolveMs: 3_600_000 },
    });
    expect(results[0]).toMatchObject({ verdict: { state: "unknown", reason: "name-not-found" }, outcome: "error" });
    expect(clock.nowMs).toBe(10_000);
  });

  it.each([
    ["tcp", range(1, 100)],
    ["udp", range(1, 100, { transport: "udp" })],
  ] as const)("a sweeper over %s that never ends is ended", async (_, check) => {
    const clock = new HeldClock();
    const endless: Sweeper = {
      async sweep(job, _onProgress, signal) {
        await clock.sleep(1e12, signal);
        const count = job.ports.length;
        const nothing = { codes: new Uint8Array(count), offenderOf: new Uint16Array(count), offenders: [] };
        return { ...nothing, errorQueue: false, sent: 0 };
      },
    };
    const { results } = await stage([check], { probers: [sweep], clock, sweeper: endless });
    expect(results[0]?.durationMs).toBe(results[0]?.timeoutMs);
    // 100 ports, each asked three times at one a second, and then some.
    expect(clock.nowMs).toBeLessThan(400_000);
    expect(results[0]).toMatchObject({ range: { total: 100, tested: 0 } });
  });
});
