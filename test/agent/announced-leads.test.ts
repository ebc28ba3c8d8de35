import { describe, expect, it } from "vitest";
import type { Transition } from "../../src/agent/cell.ts";
import { CellStates, FORGOTTEN_AFTER_RUNS } from "../../src/agent/states.ts";
import { EPOCH_MS, entry, nameless, notDue, record } from "./sample-record.ts";

const at = (run: number): number => EPOCH_MS + run * 60_000;
const fresh = (): CellStates => new CellStates({ need: 2, of: 3 });
const brief = ({ from, cell, atMs }: Transition) => [from, cell.published, atMs];

describe("a lead", () => {
  const MAPPER = { check: "endpoint-mapper/tcp/135", ports: "135" };
  const LEAD = { check: `${MAPPER.check}/tcp/5000/drsuapi`, ports: "5000", via: MAPPER.check, required: false };
  const announced = () => [entry("pass", MAPPER), entry("pass", { ...LEAD, rttMs: 2 })];
  const withLead = (): CellStates => {
    const states = fresh();
    for (const run of [0, 1]) states.apply(record(run, announced()));
    return states;
  };
  const lead = (states: CellStates) => states.cells().find(({ result }) => result.via !== undefined);

  it.each([
    ["no longer announces it", [entry("pass", MAPPER)]],
    ["is not answered", [entry("fail", MAPPER)]],
    ["has no address any more", [nameless(MAPPER)]],
  ])("has no outcome from the first run on in which its announcer %s", (_case, results) => {
    const states = withLead();
    expect(lead(states)).toMatchObject({ published: "pass", settled: true });
    const changes = states.apply(record(2, results));
    expect(changes.map(brief)).toEqual([["pass", "skipped", at(2)]]);
    expect(lead(states)).toMatchObject({ published: "skipped", settled: false, lastPassMs: at(1), resultMs: at(2) });
    const { outcome, state, evidence, rttMs, detail } = lead(states)!.result;
    expect({ outcome, state, evidence, rttMs }).toEqual({ outcome: "skipped", state: null, evidence: {} });
    const seen = `last seen pass at ${new Date(at(1)).toISOString()}: it was pass`;
    expect(detail).toBe(`no longer announced by endpoint-mapper/tcp/135; ${seen}`);
    expect(states.apply(record(3, results)).filter(({ cell }) => cell.result.via !== undefined)).toEqual([]);
    expect(lead(states)?.result.detail).toBe(detail);
  });

  it("begins anew when it is announced again, and is forgotten when it is not for ten runs", () => {
    const states = withLead();
    states.apply(record(2, [entry("pass", MAPPER)]));
    states.apply(record(3, announced()));
    expect(lead(states)).toMatchObject({ published: "pass", settled: false, sinceMs: at(3) });
    expect(states.apply(record(4, announced())).map(brief)).toEqual([[undefined, "pass", at(4)]]);
    for (let run = 5; run < 4 + FORGOTTEN_AFTER_RUNS; run++) states.apply(record(run, [entry("pass", MAPPER)]));
    expect(lead(states)?.published).toBe("skipped");
    states.apply(record(4 + FORGOTTEN_AFTER_RUNS, [entry("pass", MAPPER)]));
    expect(lead(states)).toBeUndefined();
  });

  it("is withdrawn by another schedule that asks its announcer too", () => {
    const states = withLead();
    states.apply(record(2, [entry("pass", MAPPER)], { schedule: "other" }));
    expect(lead(states)?.published).toBe("skipped");
  });

  it("keeps its result with its age while its announcer is not due or at another address", () => {
    const states = withLead();
    const before = lead(states);
    for (let run = 2; run < 3 * FORGOTTEN_AFTER_RUNS; run++) states.apply(record(run, [notDue(MAPPER)]));
    expect(lead(states)).toEqual(before);
    states.apply(record(50, [notDue(MAPPER), entry("pass", { ...MAPPER, address: "10.20.1.11" })]));
    expect(lead(states)).toEqual(before);
  });
});
