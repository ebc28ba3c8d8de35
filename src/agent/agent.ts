/**
 * The agent: everything put together. Runs go from their schedules to the states of the cells, and from there to those
 * who look: metrics, status page, alarms, history. A configuration that turns out bad never ends what goes on.
 */
import { setMaxListeners } from "node:events";
import type { Parts } from "../model/parts.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { ReportDocument, Tool } from "../report/document.ts";
import type { PageAssets } from "../report/renderer.ts";
import { Alerts } from "./alerts.ts";
import type { CellState } from "./cell.ts";
import type { AgentConfig, ListenConfig } from "./config.ts";
import { deliveryTeller } from "./delivery-teller.ts";
import { Listening } from "./listening.ts";
import type { AgentLog } from "./log.ts";
import { Memory } from "./memory.ts";
import { AgentMetrics } from "./metrics.ts";
import type { AgentPlans } from "./plans.ts";
import type { RunRecord } from "./run-record.ts";
import { Runner, type RunnerConfig } from "./runner.ts";
import { SelfCheck, type SelfCheckParts } from "./self-check.ts";
import { type AgentServer, startServer } from "./server.ts";
import { type StatusSource, statusSource } from "./status.ts";
import { Timetable } from "./timetable.ts";
import type { DeliveryParts } from "./webhook-queue.ts";

/** A configuration with what was made of it. */
export interface Loaded {
  readonly config: AgentConfig;
  readonly plans: AgentPlans;
  readonly secrets: RunnerConfig["secrets"];
  readonly farEnd?: RunnerConfig["farEnd"];
}

export interface AgentParts {
  readonly parts: Parts;
  readonly tool: Tool;
  /** The name of this machine. */
  readonly host: string;
  readonly log: AgentLog;
  readonly page: PageAssets;
  readonly post: DeliveryParts["post"];
  readonly ownSide: Pick<SelfCheckParts, "procNet" | "linkedAddresses">;
  /** Absent without a history: what waits for a hook is lost with the process. */
  readonly undelivered?: DeliveryParts["undelivered"];
  /** Reads the configuration anew. Rejects with ConfigError. */
  load(): Promise<Loaded>;
}

/** The part of the time at the end that runs may use up; the rest is for the alarms that they make. */
const GRACE_OF_RUNS = 0.75;
/** A way to it is looked up and nothing sent, where no address of a host is known (RFC 5737). */
const ANYWHERE = "192.0.2.1";

export class Agent {
  readonly #parts: AgentParts;
  readonly #metrics: AgentMetrics;
  readonly #memory: Memory;
  readonly #alerts: Alerts;
  readonly #selfCheck: SelfCheck;
  readonly #runner: Runner;
  readonly #timetable: Timetable;
  readonly #listening: Listening;
  /** Ends the runs that go on. */
  readonly #end = new AbortController();
  #loaded: Loaded;
  #stopping = false;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: Promise<string | undefined> | undefined;

  private constructor(loaded: Loaded, parts: AgentParts, metrics: AgentMetrics, memory: Memory) {
    this.#parts = parts;
    this.#loaded = loaded;
    this.#metrics = metrics;
    this.#memory = memory;
    // Every check that runs listens to it, which is no leak.
    setMaxListeners(0, this.#end.signal);
    const { tool, host, post, log } = parts;
    const { world } = parts.parts;
    const source = { host, role: loaded.plans.role };
    const tell = deliveryTeller(log, metrics);
    this.#alerts = new Alerts(loaded.config.alerts, {
      ...{ tool, source, world, post, tell },
      ...(parts.undelivered !== undefined && { undelivered: parts.undelivered }),
    });
    this.#selfCheck = new SelfCheck({ net: parts.parts.net, world, ...parts.ownSide });
    this.#runner = new Runner(runnerConfig(loaded), {
      parts: parts.parts,
      tool,
      host,
      log,
      cutOff: (document, signal) => this.#cutOff(document, signal),
      nextAtMs: (schedule) => this.#timetable.of(schedule)?.nextAtMs,
    });
    this.#timetable = new Timetable(world, {
      run: (schedule) => this.#run(schedule),
      missed: (schedule) => metrics.noteMissed(schedule),
    });
    this.#listening = new Listening({ world, log, start: (listen) => this.#listen(listen) });
  }

  /** Reads back what was known, listens, and begins with the schedules. */
  static async start(loaded: Loaded, parts: AgentParts): Promise<Agent> {
    const agent = await Agent.#open(loaded, parts);
    const { listen, schedules } = loaded.config;
    await agent.#listening.begin(listen);
    agent.#timetable.use(schedules);
    return agent;
  }

  /** One run of all that the schedules ask, with what becomes of it. The signal interrupts it. */
  static async once(loaded: Loaded, parts: AgentParts, graceMs: number, signal: AbortSignal): Promise<ReportDocument> {
    const agent = await Agent.#open(loaded, parts);
    const { plans, config } = loaded;
    const name = config.schedules.length === 1 ? config.schedules[0]!.name : "once";
    const record = await agent.#runner.run(name, plans.whole, signal);
    await agent.#take(record);
    await agent.stop(graceMs);
    return record.document;
  }

  static async #open(loaded: Loaded, parts: AgentParts): Promise<Agent> {
    const { config, plans } = loaded;
    for (const remark of plans.remarks) parts.log.info(remark, {});
    const metrics = new AgentMetrics({ version: parts.tool.version, ofProcess: true });
    const historyFailed = () => metrics.noteHistoryError();
    const memory = await Memory.open(config, plans, { log: parts.log, historyFailed });
    metrics.restore(memory.cells());
    const agent = new Agent(loaded, parts, metrics, memory);
    agent.#alerts.adopt(memory.cells());
    return agent;
  }

  /** Where it listens. */
  get local(): AgentServer["local"] | undefined {
    return this.#listening.local;
  }

  /**
   * Takes over the configuration as it is now. Where it cannot be used, the one in force stays, and the log says why; so
   * does what this resolves to. Those who ask while one waits for its turn get that one.
   */
  reload(): Promise<string | undefined> {
    this.#waiting ??= this.#turn.then(() => {
      this.#waiting = undefined;
      return this.#stopping ? "the agent is about to end" : this.#reload();
    });
    this.#turn = this.#waiting;
    return this.#waiting;
  }

  /** Begins no run any more, and gives what goes on so long to end by itself. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#parts.log.info("the agent ends", {});
    await this.#within(GRACE_OF_RUNS * graceMs, this.#end, async () => {
      await this.#turn;
      await this.#timetable.stop();
    });
    const late = new AbortController();
    await this.#within((1 - GRACE_OF_RUNS) * graceMs, late, () => this.#alerts.drain(late.signal));
    await this.#memory.close();
    await this.#listening.close();
  }

  /** Aborts what takes longer. */
  async #within(ms: number, late: AbortController, task: () => Promise<void>): Promise<void> {
    const done = new AbortController();
    void this.#parts.parts.world.sleep(ms, done.signal).then(() => {
      if (!done.signal.aborted) late.abort();
    });
    await task();
    done.abort();
  }

  async #reload(): Promise<string | undefined> {
    const { log, load } = this.#parts;
    try {
      const loaded = await load();
      await this.#listening.move(loaded.config.listen);
      this.#use(loaded);
      log.info("the configuration was taken over", { schedules: loaded.config.schedules.length });
      this.#metrics.noteReload("success", this.#schedules());
      return undefined;
    } catch (error) {
      const why = error instanceof ConfigError ? error.message : String(error);
      log.error(`the configuration is not taken over, and the one before stays: ${why}`, {});
      this.#metrics.noteReload("failure", this.#schedules());
      return why;
    }
  }

  #use(loaded: Loaded): void {
    const { config, plans } = loaded;
    for (const remark of plans.remarks) this.#parts.log.info(remark, {});
    const before = this.#loaded.config;
    if (JSON.stringify(before.history) !== JSON.stringify(config.history)) {
      this.#parts.log.warn("another history is used from the next start on", {});
    }
    this.#loaded = loaded;
    this.#runner.use(runnerConfig(loaded));
    this.#forget();
    this.#alerts.reload(config.alerts);
    this.#timetable.use(config.schedules);
  }

  /** What the configuration no longer has. */
  #forget(): void {
    const { config, plans } = this.#loaded;
    this.#memory.use(plans, config.damping);
    this.#metrics.restore(this.#memory.cells());
    this.#listening.changed();
  }

  #schedules(): readonly string[] {
    return this.#loaded.config.schedules.map(({ name }) => name);
  }

  async #listen(listen: ListenConfig): Promise<AgentServer> {
    const { log, page, parts } = this.#parts;
    const server = await startServer(listen, {
      status: () => this.#status(),
      report: (name) => (name === undefined ? this.#memory.newestRun() : this.#memory.lastRun(name))?.document,
      reload: () => this.reload(),
      ready: () => (this.#stopping ? "it is about to end" : undefined),
      metrics: this.#metrics,
      probe: (target, module, timeoutMs) => this.#runner.probe(target, module, timeoutMs, this.#end.signal),
      page,
      world: parts.world,
      trouble: (error) => log.error(`the server: ${String(error)}`, {}),
    });
    log.info("listening", server.local);
    return server;
  }

  #status(): StatusSource {
    const { tool, host, parts } = this.#parts;
    const runs = this.#schedules().flatMap((name) => {
      const record = this.#memory.lastRun(name);
      const schedule = this.#timetable.of(name);
      if (record === undefined || schedule === undefined) return [];
      const { nextAtMs, missed } = schedule;
      return [{ record, missed, ...(nextAtMs !== undefined && { nextAtMs }) }];
    });
    const source = { host, role: this.#loaded.plans.role };
    const [memory, writtenAtMs] = [this.#memory, parts.world.wallMs()];
    const isEarlier = (cell: CellState) => memory.isEarlier(cell);
    return statusSource({ tool, source, writtenAtMs, runs, cells: memory.cells(), isEarlier });
  }

  /** One run of a schedule, and what becomes of it. Never rejects. */
  async #run(schedule: string): Promise<void> {
    try {
      const loaded = this.#loaded;
      const plan = loaded.plans.ofSchedules.get(schedule)!;
      await this.#take(await this.#runner.run(schedule, plan, this.#end.signal, { keepsEarlier: true }));
      // What a reload took out of the configuration meanwhile has come back with this run.
      if (loaded !== this.#loaded) this.#forget();
    } catch (error) {
      // Nothing that a network does ends here: this is a mistake of ours, and the next run is due all the same.
      const why = error instanceof Error ? error.stack : String(error);
      this.#parts.log.error(`a run broke: ${why}`, { schedule });
    }
  }

  async #take(record: RunRecord): Promise<void> {
    const { log, parts } = this.#parts;
    const transitions = this.#memory.take(record);
    const cells = this.#memory.cells();
    // Of a thousand hosts each of these takes its time: others get the event loop in between.
    await parts.world.sleep(0, this.#end.signal);
    this.#metrics.noteRun(record, cells, transitions);
    this.#alerts.note(record, transitions, cells);
    this.#listening.changed();
    const { id, schedule, status, offline, durationMs, document } = record;
    const { pass, fail, inconclusive, error, exitCode } = document.summary;
    const facts = { run: id, schedule, status, offline, durationMs, pass, fail, inconclusive, error, exitCode };
    log.info("a run has ended", { ...facts, changed: transitions.length });
  }

  /** Why the agent holds itself to be cut off. A name that cannot be looked up has the addresses that it had before. */
  #cutOff(document: ReportDocument, signal: AbortSignal): Promise<string | undefined> {
    const addresses = () => {
      const hosts = new Set(document.results.map(({ host }) => host));
      const asked = document.results.flatMap(({ address }) => address ?? []);
      const known = new Set([...asked, ...this.#memory.addressesOf(hosts)]);
      return known.size === 0 ? [ANYWHERE] : [...known];
    };
    return this.#selfCheck.cutOff(this.#loaded.config.selfCheck, document, addresses, signal);
  }
}

function runnerConfig({ config, plans, secrets, farEnd }: Loaded): RunnerConfig {
  return { plans, limits: config.limits, secrets, ...(farEnd !== undefined && { farEnd }) };
}
