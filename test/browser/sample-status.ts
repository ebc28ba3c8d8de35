/** A status with a past: several hosts over two hours, some failing, flapping, kept from earlier, or as yet undecided. */

import type { CellState, Vote } from "../../src/agent/cell.ts";
import { statusDocument } from "../../src/agent/status.ts";
import type { Outcome } from "../../src/model/words.ts";
import type { ResultEntry } from "../../src/report/document.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { cellKey, type StatusDocument } from "../../src/report/status-document.ts";
import { manyHosts, TOOL } from "../report/sample-run.ts";

const MINUTE_MS = 60_000;
const VOTES = 120;

/** The status of `hosts` hosts as it would be written at a moment, in milliseconds since 1970. */
export function sampleStatus(hosts: number, nowMs: number): StatusDocument {
  const document = runDocument(manyHosts(hosts), TOOL);
  const startedAtMs = nowMs - 8_000;
  return statusDocument({
    tool: TOOL,
    source: document.source,
    writtenAtMs: nowMs,
    runs: [
      {
        record: { id: "run-1", schedule: "default", status: "completed", startedAtMs, durationMs: 6_083, document },
        nextAtMs: startedAtMs + MINUTE_MS,
      },
    ],
    cells: document.results.map((result) => cellState(result, startedAtMs)),
  });
}

function cellState(result: ResultEntry, atMs: number): CellState {
  const bad = result.outcome === "fail" ? 38 : 0;
  return {
    key: cellKey(result),
    schedule: "default",
    published: result.outcome,
    settled: true,
    sinceMs: atMs - (bad === 0 ? 3 * 24 * 60 : bad) * MINUTE_MS,
    lastPassMs: atMs - (bad === 0 ? 0 : bad + 1) * MINUTE_MS,
    flapping: false,
    result,
    resultMs: atMs,
    votes: votesOf(result.outcome, bad, atMs),
    unspentVotes: 0,
  };
}

function votesOf(outcome: Outcome, bad: number, atMs: number): readonly Vote[] {
  return Array.from({ length: VOTES }, (_, at) => ({
    atMs: atMs - (VOTES - 1 - at) * MINUTE_MS,
    outcome: outcome === "fail" && at < VOTES - bad ? "pass" : outcome,
  }));
}

/** The status with one cell changed; the first that fits. */
export function withCell(
  status: StatusDocument,
  fits: (result: ResultEntry) => boolean,
  change: (cell: StatusDocument["cells"][number]) => StatusDocument["cells"][number],
): StatusDocument {
  const at = status.cells.findIndex(({ result }) => fits(result));
  return { ...status, cells: status.cells.map((cell, place) => (place === at ? change(cell) : cell)) };
}
