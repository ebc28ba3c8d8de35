import { describe, expect, it } from "vitest";
import type { RunReport } from "../../src/model/result.ts";
import { nagios, nagiosLine, nagiosState } from "../../src/report/nagios.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { KPASSWD } from "./sample-plan.ts";
import { HOSTILE, IPV4, result, verdict } from "./sample-results.ts";
import { noSuchName, oneTarget, TOOL } from "./sample-run.ts";

const documentOf = (report: RunReport) => runDocument(report, TOOL);

/** A run that our own side kept from being decided. */
function ownFault(): RunReport {
  const error = result(KPASSWD, IPV4, {
    outcome: "error",
    detail: "not sent: our own host's firewall or policy refused it",
    verdict: verdict("unknown", "local-egress-blocked", "unchecked"),
  });
  return { ...oneTarget(), results: [error], exitCode: 3 };
}

describe("the state of a plug-in", () => {
  it.each<readonly [string, RunReport, number, string]>([
    ["everything passes", { ...oneTarget(), exitCode: 0 }, 0, "UNITY-PROBE OK - "],
    ["something fails", oneTarget(), 2, "UNITY-PROBE CRITICAL - failed: "],
    ["something is undecided", { ...oneTarget(), exitCode: 3 }, 1, "UNITY-PROBE WARNING - undecided: "],
    ["a name has no address", noSuchName(), 1, "UNITY-PROBE WARNING - undecided: "],
    ["our own side could not ask", ownFault(), 3, "UNITY-PROBE UNKNOWN - undecided: "],
    ["it was interrupted", { ...oneTarget(), exitCode: 130 }, 3, "UNITY-PROBE UNKNOWN - interrupted: "],
  ])("%s", (_, report, state, beginning) => {
    const document = documentOf(report);
    expect(nagiosState(document)).toBe(state);
    expect(nagios().end(document)).toMatch(new RegExp(`^${beginning}`));
  });
});

describe("the line of a plug-in", () => {
  it("is one, with one bar before the performance data", () => {
    const line = nagios().end(documentOf(oneTarget()));
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(line.split("|")).toHaveLength(2);
    expect(line).toMatch(/ \| time=6\.083s;;;0 pass=4;;;0 fail=4;;;0 inconclusive=0;;;0 error=0;;;0 skipped=2;;;0\n$/);
  });

  it("has no control character, no bar and no end out of sight", () => {
    expect(nagiosLine(2, `open|filtered ${HOSTILE}`)).toMatch(/^UNITY-PROBE CRITICAL - open\/filtered [\x20-\x7e]+\n$/);
    expect(nagiosLine(2, "x".repeat(10_000)).length).toBeLessThan(600);
  });
});
