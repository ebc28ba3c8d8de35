/** Plan -> the report document, outcome `planned` or `skipped`: every row of a profile is in it, nothing was sent. */
import type { Check, Plan } from "../model/check.ts";
import { countPorts } from "../model/ports.ts";
import { EXIT_CODES } from "../model/result.ts";
import { isForTokens } from "../model/tokens.ts";
import { askedEntry, profileEntries } from "./asked.ts";
import type { Counts, Estimate, ReportDocument, ResultEntry, Tool } from "./document.ts";
import { SCHEMA_VERSION } from "./document.ts";
import { durationText, plural } from "./text-layout.ts";

/** What a plan will cost when nothing answers. */
export interface PlanEstimate {
  /** In the order of `plan.checks`; undefined for a check that is not sent. */
  readonly checks: readonly (Estimate | undefined)[];
  readonly total: Estimate;
}

export interface PlanAbout {
  readonly tool: Tool;
  readonly startedAtMs: number;
  readonly source: ReportDocument["source"];
  /** Sentences about the plan as a whole, for instance that it fills connection tables. */
  readonly findings?: ReportDocument["findings"];
}

/** The plan as a document. */
export function planDocument(plan: Plan, estimates: PlanEstimate, about: PlanAbout): ReportDocument {
  const results = plan.checks.map((check, at) => plannedEntry(check, plan, estimates.checks[at]));
  const counted = results.filter((result) => result.canary !== true);
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: about.tool,
    startedAt: new Date(about.startedAtMs).toISOString(),
    durationMs: 0,
    source: about.source,
    profiles: profileEntries(plan),
    findings: about.findings ?? [],
    summary: {
      ...countsOf(counted.filter((result) => result.required || result.group !== undefined)),
      optional: countsOf(counted.filter((result) => !result.required && result.group === undefined)),
      exitCode: EXIT_CODES.passed,
      estimate: estimates.total,
    },
    results,
  };
}

function countsOf(results: readonly ResultEntry[]): Counts {
  const count = (outcome: ResultEntry["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  return { pass: 0, fail: 0, inconclusive: 0, skipped: count("skipped"), error: 0, planned: count("planned") };
}

function plannedEntry(check: Check, plan: Plan, estimate: Estimate | undefined): ResultEntry {
  const required = check.row.required && check.purpose === "row" && check.row.group === undefined;
  return {
    ...askedEntry({ check, required }, plan),
    state: null,
    reason: null,
    serviceState: null,
    outcome: check.skip === undefined ? "planned" : "skipped",
    errorQueue: false,
    detail: check.skip?.why ?? detailOf(check, estimate),
    evidence: {},
    warnings: check.row.warnings ?? [],
    attempts: 0,
    firstTry: false,
    durationMs: 0,
    timeoutMs: 0,
    ...(estimate && check.skip === undefined && { estimate }),
  };
}

function detailOf(check: Check, estimate: Estimate | undefined): string {
  if (check.sameAs !== undefined) return `asked once, for ${check.sameAs.profile} ${check.sameAs.check}`;
  if (estimate === undefined) return check.prober;
  if (check.farEnd !== undefined && isForTokens(check)) return `by the responder: ${costText(estimate)}`;
  const { sample } = estimate;
  const asked = sample === undefined ? "" : `, ${sample} of ${plural(countPorts(check.ports), "port")}`;
  return `${check.prober}${asked}: ${costText(estimate)}`;
}

/** `about 3 packets, 480 bytes, 6 s`: no bound, because announced endpoints and second asks come on top. */
export function costText({ packets, bytes, worstMs }: Estimate): string {
  return `about ${plural(packets, "packet")}, ${plural(bytes, "byte")}, ${durationText(worstMs)}`;
}
