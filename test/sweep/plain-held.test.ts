import { expect, it } from "vitest";
import { createPlainSweeper } from "../../src/sweep/plain.ts";
import { HeldClock } from "../engine/held-clock.ts";
import { scriptedNet, silent } from "../engine/scripted-net.ts";
import { job, never } from "./sweeping.ts";

it("a silent UDP port is asked again when the target may send one more error, and not before", async () => {
  const clock = new HeldClock();
  const net = scriptedNet(clock, { port: () => silent });
  const ports = Array.from({ length: 21 }, (_, at) => at + 1);
  const asked = job("udp", ports, { attempts: 3, icmpBudget: { tokens: 6, perS: 1 } });
  await clock.passes(createPlainSweeper({ net, world: clock.world }).sweep(asked, () => {}, never));
  for (const port of ports) {
    const times = net.opened.filter(({ to }) => to.port === port).map(({ atMs }) => atMs);
    expect(times).toHaveLength(3);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_020);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(1_020);
  }
});
