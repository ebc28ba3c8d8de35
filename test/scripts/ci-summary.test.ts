import { describe, expect, it } from "vitest";
import { closingLine, type StepResult, summarise, type VitestReport } from "../../scripts/ci-summary.ts";

const report = (numPassedTests: number, numFailedTests = 0, numPendingTests = 0): VitestReport => ({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests: 0,
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
});
