/**
 * One line for monitoring: `UNITY-PROBE CRITICAL - text | perfdata`, after the Monitoring Plugins Development Guidelines.
 * A name without an address and a service that stayed silent are the network's doing, and there no UNKNOWN: that is for
 * what this machine itself could not do.
 */
import { EXIT_CODES } from "../model/result.ts";
import type { ReportDocument } from "./document.ts";
import type { Renderer } from "./renderer.ts";
import { safeText } from "./safe-text.ts";
import { plural } from "./text-layout.ts";

/** The exit codes of a plug-in. */
export const NAGIOS_STATES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
export type NagiosState = (typeof NAGIOS_STATES)[keyof typeof NAGIOS_STATES];

const WORDS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

/** Agents on the way to the monitoring server cut lines of a thousand bytes. */
const TEXT_MAX = 500;

export function nagios(): Renderer {
  return { end: (document) => nagiosLine(nagiosState(document), textOf(document), perfdataOf(document)) };
}

/** The plug-in's exit code for a run or a plan. */
export function nagiosState({ summary, results }: ReportDocument): NagiosState {
  switch (summary.exitCode) {
    case EXIT_CODES.passed:
      return NAGIOS_STATES.ok;
    case EXIT_CODES.failed:
      return NAGIOS_STATES.critical;
    case EXIT_CODES.undecided: {
      const ownSide = results.some((one) => one.required && one.outcome === "error" && one.reason !== "name-not-found");
      return ownSide ? NAGIOS_STATES.unknown : NAGIOS_STATES.warning;
    }
    default:
      return NAGIOS_STATES.unknown;
  }
}

/** The line of a state, with a line feed. A bar would begin the performance data. */
export function nagiosLine(state: NagiosState, text: string, perfdata = ""): string {
  const safe = safeText(text).replaceAll("|", "/");
  const short = safe.length > TEXT_MAX ? `${safe.slice(0, TEXT_MAX)}...` : safe;
  return `UNITY-PROBE ${WORDS[state]} - ${short}${perfdata === "" ? "" : ` | ${perfdata}`}\n`;
}

function textOf({ summary, results }: ReportDocument): string {
  if (summary.estimate !== undefined) return `${plural(results.length, "check")} planned, nothing was sent`;
  return summary.exitCode === EXIT_CODES.passed ? `${summary.pass} pass: ${summary.cause}` : `${summary.cause}`;
}

/** The counts of required rows, and the time. */
function perfdataOf({ summary, durationMs }: ReportDocument): string {
  if (summary.estimate !== undefined) return "";
  const { pass, fail, inconclusive, error, skipped } = summary;
  const counts = Object.entries({ pass, fail, inconclusive, error, skipped });
  return [
    `time=${(durationMs / 1_000).toFixed(3)}s;;;0`,
    ...counts.map(([name, count]) => `${name}=${count};;;0`),
  ].join(" ");
}
