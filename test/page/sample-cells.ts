/** Cells of the sample run, as a status has them. */
import { reportStatus } from "../../src/report/report-status.ts";
import { runDocument } from "../../src/report/run-document.ts";
import type { StatusCell } from "../../src/report/status-document.ts";
import { oneTarget, TOOL } from "../report/sample-run.ts";

export const STATUS = reportStatus(runDocument(oneTarget(), TOOL));

/** The cell of a check, changed. */
export function cellOf(check: string, change: Partial<StatusCell> = {}): StatusCell {
  const found = STATUS.cells.find(({ result }) => result.check === check);
  if (found === undefined) throw new Error(`the sample has no ${check}`);
  return { ...found, ...change };
}
