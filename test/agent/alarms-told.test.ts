/** Random runs: whatever is bad was told of, and whatever was told of is told of again. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResultEntry } from "../../src/report/document.ts";
import { rejectedBy, row, Stage, type Told } from "./alarm-stage.ts";

/** Rows that fail by what is published, and of which no alarm told, by themselves or with their host. */
function untold(stage: Stage, told: readonly Told[]): readonly string[] {
  const failing = stage.states.cells().filter(({ published }) => published === "fail" || published === "error");
  const alarms = told.filter(({ event }) => event === "alarm");
  return failing.flatMap(({ key, result: { host, check } }) => {
    const named = alarms.some(({ cause, rows: about }) => {
      const row = about.some((each) => each.host === host && each.check === check);
      return row || (cause.kind !== "vector" && cause.hosts.includes(host));
    });
    return named ? [] : [key];
  });
}

describe("whatever happens", () => {
  const HOSTS = ["dc01", "dc02", "dc03"];
  const outcome = fc.constantFrom<ResultEntry["outcome"]>("pass", "pass", "fail", "inconclusive", "error");
  const run = fc.array(fc.tuple(outcome, fc.boolean()), { minLength: 12, maxLength: 12 });

  it("each row that was told of is told of again when it passes, and everything ends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 12 }), async (runs) => {
        const stage = new Stage();
        const told: Told[] = [];
        const resultsOf = (cells: readonly (readonly [ResultEntry["outcome"], boolean])[]) =>
          cells.map(([each, rejected], at) => {
            const more = each !== "pass" && rejected ? rejectedBy("10.1.1.1") : {};
            return row(each, HOSTS[at % 3]!, Math.floor(at / 3), more);
          });
        for (const each of runs) told.push(...(await stage.run(resultsOf(each))));
        expect(untold(stage, told)).toEqual([]);
        const good = resultsOf(Array.from({ length: 12 }, () => ["pass", false] as const));
        told.push(...(await stage.run(good)));
        const bad = new Set<string>();
        const covered = new Map<string, readonly string[]>();
        for (const { event, incident, over, cause, rows: about } of told) {
          if (event === "alarm" && cause.kind !== "vector") covered.set(incident, cause.hosts);
          for (const { host, check } of about) {
            const key = `${host} ${check}`;
            // An alarm is about rows that were not told to be bad, a recovery about some that were, or whose host was.
            const known = bad.has(key) || (event !== "alarm" && covered.get(incident)?.includes(host) === true);
            expect(known, `${event} ${key}`).toBe(event !== "alarm");
            if (event === "alarm") bad.add(key);
            else bad.delete(key);
          }
          if (over) covered.delete(incident);
        }
        expect([...bad]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
