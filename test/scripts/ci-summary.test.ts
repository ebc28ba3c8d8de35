import { describe, expect, it } from "vitest";
import { closingLine, type StepResult, summarise, type VitestReport } from "../../scripts/ci-summary.ts";

const report = (numPassedTests: number, numFailedTests = 0, numPendingTests = 0): VitestReport => ({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests: 0,
  testResults: [],
});
const tests = (
  name: string,
  of: VitestReport | undefined,
  more: Partial<StepResult> & { skipsFail?: boolean } = {},
) => {
  const { skipsFail = false, succeeded = true } = more;
  return { name, succeeded, tests: of === undefined ? { skipsFail } : { report: of, skipsFail } } satisfies StepResult;
};
const line = (...steps: StepResult[]): string => closingLine(summarise(steps));

describe("the closing line", () => {
  it("adds up the reports; a step without tests adds nothing", () => {
    expect(line({ name: "lint", succeeded: true }, tests("a", report(5, 0, 1)), tests("b", report(7)))).toBe(
      "12 passed, 0 failed, 1 skipped",
    );
  });

  it("counts failed tests once, not also their step", () => {
    expect(line(tests("a", report(5, 2), { succeeded: false }))).toBe("5 passed, 2 failed, 0 skipped");
  });

  it("counts a failed step without tests", () => {
    expect(line({ name: "lint", succeeded: false }, tests("a", report(5)))).toBe("5 passed, 1 failed, 0 skipped");
  });

  it("counts a runner that fails although its tests pass", () => {
    expect(line(tests("a", report(5), { succeeded: false }))).toBe("5 passed, 1 failed, 0 skipped");
  });

  it("counts a runner that says nothing", () => {
    expect(line(tests("a", undefined))).toBe("0 passed, 1 failed, 0 skipped");
  });

  it("counts a runner that found no test", () => {
    expect(line(tests("a", report(0)))).toBe("0 passed, 1 failed, 0 skipped");
  });

  it("counts a skip where none is allowed", () => {
    expect(line(tests("lab", report(5, 0, 3), { skipsFail: true }))).toBe("5 passed, 1 failed, 3 skipped");
  });

  it("goes with the reasons", () => {
    expect(summarise([{ name: "lint", succeeded: false }, tests("lab", report(0))]).wrong).toEqual([
      "lint: its command failed",
      "lab: no test ran",
    ]);
  });

  it("names each failed test with the first words of its reason", () => {
    const failed = (fullName: string, reason: string) => ({ fullName, status: "failed", failureMessages: [reason] });
    const testResults = [
      {
        name: "test/a.test.ts",
        status: "failed",
        message: "",
        assertionResults: [
          failed("adds", "\u001b[31mAssertionError\u001b[39m: expected 1 to be 2\n    at file:1:2"),
          { fullName: "counts", status: "passed", failureMessages: [] },
        ],
      },
      { name: "test/b.test.ts", status: "failed", message: "SyntaxError: no", assertionResults: [] },
      { name: "test/c.test.ts", status: "passed", message: "", assertionResults: [] },
    ];
    const step = tests("lab", { ...report(5, 1), testResults }, { succeeded: false });
    expect(summarise([step]).wrong).toEqual([
      "lab: 1 tests failed",
      "  test/a.test.ts > adds: AssertionError: expected 1 to be 2",
      "  test/b.test.ts: SyntaxError: no",
    ]);
  });

  it("shows ten failed tests and counts the others", () => {
    const assertionResults = Array.from({ length: 13 }, (_, number) => ({
      fullName: `test ${number}`,
      status: "failed",
      failureMessages: ["x".repeat(5000)],
    }));
    const testResults = [{ name: "a", status: "failed", message: "", assertionResults }];
    const { wrong } = summarise([tests("lab", { ...report(0, 13), testResults })]);
    expect(wrong).toHaveLength(12);
    expect(wrong.at(-1)).toBe("  and 3 more");
    expect(Math.max(...wrong.map((text) => text.length))).toBeLessThan(330);
  });
});
