/** A cell of the matrix over time: what several runs together say of one row at one address. */
import type { Outcome } from "../model/words.ts";
import type { ResultEntry } from "../report/document.ts";

export interface CellState {
  /** Stable across runs and restarts: see cellKey of report/status-document.ts. */
  readonly key: string;
  readonly schedule: string;
  /** Changes only after N of the last M runs say so. */
  readonly published: Outcome;
  /** When the published outcome began; milliseconds since 1970, as all times here. */
  readonly sinceMs: number;
  readonly lastPassMs?: number;
  readonly flapping: boolean;
  /** The last result that was a vote or at least was asked; `result.outcome` is the raw outcome. */
  readonly result: ResultEntry;
  readonly resultMs: number;
  /** Raw outcomes that were votes, oldest first, at most HISTORY_VOTES. */
  readonly votes: readonly Vote[];
}

export interface Vote {
  readonly atMs: number;
  readonly outcome: Outcome;
}

/** As many as the status page draws. */
export const HISTORY_VOTES = 120;

/** A published outcome changed. `from` is undefined for a cell that is met for the first time. */
export interface Transition {
  readonly from?: Outcome;
  readonly cell: CellState;
  readonly atMs: number;
  readonly runId: string;
}

export { cellKey } from "../report/status-document.ts";
