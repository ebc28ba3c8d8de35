import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { Politeness } from "../../src/engine/politeness.ts";
import { run } from "../../src/engine/run.ts";
import type { Plan } from "../../src/model/check.ts";
import type { Parts } from "../../src/model/parts.ts";
import { HeldClock } from "./held-clock.ts";
import { answers, scriptedNet } from "./scripted-net.ts";
import { check, dialogue, memoryLedger, OPTIONS, planOf, range, scriptedSweeper, sweep } from "./stage.ts";

const talker = dialogue("talker");
const ports = (count: number, from = 1) => Array.from({ length: count }, (_, at) => check("talker", from + at));

/** Runs the plans at the same time, with what they share. */
async function together(plans: readonly Plan[], politeness: Politeness) {
  const clock = new HeldClock();
  const net = scriptedNet(clock, { port: () => answers(100) });
  const { sweeper, jobs } = scriptedSweeper(clock);
  const parts: Parts = {
    prober: async (id) => (id === "sweep" ? sweep : talker),
    net,
    sweeper,
    world: clock.world,
    ledger: memoryLedger(),
  };
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const runs = plans.map((plan) => run(plan, parts, OPTIONS, { host: "here" }, signal, {}, politeness));
  const reports = await clock.passes(Promise.all(runs));
  return { reports, net, jobs, clock };
}

describe("runs that share their limits", () => {
  it("ask an address 16 checks at once between them, and each port by one connection", async () => {
    const plans = [planOf(ports(20)), planOf(ports(20, 11))];
    const { net, reports } = await together(plans, new Politeness(plans, 64));
    expect(net.mostAtOnce()).toBe(16);
    expect(net.mostAtOnce(({ port }) => port === 15)).toBe(1);
    expect(net.opened).toHaveLength(40);
    expect(reports.map(({ summary }) => summary.pass)).toEqual([20, 20]);
  });

  it("keep to the most checks at once, also when that is changed while they go on", async () => {
    const hosts = ["192.0.2.1", "192.0.2.2"];
    const plans = hosts.map((host) => planOf(Array.from({ length: 12 }, (_, at) => check("talker", at + 1, { host }))));
    const politeness = new Politeness(plans, 8);
    politeness.change(plans, 3);
    const { net } = await together(plans, politeness);
    expect(net.mostAtOnce()).toBe(3);
  });

  it("sweep each other's ranges at one host in turn where one sender's ICMP errors are spent", async () => {
    const plans = [
      planOf([range(5_000, 5_020, { transport: "udp" })]),
      planOf([range(6_000, 6_020, { transport: "udp" })]),
    ];
    const { jobs } = await together(plans, new Politeness(plans, 64));
    expect(jobs.map(({ atMs }) => atMs)).toEqual([0, 1_000]);
  });
});
