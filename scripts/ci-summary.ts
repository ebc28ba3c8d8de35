/** How the steps of a CI run add up to its closing line. */

/** What vitest's JSON reporter writes, as far as it is counted here. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
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
  /** Steps that went wrong, with the reason. */
  readonly wrong: readonly string[];
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
    wrong: wrong.map(({ text }) => text),
  };
}

/** The one line that a CI run ends with. */
export function closingLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
