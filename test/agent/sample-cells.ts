/** The cells and the record of one run that has everything a reader of the agent must be shown. */
import type { CellState } from "../../src/agent/cell.ts";
import type { RunRecord } from "../../src/agent/run-record.ts";
import type { ResultEntry } from "../../src/report/document.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { cellKey } from "../../src/report/status-document.ts";
import { sampleRun, TOOL } from "../report/sample-run.ts";

export const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
export const DOCUMENT = runDocument(sampleRun(), TOOL);

export const RECORD: RunRecord = {
  id: "run-1",
  schedule: "default",
  status: "completed",
  startedAtMs: AT_MS,
  durationMs: 6083,
  document: DOCUMENT,
};

/** A settled cell. */
export function cellOf(result: ResultEntry): CellState {
  const passed = result.outcome === "pass" && { lastPassMs: AT_MS };
  return {
    key: cellKey(result),
    schedule: "default",
    published: result.outcome,
    settled: true,
    sinceMs: AT_MS,
    ...passed,
    flapping: false,
    result,
    resultMs: AT_MS,
    votes: [{ atMs: AT_MS, outcome: result.outcome }],
    unspentVotes: 0,
  };
}

export const CELLS: readonly CellState[] = DOCUMENT.results.map(cellOf);

/** The row of the sample that stands at a host's IPv4 address. */
export function resultOf(check: string, address = "10.20.1.10"): ResultEntry {
  const found = DOCUMENT.results.find((result) => result.check === check && result.address === address);
  if (found === undefined) throw new Error(`the sample has no ${check}`);
  return found;
}

/** As many hosts as wanted, each with every cell of the sample's first address. */
export function manyCells(hosts: number): CellState[] {
  const rows = CELLS.filter(({ result }) => result.address === "10.20.1.10");
  return Array.from({ length: hosts }, (_, at) =>
    rows.map((cell) => {
      const result = { ...cell.result, host: `dc${at}.example.com`, address: `10.${at >> 8}.${at & 255}.10` };
      return { ...cell, key: cellKey(result), result };
    }),
  ).flat();
}
