import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { CellState } from "../../src/agent/cell.ts";
import {
  AGENT_FAMILIES,
  CELL_FAMILIES,
  type Family,
  HOST_FAMILIES,
  PROCESS_METRICS,
} from "../../src/agent/metric-families.ts";
import { AgentMetrics } from "../../src/agent/metrics.ts";
import { type ReadFamily, readExposition } from "./exposition-grammar.ts";
import { AT_MS, CELLS, cellOf, DOCUMENT, manyCells, RECORD, resultOf } from "./sample-cells.ts";

async function textOf(metrics: AgentMetrics): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of metrics.pieces()) pieces.push(piece);
  return pieces.join("");
}

async function familiesOf(cells: readonly CellState[]): Promise<ReadonlyMap<string, ReadFamily>> {
  const metrics = new AgentMetrics({ version: "1.2.3", ofProcess: false });
  metrics.noteRun(RECORD, cells);
  return readExposition(await textOf(metrics));
}

/** The values of a family by a label. */
function valuesBy(label: string, family: ReadFamily | undefined): Record<string, number> {
  return Object.fromEntries((family?.samples ?? []).map(({ labels, value }) => [labels[label] ?? "", value]));
}

const all = await familiesOf(CELLS);
const kerberos = cellOf(resultOf("kerberos/tcp/88"));

describe("the metrics of cells", () => {
  it("keep the names, types and labels of the table", () => {
    for (const family of Object.values<Family>({ ...CELL_FAMILIES, ...HOST_FAMILIES, ...AGENT_FAMILIES })) {
      const written = all.get(family.name);
      if (written === undefined) continue;
      expect(written).toMatchObject({ type: family.type, help: family.help });
      for (const { labels } of written.samples) {
        expect(family.labels, family.name).toEqual(expect.arrayContaining(Object.keys(labels)));
      }
    }
  });

  it("say 1 of a pass, 0 of a fail, and nothing of what is neither", async () => {
    const cells = (["pass", "fail", "inconclusive", "error", "skipped"] as const).map((published) => ({
      ...kerberos,
      published,
      result: { ...kerberos.result, host: published },
    }));
    const families = await familiesOf(cells);
    expect(valuesBy("host", families.get("unity_probe_check_success"))).toEqual({ pass: 1, fail: 0 });
    expect(families.get("unity_probe_check_outcome")?.samples.map(({ labels }) => labels.outcome)).toEqual(
      cells.map(({ published }) => published),
    );
  });

  it("give no success of a cell on which too few votes agreed", async () => {
    const families = await familiesOf([{ ...kerberos, settled: false }]);
    expect(families.has("unity_probe_check_success")).toBe(false);
    expect(families.get("unity_probe_check_outcome")?.samples[0]?.labels.outcome).toBe("pass");
  });

  it("tell the published outcome from the last run's own", async () => {
    const families = await familiesOf([{ ...kerberos, published: "fail" }]);
    expect(families.get("unity_probe_check_success")?.samples[0]?.value).toBe(0);
    expect(families.get("unity_probe_check_raw_outcome")?.samples[0]?.labels.outcome).toBe("pass");
  });

  it("give the age of a result as the time it was seen", async () => {
    const families = await familiesOf([{ ...kerberos, resultMs: AT_MS - 900_000 }]);
    expect(families.get("unity_probe_check_result_timestamp_seconds")?.samples[0]?.value).toBe(AT_MS / 1000 - 900);
  });

  it("of a history that no run has confirmed yet say when that was seen, and nothing of how it is", async () => {
    const metrics = new AgentMetrics({ version: "1.2.3", ofProcess: false });
    metrics.restore(CELLS);
    const namesOf = async () =>
      [...readExposition(await textOf(metrics))].flatMap(([name, { samples }]) =>
        samples.some(({ labels }) => labels.check !== undefined || name.includes("host")) ? [name] : [],
      );
    const known = [CELL_FAMILIES.info, CELL_FAMILIES.resultAt, CELL_FAMILIES.lastPass].map(({ name }) => name);
    expect(await namesOf()).toEqual(known);
    // What was cut off, or was of another schedule, confirms nothing.
    metrics.noteRun({ ...RECORD, status: "agent-offline", offline: "no gateway" }, CELLS);
    metrics.noteRun({ ...RECORD, schedule: "other" }, CELLS);
    expect(await namesOf()).toEqual(known);
    metrics.noteRun(RECORD, CELLS);
    expect(await namesOf()).toEqual([...all.keys()].filter((name) => /_check_|_cert_|_range_|_host_/.test(name)));
  });

  it("count the ports of a range instead of naming them", () => {
    const range = DOCUMENT.results.find((result) => result.range !== undefined)!;
    const ofRange = (name: string) =>
      all.get(name)!.samples.filter(({ labels }) => labels.check === range.check && labels.ip === range.address);
    expect(ofRange("unity_probe_range_ports").map(({ value }) => value)).toEqual([range.range!.total]);
    expect(ofRange("unity_probe_range_ports_tested").map(({ value }) => value)).toEqual([range.range!.tested]);
    const { open, closed, filtered, openFiltered, unknown } = range.range!;
    expect(ofRange("unity_probe_range_ports_seen").map(({ labels, value }) => [labels.state, value])).toEqual([
      ["open", open],
      ["closed", closed],
      ["filtered", filtered],
      ["open|filtered", openFiltered],
      ["unknown", unknown],
    ]);
  });

  it("have a certificate's end where one was read, and never a zero", async () => {
    const ending = { ...kerberos.result, evidence: { certificateNotAfter: "2027-01-01T00:00:00.000Z" } };
    const unread = { ...kerberos.result, host: "other", evidence: { certificateNotAfter: "no date" } };
    const families = await familiesOf([cellOf(ending), cellOf(unread)]);
    expect(valuesBy("host", families.get("unity_probe_cert_not_after_timestamp_seconds"))).toEqual({
      [ending.host]: Date.UTC(2027, 0, 1) / 1000,
    });
  });

  it("leave out canaries and leads, whose ports change from run to run", () => {
    const checks = new Set(all.get("unity_probe_check_info")!.samples.map(({ labels }) => labels.check));
    const unbounded = DOCUMENT.results.filter(({ canary, via }) => canary === true || via !== undefined);
    expect(unbounded.length).toBeGreaterThan(1);
    for (const { check } of unbounded) expect(checks).not.toContain(check);
  });

  it("write a cell once, whatever they are given", async () => {
    const families = await familiesOf([kerberos, { ...kerberos, schedule: "other" }]);
    expect(families.get("unity_probe_check_info")?.samples).toHaveLength(1);
  });

  it("bear any text in a label", async () => {
    const host = 'a"b\\c\nd{}=, ü';
    const families = await familiesOf([cellOf({ ...kerberos.result, host })]);
    expect(families.get("unity_probe_check_info")?.samples[0]?.labels.host).toBe(host);
  });

  it("count the rows of each host by outcome", async () => {
    const families = await familiesOf(manyCells(3));
    const counts = families.get("unity_probe_host_checks")!.samples;
    const shown = manyCells(1).filter(({ result }) => result.canary !== true && result.via === undefined);
    for (const host of ["dc0.example.com", "dc2.example.com"]) {
      const ofHost = counts.filter(({ labels }) => labels.host === host);
      expect(ofHost.reduce((sum, { value }) => sum + value, 0)).toBe(shown.length);
    }
  });
});

describe("the metrics of the agent", () => {
  const noted = async (note: (metrics: AgentMetrics) => void) => {
    const metrics = new AgentMetrics({ version: "1.2.3", ofProcess: false });
    note(metrics);
    return readExposition(await textOf(metrics));
  };

  it("tell of the last run of each schedule", () => {
    expect(all.get("unity_probe_build_info")?.samples[0]?.labels).toEqual({ version: "1.2.3" });
    expect(valuesBy("schedule", all.get("unity_probe_run_success"))).toEqual({ default: 0 });
    expect(valuesBy("schedule", all.get("unity_probe_run_duration_seconds"))).toEqual({ default: 6.083 });
    expect(valuesBy("schedule", all.get("unity_probe_run_last_timestamp_seconds"))).toEqual({ default: AT_MS / 1000 });
    expect(valuesBy("outcome", all.get("unity_probe_run_checks"))).toMatchObject({ pass: 10, fail: 5 });
  });

  it("say nothing of the success of a run that was cut off, and keep when the last whole one was", async () => {
    const families = await noted((metrics) => {
      metrics.noteRun(RECORD, CELLS);
      metrics.noteRun(
        { ...RECORD, status: "agent-offline", offline: "no gateway", startedAtMs: AT_MS + 60_000 },
        CELLS,
      );
    });
    expect(families.get("unity_probe_run_success")?.samples).toEqual([]);
    expect(families.get("unity_probe_run_status")?.samples.map(({ labels }) => labels.status)).toEqual([
      "agent-offline",
    ]);
    expect(valuesBy("schedule", families.get("unity_probe_run_last_completed_timestamp_seconds"))).toEqual({
      default: AT_MS / 1000,
    });
    expect(valuesBy("status", families.get("unity_probe_runs_total"))).toEqual({ completed: 1, "agent-offline": 1 });
  });

  it("count what went wrong, from zero on", async () => {
    const fresh = await noted(() => undefined);
    expect(fresh.get("unity_probe_history_errors_total")?.samples[0]?.value).toBe(0);
    expect(valuesBy("result", fresh.get("unity_probe_alerts_total"))).toEqual({ delivered: 0, failed: 0, dropped: 0 });
    const families = await noted((metrics) => {
      metrics.noteHistoryError();
      metrics.noteMissed("default");
      metrics.noteMissed("default");
      metrics.noteAlert("failed");
    });
    expect(families.get("unity_probe_history_errors_total")?.samples[0]?.value).toBe(1);
    expect(valuesBy("schedule", families.get("unity_probe_runs_missed_total"))).toEqual({ default: 2 });
    expect(valuesBy("result", families.get("unity_probe_alerts_total"))).toMatchObject({ failed: 1 });
  });

  it("count changes of the published outcome", async () => {
    const families = await noted((metrics) =>
      metrics.noteRun(RECORD, CELLS, [{ cell: { ...kerberos, published: "fail" }, from: "pass", atMs: 0, runId: "1" }]),
    );
    expect(valuesBy("outcome", families.get("unity_probe_transitions_total"))).toEqual({ fail: 1 });
  });

  it("forget a schedule that a new configuration does not have", async () => {
    const families = await noted((metrics) => {
      metrics.noteRun(RECORD, CELLS);
      metrics.noteRun({ ...RECORD, schedule: "quick" }, CELLS);
      metrics.noteReload("success", ["quick"]);
    });
    const schedules = [...families.values()].flatMap(({ samples }) =>
      samples.flatMap(({ labels }) => labels.schedule ?? []),
    );
    expect(new Set(schedules)).toEqual(new Set(["quick"]));
  });

  it("show that a changed file could not be taken", async () => {
    const families = await noted((metrics) => metrics.noteReload("failure", ["default"]));
    expect(families.get("unity_probe_config_last_reload_successful")?.samples[0]?.value).toBe(0);
  });

  it("take from prom-client what the table names, and no more", async () => {
    const metrics = new AgentMetrics({ version: "1.2.3", ofProcess: true });
    const names = [...readExposition(await textOf(metrics)).keys()].filter((name) => !name.startsWith("unity_probe_"));
    if (process.platform === "linux") expect(names.sort()).toEqual([...PROCESS_METRICS].sort());
    else expect(PROCESS_METRICS).toEqual(expect.arrayContaining(names));
  });

  it("pass promtool's check where it is installed", async ({ skip }) => {
    const metrics = new AgentMetrics({ version: "1.2.3", ofProcess: true });
    metrics.noteRun(RECORD, CELLS);
    checkWithPromtool(await textOf(metrics), skip);
  });
});

/** Throws with what promtool says against the text. */
function checkWithPromtool(text: string, skip: (why: string) => void): void {
  try {
    execFileSync("promtool", ["check", "metrics"], { input: text, stdio: "pipe" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") skip("promtool is not installed");
    throw error;
  }
}

describe("the metrics of 1,000 hosts", () => {
  it("are written in pieces, none of which is long", async () => {
    const metrics = new AgentMetrics({ version: "1.2.3", ofProcess: false });
    metrics.noteRun(RECORD, manyCells(1_000));
    let longest = 0;
    let total = 0;
    for await (const piece of metrics.pieces()) {
      longest = Math.max(longest, piece.length);
      total += piece.length;
    }
    expect(total).toBeGreaterThan(10_000_000);
    expect(longest).toBeLessThan(200_000);
  });
});
