/** Runs that differ from each other, and are the same whoever makes them. */
import type { RunRecord } from "../../src/agent/run-record.ts";
import type { Outcome } from "../../src/model/words.ts";
import { entry, notDue, record } from "./sample-record.ts";

const WORDS: readonly Outcome[] = ["pass", "pass", "fail", "fail", "error", "pass", "skipped", "inconclusive"];

/** Forty rows: some steady, some not due now and then, some that differ often. */
export function variedRun(run: number): RunRecord {
  const results = Array.from({ length: 40 }, (_, row) => {
    const where = { check: `row-${row}/tcp/${row}`, ports: String(row) };
    if (row % 4 === 3 && run % 3 !== 0) return notDue(where);
    const word = row % 2 === 0 ? "pass" : WORDS[(run * (row + 1) + (run >> 3)) % WORDS.length]!;
    return entry(word, { ...where, detail: `run ${run} of row ${row}` });
  });
  return record(run, results);
}
