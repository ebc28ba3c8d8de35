/** One run in every format: whatever is read of it, it must be what the JSON document says. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";

/** Formats beside JSON, which each run prints into a file of its own. */
const FORMATS = ["table", "ndjson", "junit", "nagios"] as const;
type Texts = Readonly<Record<(typeof FORMATS)[number], string>>;

/** Arguments that print a run into `folder` in every format but JSON. */
export function formatArguments(folder: string): readonly string[] {
  return FORMATS.flatMap((format) => ["-o", `${format}=${join(folder, format)}`]);
}

/** What those arguments made of a run. */
export async function readFormats(folder: string): Promise<Texts> {
  const texts = FORMATS.map(async (format) => [format, await readFile(join(folder, format), "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts)) as Texts;
}

/** Cells, counts and exit code are the same in all of them. */
export function expectSameInEveryFormat({ table, ndjson, junit, nagios }: Texts, document: ReportDocument): void {
  expectSameLines(ndjson, document);
  expectSameTestCases(junit, document);
  expect(nagios).toMatch(NAGIOS_STATES[document.summary.exitCode]!);
  // Several addresses stand in a grid.
  if (new Set(document.results.map(({ address }) => address)).size === 1) expectSameWords(table, document);
}

function expectSameLines(ndjson: string, { results, ...rest }: ReportDocument): void {
  const lines = ndjson.trimEnd().split("\n");
  const { type, ...summary } = JSON.parse(lines.pop()!);
  expect(type).toBe("summary");
  expect(summary).toEqual(rest);
  // A result may be printed again, and the later line holds.
  const last = new Map(lines.map((line) => JSON.parse(line)).map(({ type: _, ...one }) => [keyOf(one), one]));
  expect(last).toEqual(new Map(results.map((one) => [keyOf(one), one])));
}

function keyOf({ check, address }: ResultEntry): string {
  return `${address} ${check}`;
}

/** Required rows that fail are failures, other required rows that do not pass are errors. */
function expectSameTestCases(junit: string, { results, summary }: ReportDocument): void {
  const required = results.filter((one) => one.required);
  const failures = required.filter(({ outcome }) => outcome === "fail").length;
  const errors = required.filter(({ outcome }) => outcome !== "fail" && outcome !== "pass").length;
  expect(junit).toContain(`failures="${failures}" errors="${errors}"`);
  expect(failures + errors === 0).toBe(summary.exitCode === 0);
}

const NAGIOS_STATES: Readonly<Record<number, RegExp>> = {
  0: /^UNITY-PROBE OK - /,
  1: /^UNITY-PROBE CRITICAL - /,
  3: /^UNITY-PROBE (WARNING|UNKNOWN) - /,
  130: /^UNITY-PROBE UNKNOWN - /,
};

const WORDS = { pass: "PASS", fail: "FAIL", inconclusive: "????", skipped: "SKIP", error: "ERR", planned: "PLAN" };

/** A table of one address begins each row with its outcome and endpoint. Skipped rows may be folded into one line. */
function expectSameWords(table: string, { results }: ReportDocument): void {
  const lines = table.matchAll(/^ {2}(\S+) +((?:tcp|udp)\/[\d-]+) /gm);
  const shown = [...lines].map(([, word, endpoint]) => `${endpoint} ${word}`);
  const rows = results.filter(({ via, canary }) => via === undefined && canary !== true);
  const words = rows.map(({ transport, ports, outcome }) => `${transport}/${ports} ${WORDS[outcome]}`);
  const isAsked = (words: string) => !words.endsWith(WORDS.skipped);
  expect(shown.filter(isAsked)).toEqual(words.filter(isAsked));
}
