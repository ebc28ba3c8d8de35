/** Rows of one target that were not asked: told together where there is one reason, and nowhere else. */
import { expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { planDocument } from "../../src/report/plan-document.ts";
import { table } from "../../src/report/table.ts";
import { PLAN } from "./sample-plan.ts";

const OPTIONS = { color: false, width: 100 };

function planLeavingOut(except: string): ReportDocument {
  const skip = { why: "left out by --only", deliberate: true };
  const checks = PLAN.checks.map((check) => (check.portsText === except ? check : { ...check, skip }));
  const total = { packets: 1, bytes: 1, worstMs: 1_600 };
  const about = { tool: { name: "unity-probe", version: "0" }, startedAtMs: 0, source: { host: "here" } };
  return planDocument({ ...PLAN, checks }, { checks: checks.map(() => undefined), total }, about);
}

it("folds rows that were left out for one reason into one line behind the others", () => {
  const lines = table(OPTIONS).end(planLeavingOut("5000-5020")).split("\n");
  const skipped = lines.filter((line) => line.includes("left out by --only"));
  expect(skipped).toHaveLength(1);
  expect(skipped[0]).toMatch(/^ {2}SKIP {2}left out by --only: tcp\/88, udp\/88, /);
  const at = (text: string) => lines.findIndex((line) => line.includes(text));
  expect(at("tcp/5000-5020")).toBeLessThan(at("left out by --only"));
});

it("keeps a row of its own for a reason that only one has", () => {
  const document = planLeavingOut("");
  const [first, ...rest] = document.results;
  const results = [{ ...first!, detail: "could disturb a live call" }, ...rest];
  expect(table(OPTIONS).end({ ...document, results })).toMatch(/SKIP {2}tcp\/88 +Kerberos +could disturb a live call/);
});
