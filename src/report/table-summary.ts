/** The last lines of a table: the counts, and what the exit code means. */
import type { Counts, ReportDocument } from "./document.ts";
import { costText } from "./plan-document.ts";
import { hanging, plural } from "./text-layout.ts";

const OUTCOMES = ["pass", "fail", "inconclusive", "error", "skipped"] as const;

/** Counts and exit code of a run, or what a plan costs. */
export function summaryLines(document: ReportDocument, width: number): readonly string[] {
  const { summary } = document;
  if (summary.estimate !== undefined) return hanging("  ", planText(document), width);
  const optional = countsText(summary.optional);
  const counts = countsText(summary) || "nothing required was asked";
  const text = `${counts}${optional === "" ? "" : ` (+ ${optional} not required)`} in ${seconds(document.durationMs)}`;
  return [...hanging("  ", text, width), ...hanging(`  exit ${summary.exitCode}: `, summary.cause ?? "", width)];
}

/** `12 pass, 2 fail`: what is zero is not said. */
function countsText(counts: Counts): string {
  return OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`)
    .join(", ");
}

function planText({ summary, results }: ReportDocument): string {
  const planned = (summary.planned ?? 0) + (summary.optional.planned ?? 0);
  const skipped = summary.skipped + summary.optional.skipped;
  const canaries = results.filter(({ canary }) => canary === true).length;
  const parts = [
    plural(planned, "check"),
    ...(canaries > 0 ? [plural(canaries, "canary check")] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const cost = `${costText(summary.estimate!)}, announced endpoints and second asks apart`;
  return `${parts.join(", ")}: ${cost}; nothing was sent`;
}

/** `6.1 s`. */
function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
