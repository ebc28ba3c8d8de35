/**
 * What the status page shows: the newest result of every cell of the matrix, with what became of it over time. The agent
 * publishes it at /api/v1/status; `-o html` makes one of a single report, without a past.
 */
import type { Outcome } from "../model/words.ts";
import type { FindingEntry, ProfileEntry, ResultEntry, Summary, Tool } from "./document.ts";

export const STATUS_SCHEMA_VERSION = 1;

export interface StatusDocument {
  readonly schemaVersion: typeof STATUS_SCHEMA_VERSION;
  readonly tool: Tool;
  /** When this was written; ISO 8601, UTC, as all times here. */
  readonly writtenAt: string;
  /** The machine that asks, and its roles. */
  readonly source: { readonly host: string; readonly role?: string };
  /** The last run of each schedule; of a report the one that made it. */
  readonly runs: readonly StatusRun[];
  readonly profiles: readonly ProfileEntry[];
  /** Of the last run of each schedule. */
  readonly findings: readonly FindingEntry[];
  /** In the order of the plans. */
  readonly cells: readonly StatusCell[];
}

/** `agent-offline`: our own side was cut off, so the run is no vote. */
export const RUN_STATUSES = ["completed", "agent-offline", "interrupted"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export interface StatusRun {
  readonly schedule: string;
  readonly id: string;
  readonly status: RunStatus;
  /** Why the agent holds itself to be cut off. */
  readonly offline?: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly summary: Summary;
  /** When the schedule is due next. */
  readonly nextAt?: string;
  /** Runs that were left out since the agent started, because the one before was still going on. */
  readonly missed?: number;
}

export interface StatusCell {
  /** Stable across runs: see cellKey. */
  readonly key: string;
  /** The schedule that asks it; absent in a report. */
  readonly schedule?: string;
  /** As published: the agent changes it only after several runs say so. The last run's own is in `result`. */
  readonly outcome: Outcome;
  /** When the published outcome began. */
  readonly since?: string;
  readonly lastPassAt?: string;
  /** Too few runs agree yet: `outcome` is that of the newest. */
  readonly unsettled?: true;
  readonly flapping?: true;
  /** It is as the history has it: since the agent started, no run of its schedule was completed. */
  readonly earlier?: true;
  /** When `result` was seen. A row that is not yet due keeps an older one. */
  readonly resultAt: string;
  readonly result: ResultEntry;
  /** The raw outcomes of the last votes, oldest first; a run that was no vote is not among them. */
  readonly history?: readonly Stretch[];
}

/** Votes in a row that said the same. A steady cell has one stretch, however often it was asked. */
export interface Stretch {
  readonly outcome: Outcome;
  /** How many; all stretches of a cell together at most 120. */
  readonly votes: number;
  /** When the first and the last of them were made. */
  readonly from: string;
  readonly to: string;
}

/** Profile, check, host, address and direction: what makes a cell the same in every run. */
export function cellKey({
  profile,
  check,
  host,
  address,
  direction,
}: Pick<ResultEntry, "profile" | "check" | "host" | "address" | "direction">): string {
  return `${profile} ${check} ${host} ${address ?? ""} ${direction}`;
}
