/** What /metrics says: the cells as they are published, the schedules, and the agent's own health. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { EXIT_CODES } from "../model/result.ts";
import { OUTCOMES } from "../model/words.ts";
import { RUN_STATUSES } from "../report/status-document.ts";
import type { CellState, Transition } from "./cell.ts";
import { writeCells } from "./check-metrics.ts";
import { AGENT_FAMILIES, PROCESS_METRICS } from "./metric-families.ts";
import type { RunRecord } from "./run-record.ts";

export interface MetricsOptions {
  readonly version: string;
  /** Whether Node's own state is measured: once in a process, because that measuring never ends. */
  readonly ofProcess: boolean;
}

/** What may become of an alarm message. */
export const ALERT_RESULTS = ["delivered", "failed", "dropped"] as const;
export type AlertResult = (typeof ALERT_RESULTS)[number];

type Families = typeof AGENT_FAMILIES;
type NameOf<Type> = { [Name in keyof Families]: Families[Name]["type"] extends Type ? Name : never }[keyof Families];

export class AgentMetrics {
  readonly #exposed = new Registry();
  readonly #schedules = new Set<string>();
  /** Of which a run was completed in this process. */
  readonly #completed = new Set<string>();
  #cells: readonly CellState[] = [];

  constructor({ version, ofProcess }: MetricsOptions) {
    for (const { name, type, help, labels } of Object.values<Families[keyof Families]>(AGENT_FAMILIES)) {
      const Metric = type === "gauge" ? Gauge : Counter;
      new Metric({ name, help, labelNames: [...labels], registers: [this.#exposed] });
    }
    this.#gauge("build").set({ version }, 1);
    this.#gauge("reloadGood").set(1);
    for (const result of ALERT_RESULTS) this.#counter("alerts").inc({ result }, 0);
    if (ofProcess) measureProcess(this.#exposed);
  }

  /** A run has ended, and these are all cells after it. */
  noteRun(record: RunRecord, cells: readonly CellState[], transitions: readonly Transition[] = []): void {
    const { schedule, status, document } = record;
    this.#cells = cells;
    this.#schedules.add(schedule);
    this.#counter("runs").inc({ schedule, status });
    this.#counter("missed").inc({ schedule }, 0);
    for (const each of RUN_STATUSES) this.#gauge("runStatus").remove({ schedule, status: each });
    this.#gauge("runStatus").set({ schedule, status }, 1);
    this.#gauge("runDuration").set({ schedule }, record.durationMs / 1000);
    this.#gauge("runLast").set({ schedule }, record.startedAtMs / 1000);
    for (const { cell } of transitions) this.#counter("transitions").inc({ schedule, outcome: cell.published });
    const { pass, fail, inconclusive, skipped, error, exitCode } = document.summary;
    if (status !== "completed") {
      this.#gauge("runSuccess").remove({ schedule });
      return;
    }
    this.#completed.add(schedule);
    this.#gauge("runSuccess").set({ schedule }, exitCode === EXIT_CODES.passed ? 1 : 0);
    this.#gauge("runCompleted").set({ schedule }, record.startedAtMs / 1000);
    for (const [outcome, count] of Object.entries({ pass, fail, inconclusive, skipped, error })) {
      this.#gauge("runChecks").set({ schedule, outcome }, count);
    }
  }

  /** The cells as they were kept: until a run of their schedule is completed, only what stays true of them is shown. */
  restore(cells: readonly CellState[]): void {
    this.#cells = cells;
  }

  /** A run was left out. */
  noteMissed(schedule: string): void {
    this.#counter("missed").inc({ schedule });
  }

  /** A run could not be written to the history. */
  noteHistoryError(): void {
    this.#counter("historyErrors").inc();
  }

  noteAlert(result: AlertResult): void {
    this.#counter("alerts").inc({ result });
  }

  /** The configuration was read again; `schedules` are those that are in force now, and the others are forgotten. */
  noteReload(result: "success" | "failure", schedules: readonly string[]): void {
    this.#counter("reloads").inc({ result });
    this.#gauge("reloadGood").set(result === "success" ? 1 : 0);
    for (const gone of [...this.#schedules].filter((name) => !schedules.includes(name))) this.#forget(gone);
  }

  noteRequest(route: string, code: number): void {
    this.#counter("requests").inc({ route, code });
  }

  noteEventClients(count: number): void {
    this.#gauge("eventClients").set(count);
  }

  /** The text, in pieces between which others may work. */
  async *pieces(): AsyncGenerator<string> {
    yield await this.#exposed.metrics();
    yield* writeCells(this.#cells, ({ schedule }) => !this.#completed.has(schedule));
  }

  /** The newest result of a cell, where it was ever asked. */
  cell(key: string): CellState | undefined {
    return this.#cells.find((cell) => cell.key === key);
  }

  #forget(schedule: string): void {
    this.#schedules.delete(schedule);
    for (const name of ["runSuccess", "runDuration", "runLast", "runCompleted"] as const) {
      this.#gauge(name).remove({ schedule });
    }
    for (const outcome of OUTCOMES) this.#gauge("runChecks").remove({ schedule, outcome });
    for (const status of RUN_STATUSES) {
      this.#gauge("runStatus").remove({ schedule, status });
      this.#counter("runs").remove({ schedule, status });
    }
    this.#counter("missed").remove({ schedule });
    for (const outcome of OUTCOMES) this.#counter("transitions").remove({ schedule, outcome });
  }

  #gauge(name: NameOf<"gauge">): Gauge {
    return this.#exposed.getSingleMetric(AGENT_FAMILIES[name].name) as Gauge;
  }

  #counter(name: NameOf<"counter">): Counter {
    return this.#exposed.getSingleMetric(AGENT_FAMILIES[name].name) as Counter;
  }
}

/** Takes prom-client's own metrics, without those that break Prometheus' rules for names. */
function measureProcess(exposed: Registry): void {
  const own = new Set(exposed.getMetricsAsArray().map(({ name }) => name));
  collectDefaultMetrics({ register: exposed });
  const wanted: ReadonlySet<string> = new Set(PROCESS_METRICS);
  for (const { name } of exposed.getMetricsAsArray()) {
    if (!own.has(name) && !wanted.has(name)) exposed.removeSingleMetric(name);
  }
}
