/**
 * Whatever the plan and the network: every check of the plan has exactly one result at each address of its host, every
 * lead that is followed one more, each is told exactly once, and the run ends.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunOptions } from "../../src/engine/context.ts";
import type { Check } from "../../src/model/check.ts";
import { exitCodeOf } from "../../src/verdict/required.ts";
import { HeldClock } from "./held-clock.ts";
import { answers, drops, type Port, refuses, silent } from "./scripted-net.ts";
import {
  check,
  dialogue,
  memoryLedger,
  oneshot,
  planOf,
  range,
  saying,
  scriptedSweeper,
  stage,
  sweep,
} from "./stage.ts";

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  dc01: ["192.0.2.1"],
  dc02: ["192.0.2.2", "2001:db8::2"],
  nowhere: [],
};
const hosts = [...Object.keys(HOSTS), "192.0.2.3"];
const NO_ROUTE = "2001:db8::2";

const leads = Array.from({ length: 70 }, (_, at) => ({
  transport: "tcp" as const,
  port: 100 + (at % 40),
  prober: at % 7 === 0 ? "broken" : "talker",
  params: {},
  service: `service ${at % 3}`,
  why: "announced",
}));

const probers = [
  oneshot("echo"),
  oneshot("polite", { manners: { minIntervalMs: 60_000 } }),
  oneshot("wanting", { wants: () => ["realm"] }),
  dialogue("talker"),
  dialogue("broken", {
    run: () => {
      throw new TypeError("a mistake");
    },
  }),
  saying("teacher", { learned: { realm: "LAB.TEST" } }),
  saying("mapper", { leads }),
  sweep,
];

const port = fc.integer({ min: 1, max: 12 });
const row = fc.record({
  host: fc.constantFrom(...hosts),
  prober: fc.constantFrom("echo", "polite", "wanting", "talker", "broken", "teacher", "mapper"),
  port,
  udp: fc.boolean(),
  expect: fc.constantFrom("service", "accept", "path", "blocked"),
  group: fc.constantFrom(undefined, undefined, "g"),
  skip: fc.constantFrom(undefined, undefined, undefined, true, false),
});
const span = fc.record({
  host: fc.constantFrom(...hosts),
  first: port,
  more: fc.integer({ min: 1, max: 9 }),
  udp: fc.boolean(),
  purpose: fc.constantFrom("row", "canary"),
});

type Of<A> = A extends fc.Arbitrary<infer T> ? T : never;

function checksOf(rows: readonly Of<typeof row>[], spans: readonly Of<typeof span>[]): readonly Check[] {
  const singles = rows.map(({ host, prober, port, udp, expect, group, skip }, at) =>
    check(prober, port, {
      id: `row-${at}`,
      host,
      // Dialogues speak TCP.
      transport: udp && ["echo", "polite", "wanting"].includes(prober) ? "udp" : "tcp",
      expect,
      row: { profile: "p", service: prober, required: true, ...(group === undefined ? {} : { group }) },
      ...(skip === undefined ? {} : { skip: { why: "left out", deliberate: skip } }),
    }),
  );
  const ranges = spans.map(({ host, first, more, udp, purpose }, at) =>
    range(first, first + more, { id: `range-${at}`, host, transport: udp ? "udp" : "tcp", purpose }),
  );
  return [...singles, ...ranges];
}

const behaviour: fc.Arbitrary<Port> = fc.oneof(
  fc.integer({ min: 0, max: 7_000 }).map((afterMs) => answers(afterMs)),
  fc.integer({ min: 0, max: 300 }).map(refuses),
  fc.constant(silent),
  fc.constant(drops),
);

const options: fc.Arbitrary<Partial<RunOptions>> = fc.record(
  {
    concurrency: fc.integer({ min: 1, max: 20 }),
    anyAddress: fc.boolean(),
    strict: fc.boolean(),
    force: fc.boolean(),
    timeoutMs: fc.integer({ min: 1, max: 9_000 }),
    attempts: fc.integer({ min: 1, max: 5 }),
    family: fc.constantFrom(4, 6),
  },
  { requiredKeys: [] },
);

/** One entry for each result that there must be, leads apart. */
function wanted(checks: readonly Check[], family: 4 | 6 | undefined): readonly string[] {
  const fits = (address: string) => family === undefined || (address.includes(":") ? 6 : 4) === family;
  return checks.flatMap(({ id, host }) => {
    const addresses = HOSTS[host]?.filter(fits) ?? [host];
    return addresses.length === 0 ? [`${id} undefined`] : addresses.map((address) => `${id} ${address}`);
  });
}

const names = (results: readonly { readonly check: Check }[]) =>
  results.map(({ check: { id, address } }) => `${id} ${address}`);

describe("any plan over any network", () => {
  it("has one result for each check and address, each told once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        fc.array(span, { maxLength: 3 }),
        fc.array(behaviour, { minLength: 1, maxLength: 6 }),
        options,
        fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined }),
        async (rows, spans, behaviours, chosen, stopAtMs) => {
          const checks = checksOf(rows, spans);
          const clock = new HeldClock();
          const stop = new AbortController();
          if (stopAtMs !== undefined) clock.at(stopAtMs, () => stop.abort());
          const { results, told, seen, net, exitCode } = await stage(checks, {
            probers,
            clock,
            ledger: memoryLedger(),
            sweeper: scriptedSweeper(clock, "port-unreach").sweeper,
            options: chosen,
            signal: stop.signal,
            scene: {
              names: HOSTS,
              resolveMs: 20,
              noRoute: [NO_ROUTE],
              port: (to, before) => behaviours[(to.port + before) % behaviours.length]!,
            },
          });
          const planned = results.filter(({ check: { purpose } }) => purpose !== "lead");
          expect(stop.signal.aborted ? names(planned).map(idOf).sort() : names(planned).sort()).toEqual(
            stop.signal.aborted
              ? expect.arrayContaining(checks.map(({ id }) => id))
              : [...wanted(checks, chosen.family)].sort(),
          );
          expect(new Set(names(planned)).size).toBe(planned.length);
          expect(names(told).sort()).toEqual(names(results).sort());
          expect(names(seen).sort()).toEqual(names(results).sort());
          for (const lead of results.filter(({ check: { purpose } }) => purpose === "lead")) {
            expect(lead.required).toBe(false);
            expect(
              planned.some(({ check }) => check.id === lead.check.via && check.address === lead.check.address),
            ).toBe(true);
          }
          expect(net.opened.every(({ endedMs }) => endedMs !== undefined)).toBe(true);
          expect(net.mostAtOnce()).toBeLessThanOrEqual(chosen.concurrency ?? 64);
          expect(exitCode).toBe(stop.signal.aborted ? 130 : exitCodeOf(planOf(checks), results));
        },
      ),
      { numRuns: 150 },
    );
  });
});

function idOf(name: string): string {
  return name.split(" ")[0]!;
}
