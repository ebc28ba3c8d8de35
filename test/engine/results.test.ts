import { describe, expect, it } from "vitest";
import { run } from "../../src/engine/run.ts";
import { HeldClock } from "./held-clock.ts";
import { answers, refuses, scriptedNet, silent } from "./scripted-net.ts";
import {
  check,
  dialogue,
  memoryLedger,
  OPTIONS,
  planOf,
  range,
  saying,
  scriptedSweeper,
  stage,
  sweep,
} from "./stage.ts";

const talker = dialogue("talker");
const lead = { transport: "tcp", port: 9, prober: "talker", params: {}, service: "s", why: "w" } as const;
const probers = [talker, sweep, saying("mapper", { leads: [lead] })];

describe("the results of a run", () => {
  it("come in the order of the plan, leads behind their row, ranges behind single ports, host after host", async () => {
    const hosts = ["192.0.2.2", "192.0.2.1"];
    const checks = hosts.flatMap((host) => [
      range(50, 59, { host }),
      check("talker", 3, { host }),
      check("mapper", 135, { host }),
      check("talker", 1, { host }),
    ]);
    const { results } = await stage(checks, {
      probers,
      scene: { port: ({ port, address }) => answers(port * (address === hosts[0] ? 20 : 1)) },
    });
    expect(results.map(({ check: { host, portsText } }) => `${host} ${portsText}`)).toEqual(
      hosts.flatMap((host) => ["3", "135", "9", "1", "50-59"].map((ports) => `${host} ${ports}`)),
    );
  });

  it("say when the run began and how long it took", async () => {
    const { startedAtMs, durationMs, source, clock } = await stage([check("talker", 1)], {
      probers,
      scene: { port: () => answers(250) },
    });
    expect({ durationMs, source }).toEqual({ durationMs: 250, source: { host: "here" } });
    expect(startedAtMs).toBe(clock.world.wallMs() - 250);
  });

  it("of an empty plan are none", async () => {
    expect((await stage([], { probers })).results).toEqual([]);
  });
});

describe("a result is told", () => {
  /** When each result was told, by port. */
  async function told(checks: Parameters<typeof stage>[0], port: Parameters<typeof scriptedNet>[1]["port"]) {
    const clock = new HeldClock();
    const times: [string, number][] = [];
    const parts = {
      prober: async (id: string) => probers.find((each) => each.id === id)!,
      net: scriptedNet(clock, { port }),
      sweeper: scriptedSweeper(clock).sweeper,
      world: clock.world,
      ledger: memoryLedger(),
    };
    const onResult = ({ check: { host, portsText } }: { readonly check: (typeof checks)[number] }) =>
      void times.push([`${host} ${portsText}`, clock.nowMs]);
    const never = new AbortController().signal;
    await clock.passes(run(planOf(checks), parts, OPTIONS, { host: "here" }, never, { onResult }));
    return times;
  }

  it("at once when the service itself answered, else when its host is done", async () => {
    const [quick, slow] = ["192.0.2.1", "192.0.2.2"];
    const checks = [
      check("talker", 1, { host: quick }),
      check("talker", 2, { host: quick }),
      check("talker", 3, { host: quick }),
      check("talker", 1, { host: slow }),
    ];
    const times = await told(checks, ({ port, address }) => {
      if (address === slow) return silent;
      return port === 1 ? answers(50) : port === 2 ? refuses(70) : answers(600);
    });
    expect(times).toEqual([
      [`${quick} 1`, 50],
      [`${quick} 3`, 600],
      [`${quick} 2`, 600],
      [`${slow} 1`, 10_000],
    ]);
  });

  it("at the end where other results may change it: groups, paths, plain accepts", async () => {
    const grouped = { profile: "p", service: "s", required: true, group: "g" };
    const checks = [
      check("talker", 1, { row: grouped }),
      check("talker", 2, { expect: "path" }),
      check("talker", 3, { expect: "accept" }),
      check("talker", 4),
    ];
    const times = await told(checks, ({ port }) => answers(port === 4 ? 900 : 10));
    expect(times.map(([, atMs]) => atMs)).toEqual([900, 900, 900, 900]);
  });

  it("as the report has it", async () => {
    const checks = [check("mapper", 135), check("talker", 1), check("talker", 2), range(5, 9)];
    const { results, told: events } = await stage(checks, {
      probers,
      scene: { port: ({ port }) => (port === 1 ? refuses() : answers()) },
    });
    for (const result of results) expect(events).toContainEqual(result);
  });
});
