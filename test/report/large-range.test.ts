import { expect, it } from "vitest";
import type { Icmp, PortGroup } from "../../src/model/observation.ts";
import type { CheckResult, RunReport } from "../../src/model/result.ts";
import { createRenderer, type Format } from "../../src/report/index.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { oneTarget, TOOL } from "./sample-run.ts";

/** 64,512 ports of which neighbours differ, rejected by a thousand routers: the longest lists that there can be. */
function worstRange(report: RunReport): RunReport {
  const from = (nth: number): Icmp => ({ type: 3, code: 13, from: `10.1.${nth >> 8}.${nth & 255}` });
  const groups: PortGroup[] = [{ state: "closed", reason: "conn-refused", ports: portsFrom(1_024) }];
  const rejected = portsFrom(1_025);
  for (let nth = 0; nth < 1_000; nth++) {
    const ports = rejected.filter((_, at) => at % 1_000 === nth);
    groups.push({ state: "filtered", reason: "admin-prohibited", offender: from(nth), ports });
  }
  const isRange = ({ range }: CheckResult) => range !== undefined;
  const wide = (result: CheckResult) => ({ ...result, range: { total: 64_512, tested: 64_512, groups } });
  return { ...report, results: report.results.map((result) => (isRange(result) ? wide(result) : result)) };
}

function portsFrom(first: number): number[] {
  return Array.from({ length: 32_256 }, (_, nth) => first + 2 * nth);
}

const options = { width: 100, color: false, verbose: true };
async function more(format: Format): Promise<number> {
  const sizeOf = async (report: RunReport) =>
    (await createRenderer(format, options)).end(runDocument(report, TOOL)).length;
  return (await sizeOf(worstRange(oneTarget()))) - (await sizeOf(oneTarget()));
}

it.each(["table", "junit", "nagios"] as const)("%s shows the beginning of long lists only", async (format) => {
  expect(await more(format)).toBeLessThan(8_000);
});

it.each(["json", "ndjson"] as const)(
  "%s has every port once by state and once by offender, and no more",
  async (format) => {
    // Five digits and a comma for each port, twice for the rejected ones, and a line for each offender.
    expect(await more(format)).toBeLessThan(1.5 * 64_512 * 6 + 1_000 * 200);
  },
);
