/** Runs of the schedules and of those who ask for a probe, within limits that all of them share. */
import { setMaxListeners } from "node:events";
import type { RunOptions } from "../engine/context.ts";
import { Politeness } from "../engine/politeness.ts";
import { run } from "../engine/run.ts";
import type { Plan } from "../model/check.ts";
import type { Net, Parts } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import type { CheckResult, RunReport } from "../model/result.ts";
import type { ReportDocument, ResultEntry, Tool } from "../report/document.ts";
import { resultEntry, runDocument } from "../report/run-document.ts";
import type { LimitsConfig } from "./config.ts";
import type { AgentLog } from "./log.ts";
import type { AgentPlans } from "./plans.ts";
import type { Probed } from "./probe-metrics.ts";
import type { RunRecord } from "./run-record.ts";
import { leavesTurnsTo } from "./turns-of-schedules.ts";

/** What a configuration makes of a runner; a reload gives it another. */
export interface RunnerConfig {
  readonly plans: AgentPlans;
  readonly limits: LimitsConfig;
  /** The responders of the site; absent where it has none. */
  readonly farEnd?: Parts["farEnd"];
  /** The secrets as they are now: a file may have changed since. Rejects with ConfigError. */
  secrets(): Promise<World["secret"]>;
}

export interface RunnerParts {
  readonly parts: Parts;
  readonly tool: Tool;
  /** The name of this machine. */
  readonly host: string;
  readonly log: AgentLog;
  /** Asked after a run: why we hold ourselves to be cut off. */
  cutOff(document: ReportDocument, signal: AbortSignal): Promise<string | undefined>;
  /** When a schedule runs next, in milliseconds since 1970; undefined while it does. */
  nextAtMs(schedule: string): number | undefined;
}

/** Of a run whose rows have earlier results: what it is too early for moves nothing. */
export type Keeping = Pick<RunOptions, "keepsEarlier">;

const RUN_ID_BYTES = 8;
const ENTRIES_A_TURN = 200;

export class Runner {
  readonly #parts: RunnerParts;
  readonly #politeness: Politeness;
  #config: RunnerConfig;
  #secret: World["secret"] = () => undefined;
  #secretTrouble = "";

  constructor(config: RunnerConfig, parts: RunnerParts) {
    this.#parts = parts;
    this.#config = config;
    this.#politeness = new Politeness([...config.plans.ofSchedules.values()], config.limits.concurrency);
  }

  /** Other plans from now on. Runs that go on keep theirs; what they share with those to come stays shared. */
  use(config: RunnerConfig): void {
    this.#config = config;
    this.#politeness.change([...config.plans.ofSchedules.values()], config.limits.concurrency);
  }

  /** One run of what a schedule asks. Resolves also when the signal aborts: then it was interrupted. Never rejects for what a network does. */
  async run(schedule: string, plan: Plan, signal: AbortSignal, keeping: Keeping = {}): Promise<RunRecord> {
    const { parts, log, cutOff } = this.#parts;
    const id = Buffer.from(parts.world.randomBytes(RUN_ID_BYTES)).toString("hex");
    log.info("a run begins", { run: id, schedule });
    const report = await this.#ask(plan, signal, keeping);
    const document = await this.#documentOf(report);
    const offline = signal.aborted ? undefined : await cutOff(document, signal);
    const status = signal.aborted ? "interrupted" : offline === undefined ? "completed" : "agent-offline";
    return {
      id,
      schedule,
      status,
      ...(status === "agent-offline" && { offline: offline! }),
      startedAtMs: report.startedAtMs,
      durationMs: Math.round(report.durationMs),
      document,
    };
  }

  /** One vector at one host, ended by the time given; undefined, and nothing sent, where the site has no such pair. */
  probe(target: string, module: string, timeoutMs: number, signal: AbortSignal): Promise<Probed> | undefined {
    const plan = this.#config.plans.ofProbe(target, module);
    return plan === undefined ? undefined : this.#probe(plan, timeoutMs, signal);
  }

  async #probe(plan: Plan, timeoutMs: number, signal: AbortSignal): Promise<Probed> {
    const { world, ...parts } = this.#parts.parts;
    const ledger = leavesTurnsTo(() => this.#nextAtMs(plan), parts.ledger, world);
    let lookupMs: number | undefined;
    const resolve: Net["resolve"] = async (...asked) => {
      const startedMs = world.monotonicMs();
      try {
        return await parts.net.resolve(...asked);
      } finally {
        lookupMs = (lookupMs ?? 0) + world.monotonicMs() - startedMs;
      }
    };
    const over = new AbortController();
    setMaxListeners(0, over.signal);
    const stop = () => over.abort();
    const ended = new AbortController();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true, signal: ended.signal });
    void world.sleep(timeoutMs, ended.signal).then(stop);
    try {
      const own = { ledger, net: { ...parts.net, resolve } };
      const document = await this.#documentOf(await this.#ask(plan, over.signal, {}, own));
      return { document, ...(lookupMs !== undefined && { lookupMs }) };
    } finally {
      ended.abort();
    }
  }

  /** When a schedule asks something of the plan of a probe again; infinity where none asks any of it. */
  #nextAtMs({ checks }: Plan): number {
    const vectors = new Set(checks.map(({ row, host }) => `${row.profile} ${host}`));
    const next = [...this.#config.plans.ofSchedules].flatMap(([schedule, plan]) => {
      const asks = plan.checks.some(({ row, host, skip }) => !skip && vectors.has(`${row.profile} ${host}`));
      return asks ? [this.#parts.nextAtMs(schedule) ?? this.#parts.parts.world.wallMs()] : [];
    });
    return Math.min(...next);
  }

  async #ask(plan: Plan, signal: AbortSignal, keeping: Keeping = {}, own: Partial<Parts> = {}): Promise<RunReport> {
    const { parts, host } = this.#parts;
    const { plans, limits, farEnd } = this.#config;
    const secret = await this.#secrets();
    const options: RunOptions = { ...limits, anyAddress: false, strict: false, force: false, ...keeping };
    const world = { ...parts.world, secret };
    const source = { host, role: plans.role };
    return run(
      plan,
      { ...parts, ...own, world, ...(farEnd !== undefined && { farEnd }) },
      options,
      source,
      signal,
      {},
      this.#politeness,
    );
  }

  /** The results of a thousand hosts are written a few at a time, so that others get the event loop. */
  async #documentOf(report: RunReport): Promise<ReportDocument> {
    const { tool, parts } = this.#parts;
    const entries = new Map<CheckResult, ResultEntry>();
    const { signal } = new AbortController();
    for (const result of report.results) {
      if (entries.size % ENTRIES_A_TURN === ENTRIES_A_TURN - 1) await parts.world.sleep(0, signal);
      entries.set(result, resultEntry(result, report.plan));
    }
    const document = runDocument(report, tool, (result) => entries.get(result)!);
    await parts.world.sleep(0, signal);
    return document;
  }

  /** A file of a secret that cannot be read now leaves the secret as it was; that is said once. */
  async #secrets(): Promise<World["secret"]> {
    try {
      this.#secret = await this.#config.secrets();
      this.#secretTrouble = "";
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#secretTrouble) this.#parts.log.warn(`a secret stays as it was: ${message}`, {});
      this.#secretTrouble = message;
    }
    return this.#secret;
  }
}
