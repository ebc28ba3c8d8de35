import { describe, expect, it } from "vitest";
import type { CellState, Vote } from "../../src/agent/cell.ts";
import type { RunRecord } from "../../src/agent/run-record.ts";
import { statusDocument, stretchesOf } from "../../src/agent/status.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { cellKey } from "../../src/report/status-document.ts";
import { statusSchema } from "../../src/report/status-schema.ts";
import { oneTarget, TOOL } from "../report/sample-run.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const document = runDocument(oneTarget(), TOOL);
const record = (schedule: string, more: Partial<RunRecord> = {}): RunRecord => ({
  id: `${schedule}-1`,
  schedule,
  status: "completed",
  startedAtMs: AT,
  durationMs: 6083,
  document,
  ...more,
});
const cells: readonly CellState[] = document.results.map((result) => ({
  key: cellKey(result),
  schedule: "quick",
  published: result.outcome,
  settled: true,
  sinceMs: AT - 60_000,
  ...(result.outcome === "pass" && { lastPassMs: AT }),
  flapping: result.outcome === "fail",
  result,
  resultMs: AT,
  votes: [{ atMs: AT, outcome: result.outcome }],
  unspentVotes: 0,
}));
const about = { tool: TOOL, source: document.source, writtenAtMs: AT + 10_000, cells };

describe("the status document", () => {
  it("fits the published schema, also after it went through JSON", () => {
    const status = statusDocument({ ...about, runs: [{ record: record("quick"), nextAtMs: AT + 60_000, missed: 2 }] });
    expect(statusSchema.safeParse(JSON.parse(JSON.stringify(status))).error).toBeUndefined();
    expect(status.runs[0]).toMatchObject({ schedule: "quick", nextAt: "2026-01-02T03:05:05.000Z", missed: 2 });
    expect(status.cells[0]).toMatchObject({ since: "2026-01-02T03:03:05.000Z", resultAt: "2026-01-02T03:04:05.000Z" });
  });

  it("marks a cell that has not settled, and no row that was never asked", () => {
    const unsettled = (published: CellState["published"]) => {
      const [cell] = statusDocument({ ...about, runs: [], cells: [{ ...cells[0]!, published, settled: false }] }).cells;
      return cell?.unsettled;
    };
    expect(unsettled("fail")).toBe(true);
    expect(unsettled("skipped")).toBeUndefined();
  });

  it("marks a cell that is as the history has it", () => {
    const isEarlier = ({ result }: CellState) => result.check === cells[0]!.result.check;
    const status = statusDocument({ ...about, runs: [], isEarlier });
    expect(status.cells.map(({ earlier }) => earlier === true)).toEqual(cells.map((_, at) => at === 0));
    expect(statusSchema.safeParse(JSON.parse(JSON.stringify(status))).error).toBeUndefined();
  });

  it("says of a run why it is no vote", () => {
    const offline = record("quick", { status: "agent-offline", offline: "the gateway 10.10.4.1 does not answer" });
    const status = statusDocument({ ...about, runs: [{ record: offline }] });
    expect(status.runs[0]).toMatchObject({ status: "agent-offline", offline: "the gateway 10.10.4.1 does not answer" });
    expect(status.runs[0]).not.toHaveProperty("nextAt");
  });

  it("has a profile and a finding once, whichever schedules have them", () => {
    const status = statusDocument({ ...about, runs: [{ record: record("quick") }, { record: record("full") }] });
    expect(status.runs.map(({ schedule }) => schedule)).toEqual(["quick", "full"]);
    expect(status.profiles).toEqual(document.profiles);
    expect(status.findings).toEqual(document.findings);
  });
});

describe("stretches", () => {
  const votes = (outcomes: readonly Vote["outcome"][]): readonly Vote[] =>
    outcomes.map((outcome, at) => ({ outcome, atMs: AT + at * 1_000 }));

  it("hold all votes, in order, and when each stretch began and ended", () => {
    expect(stretchesOf(votes(["pass", "pass", "fail", "pass"]))).toEqual([
      { outcome: "pass", votes: 2, from: "2026-01-02T03:04:05.000Z", to: "2026-01-02T03:04:06.000Z" },
      { outcome: "fail", votes: 1, from: "2026-01-02T03:04:07.000Z", to: "2026-01-02T03:04:07.000Z" },
      { outcome: "pass", votes: 1, from: "2026-01-02T03:04:08.000Z", to: "2026-01-02T03:04:08.000Z" },
    ]);
  });

  it("of no votes are none", () => {
    expect(stretchesOf([])).toEqual([]);
  });
});
