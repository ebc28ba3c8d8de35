/** How the steps of a CI run add up to its closing line. */
import { stripVTControlCharacters } from "node:util";

/** What vitest's JSON reporter writes, as far as it is counted here. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** One for each test file. */
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  /** Why the file itself failed; empty when only its tests did. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[] | null;
  }[];
}

export interface StepResult {
  readonly name: string;
  /** The command ended with exit code 0. */
  readonly succeeded: boolean;
  /** Absent for a step that runs no tests. */
  readonly tests?: {
    /** Absent when the runner wrote none, or not as JSON. */
    readonly report?: VitestReport;
    /** A skipped test fails the step. */
    readonly skipsFail: boolean;
  };
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Steps that went wrong, with the reason, each before the tests of it that failed. */
  readonly wrong: readonly string[];
}

/** More failures of one step are counted, not shown: the log has them all. */
const SHOWN_FAILURES = 10;
const SHOWN_LENGTH = 300;

/** The first lines of what a runner says of a failure: enough to know it again. */
function gist(message: string): string {
  const lines = stripVTControlCharacters(message)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("at "));
  return lines.join(" ").slice(0, SHOWN_LENGTH);
}

/** What failed in a report: file, test and the first words of the reason. */
function failuresOf(report: VitestReport): string[] {
  const all = report.testResults.flatMap((file) => {
    const tests = file.assertionResults.filter(({ status }) => status === "failed");
    if (tests.length === 0) return file.status === "failed" ? [`${file.name}: ${gist(file.message)}`] : [];
    return tests.map((test) => `${file.name} > ${test.fullName}: ${gist(test.failureMessages?.[0] ?? "")}`);
  });
  const hidden = all.length - SHOWN_FAILURES;
  return [...all.slice(0, SHOWN_FAILURES), ...(hidden > 0 ? [`and ${hidden} more`] : [])];
}

/** Why a step failed, beyond its failed tests; undefined when it did not. */
function fault({ succeeded, tests }: StepResult): string | undefined {
  if (tests !== undefined && tests.report === undefined) return "its runner wrote no report";
  const report = tests?.report;
  if (report !== undefined) {
    if (report.numPassedTests + report.numFailedTests === 0) return "no test ran";
    if (tests?.skipsFail && report.numPendingTests + report.numTodoTests > 0) return "tests were skipped";
    if (report.numFailedTests > 0) return `${report.numFailedTests} tests failed`;
  }
  return succeeded ? undefined : "its command failed";
}

/**
 * Passed, failed and skipped tests, from the runners' own reports. A step that failed although no test of its report
 * did counts as one failure, so that `failed` is 0 only when everything went well.
 */
export function summarise(steps: readonly StepResult[]): Summary {
  const sum = (count: (report: VitestReport) => number): number =>
    steps.reduce((total, { tests }) => total + (tests?.report === undefined ? 0 : count(tests.report)), 0);
  const wrong = steps.flatMap((step) => {
    const why = fault(step);
    return why === undefined ? [] : [{ step, text: `${step.name}: ${why}` }];
  });
  const withoutFailedTest = wrong.filter(({ step }) => !((step.tests?.report?.numFailedTests ?? 0) > 0));
  return {
    passed: sum((report) => report.numPassedTests),
    failed: sum((report) => report.numFailedTests) + withoutFailedTest.length,
    skipped: sum((report) => report.numPendingTests + report.numTodoTests),
    wrong: wrong.flatMap(({ step, text }) => [
      text,
      ...(step.tests?.report === undefined ? [] : failuresOf(step.tests.report).map((failure) => `  ${failure}`)),
    ]),
  };
}

/** The one line that a CI run ends with. */
export function closingLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
