/** A cell of the matrix over time: what several runs together say of one row at one address. */
import type { Outcome } from "../model/words.ts";
import type { ResultEntry } from "../report/document.ts";

export interface CellState {
  /** Stable across runs and restarts: see cellKey of report/status-document.ts. */
  readonly key: string;
  /** The schedule that asked it last. */
  readonly schedule: string;
  /** Changes only after N of the last M votes say so; `skipped` for a row that was never asked. See damping.ts. */
  readonly published: Outcome;
  /**
   * Whether N of M votes agreed at least once. Until then `published` is the outcome of the newest vote, to be shown as
   * not yet settled, and nobody is alarmed.
   */
  readonly settled: boolean;
  /** When the published outcome began; milliseconds since 1970, as all times here. Never later than the newest run. */
  readonly sinceMs: number;
  readonly lastPassMs?: number;
  readonly flapping: boolean;
  /** The last result that was a vote; of a row that was never asked the last that says why. `outcome` is the raw one. */
  readonly result: ResultEntry;
  /** When `result` was seen: the start of its run. */
  readonly resultMs: number;
  /** Raw outcomes that were votes, oldest first, at most HISTORY_VOTES. In the order of the runs, whatever the clock did. */
  readonly votes: readonly Vote[];
  /** How many of the newest votes may still change the published outcome: those after the N that agreed on it. */
  readonly unspentVotes: number;
}

export interface Vote {
  readonly atMs: number;
  readonly outcome: Outcome;
}

/** As many as the status page draws. */
export const HISTORY_VOTES = 120;

/**
 * A published outcome changed. `from` is undefined when a cell settles for the first time. A cell that is gone from
 * CellStates.cells() has no outcome any more, and no transition says so.
 */
export interface Transition {
  readonly from?: Outcome;
  readonly cell: CellState;
  readonly atMs: number;
  readonly runId: string;
}

export { cellKey } from "../report/status-document.ts";
