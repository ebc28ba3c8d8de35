/** One run of a schedule as the agent keeps it: what state, history, metrics and alarms are fed with. */
import type { ReportDocument } from "../report/document.ts";
import type { RunStatus } from "../report/status-document.ts";

export interface RunRecord {
  /** Unique; every log line of the run bears it. */
  readonly id: string;
  readonly schedule: string;
  readonly status: RunStatus;
  /** Why the agent holds itself to be cut off, where `status` says so. */
  readonly offline?: string;
  /** Milliseconds since 1970, by the wall clock. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly document: ReportDocument;
}
