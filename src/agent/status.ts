/** What the agent knows, as the document that the status page draws and /api/v1/status gives. */
import type { FindingEntry, ProfileEntry, Tool } from "../report/document.ts";
import {
  STATUS_SCHEMA_VERSION,
  type StatusCell,
  type StatusDocument,
  type StatusRun,
  type Stretch,
} from "../report/status-document.ts";
import type { CellState, Vote } from "./cell.ts";
import type { RunRecord } from "./run-record.ts";

export interface StatusParts {
  readonly tool: Tool;
  readonly source: StatusDocument["source"];
  /** Milliseconds since 1970. */
  readonly writtenAtMs: number;
  /** The last run of each schedule, in the order of the configuration. */
  readonly runs: readonly LastRun[];
  /** In the order of the plans. */
  readonly cells: readonly CellState[];
  /** Whether what a cell says is from before this process; absent: of none it is. */
  readonly isEarlier?: (cell: CellState) => boolean;
}

export interface LastRun {
  readonly record: RunRecord;
  readonly nextAtMs?: number;
  readonly missed?: number;
}

/** The status document, whose cells are made one by one as somebody reads them: there may be 30,000. */
export type StatusSource = Omit<StatusDocument, "cells"> & { readonly cells: Iterable<StatusCell> };

/** The status document. A profile or a finding that several schedules have stands in it once. */
export function statusDocument(parts: StatusParts): StatusDocument {
  const source = statusSource(parts);
  return { ...source, cells: [...source.cells] };
}

/** The same, to be read once. */
export function statusSource({
  tool,
  source,
  writtenAtMs,
  runs,
  cells,
  isEarlier = () => false,
}: StatusParts): StatusSource {
  const documents = runs.map(({ record }) => record.document);
  const profiles = new Map<string, ProfileEntry>();
  for (const profile of documents.flatMap((document) => document.profiles)) profiles.set(profile.id, profile);
  const findings = new Map<string, FindingEntry>();
  for (const finding of documents.flatMap((document) => document.findings)) {
    findings.set(JSON.stringify([finding.check, finding.host, finding.text]), finding);
  }
  return {
    schemaVersion: STATUS_SCHEMA_VERSION,
    tool,
    writtenAt: isoTime(writtenAtMs),
    source,
    runs: runs.map(statusRun),
    profiles: [...profiles.values()],
    findings: [...findings.values()],
    cells: statusCells(cells, isEarlier),
  };
}

function statusRun({ record, nextAtMs, missed }: LastRun): StatusRun {
  const { schedule, id, status, offline, startedAtMs, durationMs, document } = record;
  return {
    schedule,
    id,
    status,
    ...(offline !== undefined && { offline }),
    startedAt: isoTime(startedAtMs),
    durationMs,
    summary: document.summary,
    ...(nextAtMs !== undefined && { nextAt: isoTime(nextAtMs) }),
    ...(missed !== undefined && { missed }),
  };
}

function* statusCells(cells: Iterable<CellState>, isEarlier: (cell: CellState) => boolean): Generator<StatusCell> {
  for (const cell of cells) yield statusCell(cell, isEarlier(cell));
}

function statusCell(cell: CellState, earlier: boolean): StatusCell {
  const { key, schedule, published, settled, sinceMs, lastPassMs, flapping, result, resultMs, votes } = cell;
  return {
    key,
    schedule,
    outcome: published,
    since: isoTime(sinceMs),
    ...(lastPassMs !== undefined && { lastPassAt: isoTime(lastPassMs) }),
    ...(!settled && published !== "skipped" && { unsettled: true }),
    ...(flapping && { flapping }),
    ...(earlier && { earlier }),
    resultAt: isoTime(resultMs),
    result,
    history: stretchesOf(votes),
  };
}

/** Votes that follow each other and say the same, as one stretch. */
export function stretchesOf(votes: readonly Vote[]): readonly Stretch[] {
  const stretches: { readonly outcome: Vote["outcome"]; votes: number; readonly fromMs: number; toMs: number }[] = [];
  for (const { outcome, atMs } of votes) {
    const last = stretches.at(-1);
    if (last?.outcome !== outcome) stretches.push({ outcome, votes: 1, fromMs: atMs, toMs: atMs });
    else {
      last.votes += 1;
      last.toMs = atMs;
    }
  }
  return stretches.map(({ fromMs, toMs, ...stretch }) => ({ ...stretch, from: isoTime(fromMs), to: isoTime(toMs) }));
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
