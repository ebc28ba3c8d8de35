import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CellState, HISTORY_VOTES, type Transition } from "../../src/agent/cell.ts";
import { CellStates, FORGOTTEN_AFTER_RUNS } from "../../src/agent/states.ts";
import type { Outcome } from "../../src/model/words.ts";
import { EPOCH_MS, entry, nameless, notDue, record } from "./sample-record.ts";

const MINUTE_MS = 60_000;
const at = (run: number): number => EPOCH_MS + run * MINUTE_MS;
const fresh = (): CellStates => new CellStates({ need: 2, of: 3 });
const only = (states: CellStates): CellState => {
  expect(states.cells()).toHaveLength(1);
  return states.cells()[0]!;
};
const brief = ({ from, cell, atMs }: Transition) => [from, cell.published, atMs];

/** One cell through these outcomes, a run each; what changed, as [from, to, when]. */
function runThrough(states: CellStates, outcomes: readonly Outcome[], firstRun = 0): unknown[] {
  return outcomes.flatMap((outcome, nth) => states.apply(record(firstRun + nth, [entry(outcome)])).map(brief));
}

describe("a cell over several runs", () => {
  it("shows its first vote as not yet settled, and no transition", () => {
    const states = fresh();
    expect(runThrough(states, ["fail"])).toEqual([]);
    expect(only(states)).toMatchObject({ published: "fail", settled: false, sinceMs: at(0), resultMs: at(0) });
  });

  it("settles with the second, and began with the first", () => {
    const states = fresh();
    expect(runThrough(states, ["fail", "fail"])).toEqual([[undefined, "fail", at(1)]]);
    expect(only(states)).toMatchObject({ published: "fail", settled: true, sinceMs: at(0) });
  });

  it("keeps what is published at one bad run, and shows the raw outcome", () => {
    const states = fresh();
    runThrough(states, ["pass", "pass", "fail"]);
    expect(only(states)).toMatchObject({ published: "pass", sinceMs: at(0), lastPassMs: at(1), resultMs: at(2) });
    expect(only(states).result.outcome).toBe("fail");
  });

  it("tells an outage and its end: since the first bad vote, last pass before it", () => {
    const states = fresh();
    const changes = runThrough(states, ["pass", "pass", "fail", "fail", "fail"]);
    expect(changes).toEqual([
      [undefined, "pass", at(1)],
      ["pass", "fail", at(3)],
    ]);
    expect(only(states)).toMatchObject({ published: "fail", sinceMs: at(2), lastPassMs: at(1) });
    expect(runThrough(states, ["pass", "pass"], 5)).toEqual([["fail", "pass", at(6)]]);
    expect(only(states)).toMatchObject({ published: "pass", sinceMs: at(5), lastPassMs: at(6) });
  });

  it("is inconclusive since the pass was first contradicted, when the others agree on nothing", () => {
    const states = fresh();
    expect(runThrough(states, ["pass", "pass", "fail", "error"]).at(-1)).toEqual(["pass", "inconclusive", at(3)]);
    expect(only(states).sinceMs).toBe(at(2));
  });

  it("is marked as flapping, and no longer once it is steady", () => {
    const states = fresh();
    runThrough(states, ["pass", "fail", "pass", "fail", "pass", "fail", "pass"]);
    expect(only(states).flapping).toBe(true);
    runThrough(states, new Array<Outcome>(18).fill("pass"), 7);
    expect(only(states).flapping).toBe(false);
  });

  it("holds the newest votes only", () => {
    const states = fresh();
    runThrough(states, new Array<Outcome>(HISTORY_VOTES + 7).fill("pass"));
    expect(only(states).votes).toHaveLength(HISTORY_VOTES);
    expect(only(states).votes[0]).toEqual({ atMs: at(7), outcome: "pass" });
    expect(only(states).sinceMs).toBe(at(0));
  });
});

describe("what is no vote", () => {
  it.each(["agent-offline", "interrupted"] as const)("an %s run", (status) => {
    const states = fresh();
    runThrough(states, ["pass", "pass"]);
    const before = states.cells();
    for (const run of [2, 3, 4]) expect(states.apply(record(run, [entry("fail")], { status }))).toEqual([]);
    expect(states.cells()).toEqual(before);
  });

  it("a row that is not due: it keeps its result with its age, however long", () => {
    const states = fresh();
    runThrough(states, ["pass", "pass"]);
    const before = states.cells();
    for (let run = 2; run < 3 * FORGOTTEN_AFTER_RUNS; run++) states.apply(record(run, [notDue()]));
    expect(states.cells()).toEqual(before);
  });

  it("a row that is skipped; after ten runs it has no outcome any more, and that is a transition", () => {
    const states = fresh();
    runThrough(states, ["pass", "pass"]);
    const before = states.cells();
    for (let run = 2; run < FORGOTTEN_AFTER_RUNS + 1; run++)
      expect(states.apply(record(run, [entry("skipped")]))).toEqual([]);
    expect(states.cells()).toEqual(before);
    const given = states.apply(record(FORGOTTEN_AFTER_RUNS + 1, [entry("skipped")]));
    expect(given.map(brief)).toEqual([["pass", "skipped", at(FORGOTTEN_AFTER_RUNS + 1)]]);
    expect(only(states)).toMatchObject({ published: "skipped", settled: false, votes: [], lastPassMs: at(1) });
  });

  it("a row that was never asked is shown as skipped, with the newest reason", () => {
    const states = fresh();
    states.apply(record(0, [entry("skipped")]));
    states.apply(record(1, [entry("skipped", { detail: "another reason" })]));
    expect(only(states)).toMatchObject({ published: "skipped", sinceMs: at(0), resultMs: at(1), votes: [] });
    expect(only(states).result.detail).toBe("another reason");
  });

  it("a canary: it is no cell", () => {
    const states = fresh();
    states.apply(record(0, [entry("pass", { canary: true })]));
    expect(states.cells()).toEqual([]);
  });

  it("a row that another schedule leaves out", () => {
    const states = fresh();
    runThrough(states, ["pass", "pass"]);
    const before = states.cells();
    for (let run = 2; run < 30; run++) states.apply(record(run, [entry("skipped")], { schedule: "quick" }));
    for (let run = 30; run < 60; run++) states.apply(record(run, [], { schedule: "other" }));
    expect(states.cells()).toEqual(before);
  });
});

describe("a name without an address", () => {
  const IPV4 = { address: "10.20.1.10" };
  const IPV6 = { address: "2001:db8::10" };

  it("is a vote error for all known addresses of the host, which stay", () => {
    const states = fresh();
    for (const run of [0, 1]) states.apply(record(run, [entry("pass", IPV4), entry("pass", IPV6)]));
    const changes = [2, 3].flatMap((run) => states.apply(record(run, [nameless()])));
    expect(changes.map(({ from, cell }) => [from, cell.published, cell.result.address])).toEqual([
      ["pass", "error", "10.20.1.10"],
      ["pass", "error", "2001:db8::10"],
    ]);
    expect(states.cells().map(({ result }) => result.reason)).toEqual(["name-not-found", "name-not-found"]);
    expect(states.cells().map(({ sinceMs }) => sinceMs)).toEqual([at(2), at(2)]);
  });

  it("says nothing of another host or another row", () => {
    const states = fresh();
    const others = [entry("pass", { host: "dc02.example.com" }), entry("pass", { check: "ldap/tcp/389" })];
    states.apply(record(0, [entry("pass"), ...others]));
    states.apply(record(1, [nameless(), ...others]));
    expect(states.cells().map(({ result }) => result.outcome)).toEqual(["error", "pass", "pass"]);
  });

  it("is a cell of its own while no address was ever known, and each address takes its past over", () => {
    const states = fresh();
    for (const run of [0, 1]) states.apply(record(run, [nameless()]));
    expect(only(states)).toMatchObject({ published: "error", settled: true });
    states.apply(record(2, [entry("pass", IPV4), entry("pass", IPV6)]));
    const changes = states.apply(record(3, [entry("pass", IPV4), entry("pass", IPV6)]));
    expect(changes.map(({ from, cell }) => [from, cell.published, cell.result.address])).toEqual([
      ["error", "pass", "10.20.1.10"],
      ["error", "pass", "2001:db8::10"],
    ]);
    expect(states.cells()).toHaveLength(2);
  });
});

describe("what left", () => {
  it("the configuration goes at once when that is told", () => {
    const states = fresh();
    states.apply(record(0, [entry("pass"), entry("pass", { check: "ldap/tcp/389" })]));
    states.keepOnly(({ result }) => result.check !== "ldap/tcp/389");
    expect(only(states).result.check).toBe("kerberos/tcp/88");
  });

  it("the runs of its schedule goes after ten of them", () => {
    const states = fresh();
    const moved = entry("pass", { address: "10.20.1.11" });
    states.apply(record(0, [entry("pass")]));
    for (let run = 1; run < FORGOTTEN_AFTER_RUNS; run++) states.apply(record(run, [moved]));
    expect(states.cells()).toHaveLength(2);
    states.apply(record(FORGOTTEN_AFTER_RUNS, [moved]));
    expect(only(states).result.address).toBe("10.20.1.11");
  });

  it("does not add up over times when it was there", () => {
    const states = fresh();
    for (let run = 0; run < 5 * FORGOTTEN_AFTER_RUNS; run++)
      states.apply(record(run, run % 3 === 0 ? [entry("pass")] : []));
    expect(states.cells()).toHaveLength(1);
  });
});

describe("a clock that jumps back an hour", () => {
  it("leaves no time in the future, and the votes in their order", () => {
    const states = fresh();
    runThrough(states, ["pass", "pass"]);
    const backMs = at(2) - 60 * MINUTE_MS;
    states.apply(record(2, [entry("pass")], { startedAtMs: backMs }));
    expect(only(states)).toMatchObject({ published: "pass", sinceMs: backMs, lastPassMs: backMs, resultMs: backMs });
    expect(only(states).votes.map(({ atMs }) => atMs)).toEqual([at(0), at(1), backMs]);
    const failMs = backMs + MINUTE_MS;
    states.apply(record(3, [entry("fail")], { startedAtMs: failMs }));
    const [change] = states.apply(record(4, [entry("fail")], { startedAtMs: failMs + MINUTE_MS }));
    expect(brief(change!)).toEqual(["pass", "fail", failMs + MINUTE_MS]);
    expect(only(states)).toMatchObject({ sinceMs: failMs, lastPassMs: backMs });
  });
});

const outcome = fc.constantFrom<Outcome>("pass", "fail", "inconclusive", "error", "skipped");
const status = fc.constantFrom("completed", "completed", "completed", "agent-offline", "interrupted");

describe("whatever the runs are", () => {
  it("tells each change of a settled outcome, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, status), { maxLength: 50 }), (runs) => {
        const states = fresh();
        let told: Outcome | undefined;
        for (const [run, [raw, ended]] of runs.entries()) {
          const changes = states.apply(record(run, [entry(raw)], { status: ended }));
          expect(changes.length).toBeLessThanOrEqual(1);
          for (const { from, cell } of changes) {
            expect(from).toBe(told);
            told = cell.settled ? cell.published : undefined;
          }
          const cell = states.cells()[0];
          expect(cell?.settled === true ? cell.published : undefined).toBe(told);
          if (cell !== undefined && cell.lastPassMs !== undefined && cell.published === "pass")
            expect(cell.lastPassMs).toBeGreaterThanOrEqual(cell.sinceMs);
        }
      }),
    );
  });

  // How often a cell was skipped is not kept, which only delays its forgetting.
  it("goes on as if nothing had happened when the cells are put back in between", () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 9 }), fc.nat(9), (runs, restart) => {
        const whole = fresh();
        let parted = fresh();
        for (const [run, raw] of runs.entries()) {
          if (run === restart) {
            const next = fresh();
            next.restore(parted.cells());
            parted = next;
          }
          const told = whole.apply(record(run, [entry(raw)]));
          expect(parted.apply(record(run, [entry(raw)]))).toEqual(told);
        }
      }),
    );
  });
});
