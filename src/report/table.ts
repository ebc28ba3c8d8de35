/**
 * The report as a person reads it on a terminal: for each profile one target as a list, or several as a grid; below
 * that findings, counts and what the exit code means.
 */
import type { ProfileEntry, ReportDocument, ResultEntry } from "./document.ts";
import type { Renderer, RenderOptions } from "./renderer.ts";
import { safeStrings, safeText } from "./safe-text.ts";
import { gridLines } from "./table-grid.ts";
import { rowLines } from "./table-rows.ts";
import { summaryLines } from "./table-summary.ts";
import { isShown, outcomeWord } from "./table-words.ts";
import { isOf, type Target, targetsOf, targetText } from "./targets.ts";
import { hanging, widthOf } from "./text-layout.ts";

/** Narrower than this nothing can be read; the terminal wraps instead. */
const WIDTH_MIN = 60;

/** A note stays on one line: its blanks are this until all lines are broken. */
const NO_BREAK = "\u00a0";

export function table(given: RenderOptions): Renderer {
  const note = given.endpointNote;
  const options: RenderOptions = {
    ...given,
    width: Math.max(WIDTH_MIN, given.width),
    ...(note && { endpointNote: (result) => safeText(note(result) ?? "").replaceAll(" ", NO_BREAK) }),
  };
  const page = (document: ReportDocument) => tableLines(safeStrings(document), options).join("\n");
  return { end: (document) => `${page(document).replaceAll(NO_BREAK, " ")}\n` };
}

function tableLines(document: ReportDocument, options: RenderOptions): readonly string[] {
  const sections = document.profiles.flatMap((profile) => {
    const results = document.results.filter((result) => result.profile === profile.id);
    return results.length === 0 ? [] : sectionsOf(profile, results, document, options);
  });
  const findings = findingLines(document, options);
  return [
    ...sections.flatMap((section) => [...section, ""]),
    ...(findings.length === 0 ? [] : [...findings, ""]),
    ...summaryLines(document, options.width),
  ];
}

/** A profile is one list or one grid; a plan knows no outcomes to compare, so each of its hosts is a list. */
function sectionsOf(
  profile: ProfileEntry,
  results: readonly ResultEntry[],
  { summary }: ReportDocument,
  options: RenderOptions,
): readonly (readonly string[])[] {
  if (summary.estimate !== undefined) {
    return targetsOf(results).map((target) => sectionOf(profile, results.filter(isOf(target)), [], options));
  }
  const targets = targetsOf(results);
  const asked = targets.filter((target) => results.filter(isOf(target)).some(({ outcome }) => outcome !== "skipped"));
  if (asked.length === 0) return [sectionOf(profile, results, [], options)];
  const shown = results.filter((result) => asked.some((target) => isOf(target)(result)));
  const leftOut = targets.filter((target) => !asked.includes(target));
  const notes = leftOut.flatMap((target) => leftOutLines(target, results.filter(isOf(target)), shown, options));
  return [sectionOf(profile, shown, notes, options)];
}

function sectionOf(
  profile: ProfileEntry,
  results: readonly ResultEntry[],
  notes: readonly string[],
  options: RenderOptions,
): readonly string[] {
  const { own, lines } = hoistWarnings(results, options);
  const remarks = [...lines, ...notes];
  return [
    ...titleLines(profile, results, options.width),
    ...(profile.caution === undefined ? [] : hanging("  caution: ", profile.caution, options.width)),
    "",
    ...(targetsOf(results).length > 1 ? gridLines(own, options) : rowLines(own, options)),
    ...(remarks.length === 0 ? [] : ["", ...remarks]),
  ];
}

/** Warnings that several rows share are said once, below the rows, with the ports that they are about. */
function hoistWarnings(results: readonly ResultEntry[], options: RenderOptions) {
  const holders = new Map<string, ResultEntry[]>();
  for (const result of results.filter((each) => isShown(each, options))) {
    for (const warning of result.warnings) holders.set(warning, [...(holders.get(warning) ?? []), result]);
  }
  const rowsOf = (holding: readonly ResultEntry[]) => new Set(holding.map(({ check }) => check)).size;
  const shared = new Set([...holders].filter(([, holding]) => rowsOf(holding) > 1).map(([warning]) => warning));
  const own = results.map((result) => ({
    ...result,
    warnings: result.warnings.filter((warning) => !shared.has(warning)),
  }));
  const lines = [...shared].flatMap((warning) => {
    const ports = [...new Set(holders.get(warning)!.map(({ transport, ports }) => `${transport}/${ports}`))];
    return hanging("  warning: ", `${warning} (${ports.join(", ")})`, options.width);
  });
  return { own, lines };
}

/** A target that was not asked at all (no route for its family) is one line, not a column of SKIP. */
function leftOutLines(
  target: Target,
  own: readonly ResultEntry[],
  shown: readonly ResultEntry[],
  options: RenderOptions,
): readonly string[] {
  const skippedAnyway = new Set(shown.filter(({ outcome }) => outcome === "skipped").map(({ check }) => check));
  const reasons = new Set(own.filter(({ check }) => !skippedAnyway.has(check)).map(({ detail }) => detail));
  const text = `${targetText(target)}: ${[...reasons].join("; ")}`;
  return hanging(`  ${outcomeWord("skipped", options)}  `, text, options.width);
}

/** Title, target and our own address; on two lines where one is too short. */
function titleLines({ title }: ProfileEntry, results: readonly ResultEntry[], width: number): readonly string[] {
  const targets = targetsOf(results);
  const hosts = new Set(targets.map(({ host }) => host));
  const sources = new Set(
    results.flatMap(({ source, seenAs }) => (source === null ? [] : [ownAddress(source, seenAs)])),
  );
  const target = targets.length === 1 ? targetText(targets[0]!) : hosts.size === 1 ? targets[0]!.host : "";
  const way = results[0]?.direction === "in" ? "to" : "from";
  const from = sources.size === 0 ? "" : `${way} ${[...sources].join(" and ")}`;
  const where = [target, from].filter((part) => part !== "").join(", ");
  if (where === "") return hanging("", title, width);
  const gap = "        ";
  if (widthOf(title) + gap.length + widthOf(where) <= width) return [title + gap + where];
  return [...hanging("", title, width), ...hanging("  ", where, width)];
}

function ownAddress(source: string, seenAs: string | undefined): string {
  return seenAs === undefined || seenAs === source ? source : `${source} (seen there as ${seenAs})`;
}

/** A finding names its host where the run has several. */
function findingLines({ findings, results }: ReportDocument, { width }: RenderOptions): readonly string[] {
  const alone = new Set(results.map(({ host }) => host)).size === 1;
  return findings.flatMap(({ host, text }) => hanging("  finding: ", alone ? text : `${host}: ${text}`, width));
}
