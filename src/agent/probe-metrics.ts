/** What /probe says: one run of one profile against one host, under the names that dashboards of blackbox_exporter use. */
import { EXIT_CODES } from "../model/result.ts";
import type { ReportDocument, ResultEntry } from "../report/document.ts";
import { cellKey } from "../report/status-document.ts";
import { table } from "../report/table.ts";
import type { CellState } from "./cell.ts";
import { certificateEndS, type ShownCell, writeCells } from "./check-metrics.ts";
import { writeFamily, writeLabels } from "./exposition.ts";
import { type Family, PROBE_FAMILIES } from "./metric-families.ts";

const REPORT = table({ color: false, width: 120, verbose: true });

/** What came of a probe. */
export interface Probed {
  readonly document: ReportDocument;
  /** How long the name was looked up; absent where there was none to look up. */
  readonly lookupMs?: number;
}

/** Without a document nothing came of it within the time. */
export interface ProbeRun extends Partial<Probed> {
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly startedAtMs: number;
}

/** A result, and when the run began that saw it. */
export type KeptResult = Pick<CellState, "result" | "resultMs">;

/** The newest result of a cell, for rows that may not be asked again so soon. */
export type KeptCell = (key: string) => KeptResult | undefined;

/** The text of an answer, in pieces. */
export function* writeProbe(run: ProbeRun, kept: KeptCell): Generator<string> {
  const { document, durationMs, timeoutMs, lookupMs } = run;
  const cells = document === undefined ? [] : document.results.map((result) => shownCell(result, run, kept));
  const results = cells.map(({ result }) => result).filter(({ canary }) => canary !== true);
  const write = (family: Family, value: number | undefined) =>
    writeFamily(family, value === undefined ? [] : [{ labels: "", value }]);
  yield* write(PROBE_FAMILIES.success, document !== undefined && succeeded(document, kept) ? 1 : 0);
  yield* write(PROBE_FAMILIES.duration, durationMs / 1000);
  yield* write(PROBE_FAMILIES.timeout, timeoutMs / 1000);
  yield* write(PROBE_FAMILIES.lookup, lookupMs === undefined ? undefined : lookupMs / 1000);
  yield* write(PROBE_FAMILIES.complete, isComplete(document) ? 1 : 0);
  yield* write(PROBE_FAMILIES.ipProtocol, ipProtocol(results));
  yield* write(PROBE_FAMILIES.earliestExpiry, earliest(results.map(certificateEndS)));
  yield* writeWords(PROBE_FAMILIES.tlsVersion, "version", results, "tlsVersion");
  yield* writeWords(PROBE_FAMILIES.tlsCipher, "cipher", results, "tlsCipher");
  if (document !== undefined) yield* writeSummary(document);
  yield* writeCells(cells);
}

/** What blackbox_exporter shows for `debug=true`: what happened, here as the report in words, and the metrics of it. */
export function* writeDebug({ document }: ProbeRun, metrics: Iterable<string>): Generator<string> {
  yield "Logs for the probe:\n";
  yield document === undefined ? "it did not end within its time\n" : REPORT.end(document);
  yield "\n\nMetrics that would have been returned:\n";
  yield* metrics;
}

function isComplete(document: ReportDocument | undefined): boolean {
  return document !== undefined && document.summary.exitCode !== EXIT_CODES.interrupted;
}

/** A result of this run; of a row that was not due the one that the agent keeps, with its time. */
function shownCell(result: ResultEntry, { startedAtMs }: ProbeRun, kept: KeptCell): ShownCell {
  const old = result.reason === "not-due" ? kept(cellKey(result)) : undefined;
  if (old !== undefined) return { published: old.result.outcome, result: old.result, resultMs: old.resultMs };
  return { published: result.outcome, result, resultMs: startedAtMs };
}

/**
 * Whether every required row passed. A row that was not due counts as the agent saw it last: a limit of ours on how often
 * a service is asked says nothing about the service.
 */
export function succeeded({ summary, results, profiles }: ReportDocument, kept: KeptCell): boolean {
  // A profile that is switched off as a whole ends with 0 too, and proves nothing.
  if (summary.exitCode === EXIT_CODES.passed) return results.some(({ outcome }) => outcome === "pass");
  if (summary.exitCode !== EXIT_CODES.undecided) return false;
  const passedBefore = (result: ResultEntry): boolean =>
    result.reason === "not-due" && kept(cellKey(result))?.result.outcome === "pass";
  const passes = (result: ResultEntry): boolean => result.outcome === "pass" || passedBefore(result);
  const excused = results.filter((result) => result.required && passedBefore(result)).length;
  const groups = groupsOf(results).filter((members) => !members.some(({ outcome }) => outcome === "pass"));
  const excusedGroups = groups.filter((members) => members.some(passedBefore)).length;
  const undecided = summary.inconclusive + summary.skipped + summary.error;
  return (
    undecided === excused + excusedGroups &&
    profiles.every(({ id }) => results.some((result) => result.profile === id && passes(result)))
  );
}

/** The members of each any-of group on each address. */
function groupsOf(results: readonly ResultEntry[]): readonly (readonly ResultEntry[])[] {
  const groups = new Map<string, ResultEntry[]>();
  for (const result of results) {
    if (result.group === undefined) continue;
    const key = [result.profile, result.host, result.address ?? "", result.group].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()];
}

/** 4 or 6, where all that was asked is of one family. */
function ipProtocol(results: readonly ResultEntry[]): number | undefined {
  const asked = results.filter(({ address, state }) => address !== null && state !== null);
  const families = new Set(asked.map(({ address }) => (address?.includes(":") ? 6 : 4)));
  return families.size === 1 ? [...families][0] : undefined;
}

function earliest(ends: readonly (number | undefined)[]): number | undefined {
  const known = ends.filter((end) => end !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Each word that the evidence of a result has under a name, once. */
function writeWords(family: Family, label: string, results: readonly ResultEntry[], evidence: string) {
  const words = new Set(results.map((result) => result.evidence[evidence]).filter((word) => typeof word === "string"));
  return writeFamily(
    family,
    [...words].sort().map((word) => ({ labels: writeLabels({ [label]: word }), value: 1 })),
  );
}

function writeSummary({ summary: { pass, fail, inconclusive, skipped, error } }: ReportDocument) {
  const counts = Object.entries({ pass, fail, inconclusive, skipped, error });
  return writeFamily(
    PROBE_FAMILIES.checks,
    counts.map(([outcome, value]) => ({ labels: writeLabels({ outcome }), value })),
  );
}
