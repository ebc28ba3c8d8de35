/**
 * JUnit XML for build servers: a suite for each profile and target, a test case for each check. What fails the run is a
 * failure, what leaves it undecided an error, and what moves no exit code is never red: the report is green exactly when
 * the run exits with 0. No document specifies the format; these are elements that Jenkins, GitLab and pytest share.
 */
import type { ProfileEntry, ReportDocument, ResultEntry } from "./document.ts";
import { type Fact, junitFacts } from "./junit-facts.ts";
import type { Renderer } from "./renderer.ts";
import { safeStrings } from "./safe-text.ts";
import { isOf, targetsOf, targetText } from "./targets.ts";
import { element } from "./xml.ts";

export function junit(): Renderer {
  return { end: (document) => `<?xml version="1.0" encoding="UTF-8"?>\n${suitesElement(safeStrings(document))}` };
}

interface Suite {
  readonly name: string;
  readonly facts: readonly Fact[];
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  readonly durationMs: number;
  readonly facts: readonly Fact[];
  readonly mark?: Mark;
}

/** The element that a test case bears; none for one that passed. */
interface Mark {
  readonly name: "failure" | "error" | "skipped";
  readonly type?: string;
  readonly message: string;
}

function suitesElement(document: ReportDocument): string {
  const checked = document.profiles.flatMap((profile) => suitesOf(profile, document));
  const suites = [...checked, ...suiteOfExitCode(document, checked)];
  const cases = suites.flatMap((suite) => suite.cases);
  return element(
    "testsuites",
    { name: document.tool.name, ...countsOf(cases), time: seconds(document.durationMs) },
    suites.map((suite) => suiteElement(suite, document)),
  );
}

function suitesOf(profile: ProfileEntry, document: ReportDocument): readonly Suite[] {
  const results = document.results.filter((one) => one.profile === profile.id && one.canary !== true);
  return targetsOf(results).map((target) => {
    const own = results.filter(isOf(target));
    const openGroups = document.summary.exitCode === 0 ? NONE : groupsWithoutPass(own);
    const findings = document.findings.filter(({ host }) => host === target.host);
    return {
      name: `${profile.id} ${targetText(target)}`,
      facts: [
        ["title", profile.title],
        ["caution", profile.caution],
        ["exitCode", document.summary.exitCode],
        ["cause", document.summary.cause],
        ...findings.map(({ text }) => ["finding", text] as const),
      ],
      cases: own.map((result) => caseOf(result, openGroups)),
    };
  });
}

/** A run that exits with 0 has no open group: another address of the host passed it, and that was enough. */
const NONE: ReadonlySet<string> = new Set();

/** A run can end with another code than 0 though no check is red: nothing of a profile passed, or it was interrupted. */
function suiteOfExitCode({ summary }: ReportDocument, suites: readonly Suite[]): readonly Suite[] {
  const red = suites.some(({ cases }) => cases.some(({ mark }) => mark?.name === "failure" || mark?.name === "error"));
  if (red || summary.exitCode === 0) return [];
  const mark: Mark = { name: "error", type: `exit ${summary.exitCode}`, message: summary.cause ?? "" };
  return [{ name: "run", facts: [], cases: [{ name: "exit code", durationMs: 0, facts: [], mark }] }];
}

/** Any-of groups of which no member passed: their members are as red as required rows. */
function groupsWithoutPass(results: readonly ResultEntry[]): ReadonlySet<string> {
  const passed = new Set(results.filter(({ outcome }) => outcome === "pass").map(({ group }) => group));
  return new Set(results.flatMap(({ group }) => (group === undefined || passed.has(group) ? [] : [group])));
}

function caseOf(result: ResultEntry, openGroups: ReadonlySet<string>): Case {
  const mark = markOf(result, openGroups);
  const { check: name, durationMs } = result;
  return { name, durationMs, facts: junitFacts(result), ...(mark && { mark }) };
}

function markOf(result: ResultEntry, openGroups: ReadonlySet<string>): Mark | undefined {
  const { outcome, detail, reason, required, group } = result;
  const inOpenGroup = group !== undefined && openGroups.has(group) && outcome !== "skipped";
  if (outcome === "pass") return undefined;
  if (outcome === "planned") return { name: "skipped", message: `planned: ${detail}` };
  if (!required && !inOpenGroup) {
    return { name: "skipped", message: outcome === "skipped" ? detail : `${outcome}, not required: ${detail}` };
  }
  if (outcome === "fail") return { name: "failure", type: reason ?? outcome, message: detail };
  return { name: "error", type: outcome === "error" ? (reason ?? outcome) : outcome, message: detail };
}

function suiteElement({ name, facts, cases }: Suite, document: ReportDocument): string {
  const attributes = {
    name,
    ...countsOf(cases),
    time: seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    // The format has no zone; by custom the time is UTC.
    timestamp: document.startedAt.replace(/\.\d+Z$/, ""),
    hostname: document.source.host,
  };
  return element("testsuite", attributes, [
    ...propertiesElement(facts),
    ...cases.map((one) =>
      element("testcase", { classname: name, name: one.name, time: seconds(one.durationMs) }, [
        ...propertiesElement(one.facts),
        ...(one.mark === undefined ? [] : [markElement(one.mark)]),
      ]),
    ),
  ]);
}

function markElement({ name, type, message }: Mark): string {
  return element(name, { ...(type !== undefined && { type }), message }, []);
}

function propertiesElement(facts: readonly Fact[]): readonly string[] {
  const known = facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: `${value}` }]));
  const properties = known.map((attributes) => element("property", attributes, []));
  return properties.length === 0 ? [] : [element("properties", {}, properties)];
}

function countsOf(cases: readonly Case[]): Readonly<Record<string, string>> {
  const count = (name: Mark["name"]) => `${cases.filter(({ mark }) => mark?.name === name).length}`;
  return { tests: `${cases.length}`, failures: count("failure"), errors: count("error"), skipped: count("skipped") };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
