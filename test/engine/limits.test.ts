import { describe, expect, it } from "vitest";
import type { Sweep } from "../../src/model/prober.ts";
import { HeldClock } from "./held-clock.ts";
import { answers } from "./scripted-net.ts";
import { check, dialogue, oneshot, range, scriptedSweeper, stage, sweep, TARGET } from "./stage.ts";

const talker = dialogue("talker");
const scene = { port: () => answers(100) };
const ports = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe("at once", () => {
  it("16 checks of an address are asked, and the others after them", async () => {
    const { net, results } = await stage(
      ports(40).map((port) => check("talker", port)),
      { probers: [talker], scene },
    );
    expect(net.mostAtOnce()).toBe(16);
    expect(net.opened.map(({ atMs }) => atMs)).toEqual(ports(40).map((port) => 100 * Math.floor((port - 1) / 16)));
    expect(results).toHaveLength(40);
  });

  it("each address has its own 16", async () => {
    const hosts = ["192.0.2.1", "192.0.2.2"];
    const checks = ports(20).flatMap((port) => hosts.map((host) => check("talker", port, { host })));
    const { net } = await stage(checks, { probers: [talker], scene });
    expect(net.mostAtOnce()).toBe(32);
    for (const host of hosts) expect(net.mostAtOnce(({ address }) => address === host)).toBe(16);
  });

  it("one address counts once, under whatever names it is asked", async () => {
    const names = { dc01: [TARGET], "dc01.lab.test": [TARGET] };
    const checks = ports(20).flatMap((port) => Object.keys(names).map((host) => check("talker", port, { host })));
    const { net } = await stage(checks, { probers: [talker], scene: { ...scene, names } });
    expect(net.mostAtOnce()).toBe(16);
    expect(net.mostAtOnce(({ port }) => port === 1)).toBe(1);
    expect(net.opened).toHaveLength(40);
  });

  it("no more checks than the user allows are asked, over all hosts", async () => {
    const checks = ports(8).flatMap((port) =>
      ["192.0.2.1", "192.0.2.2"].map((host) => check("talker", port, { host })),
    );
    const { net } = await stage(checks, { probers: [talker], scene, options: { concurrency: 5 } });
    expect(net.mostAtOnce()).toBe(5);
    const alone = await stage(checks, { probers: [talker], scene, options: { concurrency: 1 } });
    expect(alone.net.mostAtOnce()).toBe(1);
    expect(alone.results).toHaveLength(16);
  });
});

describe("a port", () => {
  it("is asked by one connection at a time, and holds no other port up", async () => {
    const same = ports(20).map((number) => check("talker", 389, { id: `${number}/tcp/389` }));
    const { net } = await stage([...same, check("talker", 88)], { probers: [talker], scene });
    expect(net.mostAtOnce(({ port }) => port === 389)).toBe(1);
    expect(net.opened.find(({ to }) => to.port === 88)?.atMs).toBe(0);
  });

  it("of TCP is another than the same of UDP", async () => {
    const { net } = await stage([check("echo", 88), check("echo", 88, { transport: "udp" })], {
      probers: [oneshot("echo")],
      scene,
    });
    expect(net.opened.map(({ atMs }) => atMs)).toEqual([0, 0]);
  });
});

describe("an own port", () => {
  const hosts = ["192.0.2.1", "192.0.2.2"];

  it("that several rows or hosts are to be asked from is used by one at a time, and holds no other up", async () => {
    const checks = hosts.flatMap((host) => [
      check("talker", 88, { host, sourcePort: 1088 }),
      check("talker", 389, { host, sourcePort: 1088 }),
      check("talker", 445, { host }),
    ]);
    const { net, results } = await stage(checks, { probers: [talker], scene });
    expect(net.mostAtOnce(({ port }) => port !== 445)).toBe(1);
    expect(net.opened.filter(({ to }) => to.port === 445).map(({ atMs }) => atMs)).toEqual([0, 0]);
    expect(results).toHaveLength(6);
  });

  it("of TCP is another than the same of UDP", async () => {
    const transports = ["tcp", "udp"] as const;
    const checks = transports.map((transport) => check("echo", 88, { transport, sourcePort: 1088 }));
    const { net } = await stage(checks, { probers: [oneshot("echo")], scene });
    expect(net.opened.map(({ atMs }) => atMs)).toEqual([0, 0]);
  });
});

describe("ranges", () => {
  it("of one address go one after the other over each transport", async () => {
    const clock = new HeldClock();
    const { sweeper, jobs } = scriptedSweeper(clock);
    const ranges = [range(1, 9), range(11, 19), range(21, 29)];
    await stage([...ranges, range(1, 9, { transport: "udp" })], { probers: [sweep], clock, sweeper });
    expect(jobs.filter(({ transport }) => transport === "tcp").map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000]);
    expect(jobs.filter(({ transport }) => transport === "udp")).toHaveLength(1);
  });

  it("are asked at the user's rate, and as often as the user says", async () => {
    const clock = new HeldClock();
    const { sweeper, jobs } = scriptedSweeper(clock);
    const options = { ratePerS: 7, attempts: 4, timeoutMs: 250 };
    await stage([range(1, 9)], { probers: [sweep], clock, sweeper, options });
    expect(jobs).toMatchObject([{ address: TARGET, ratePerS: 7, attempts: 4, replyTimeoutMs: 250 }]);
    expect(jobs[0]?.ports).toEqual(Uint16Array.from(ports(9)));
  });

  it("of media tell the prober so, which chooses what they are sent", async () => {
    const clock = new HeldClock();
    const { sweeper, jobs } = scriptedSweeper(clock);
    const careful: Sweep<unknown> = { ...sweep, payload: (_params, { media }) => Uint8Array.of(media ? 1 : 0) };
    const media = range(1, 9, {
      transport: "udp",
      row: { profile: "p", service: "RTP", required: false, media: true },
    });
    await stage([media, range(11, 19, { transport: "udp" })], { probers: [careful], clock, sweeper });
    expect(jobs.map(({ payload }) => [...payload])).toEqual([[1], [0]]);
  });

  it("that are canaries are asked once, before the others, whatever the user says", async () => {
    const clock = new HeldClock();
    const { sweeper, jobs } = scriptedSweeper(clock);
    const canary = range(40_001, 40_003, { purpose: "canary" });
    await stage([range(1, 9), canary], { probers: [sweep], clock, sweeper, options: { attempts: 4 } });
    expect(jobs.map(({ attempts, ports: [first] }) => [first, attempts])).toEqual([
      [40_001, 1],
      [1, 4],
    ]);
  });
});
