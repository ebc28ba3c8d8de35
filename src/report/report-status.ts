/** One report as a status document: the matrix of this moment, without a past. */
import { EXIT_CODES } from "../model/result.ts";
import type { ReportDocument } from "./document.ts";
import { cellKey, STATUS_SCHEMA_VERSION, type StatusDocument } from "./status-document.ts";

/** What stands where the agent names its schedule. */
const BY_HAND = "by hand";

/** The status of a run or of a plan. Every cell is as old as the report. */
export function reportStatus(document: ReportDocument): StatusDocument {
  const { tool, source, profiles, findings, summary, results, startedAt, durationMs } = document;
  const endedAt = new Date(Date.parse(startedAt) + durationMs).toISOString();
  return {
    schemaVersion: STATUS_SCHEMA_VERSION,
    tool,
    writtenAt: endedAt,
    source,
    runs: [
      {
        schedule: BY_HAND,
        id: startedAt,
        status: summary.exitCode === EXIT_CODES.interrupted ? "interrupted" : "completed",
        startedAt,
        durationMs,
        summary,
      },
    ],
    profiles,
    findings,
    cells: results.map((result) => ({ key: cellKey(result), outcome: result.outcome, resultAt: endedAt, result })),
  };
}
