/**
 * The agent: everything put together. Runs go from their schedules to the states of the cells, and from there to those
 * who look: metrics, status page, alarms, history. A configuration that turns out bad never ends what goes on.
 */
import { setMaxListeners } from "node:events";
import type { Parts } from "../model/parts.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { ReportDocument, Tool } from "../report/document.ts";
import type { StatusDocument } from "../report/status-document.ts";
import type { CellState } from "./cell.ts";
import type { AgentConfig, ListenConfig } from "./config.ts";
import type { AgentLog } from "./log.ts";
import { AgentMetrics } from "./metrics.ts";
import type { AgentPlans } from "./plans.ts";
import type { PageAssets } from "./routes.ts";
import type { RunRecord } from "./run-record.ts";
import { Runner, type RunnerConfig } from "./runner.ts";
import { type AgentServer, startServer } from "./server.ts";
import { CellStates } from "./states.ts";
import { statusDocument } from "./status.ts";
import { Timetable } from "./timetable.ts";

/** A configuration with what was made of it. */
export interface Loaded {
  readonly config: AgentConfig;
  readonly plans: AgentPlans;
  readonly secrets: RunnerConfig["secrets"];
}

export interface AgentParts {
  readonly parts: Parts;
  readonly tool: Tool;
  /** The name of this machine. */
  readonly host: string;
  readonly log: AgentLog;
  readonly page: PageAssets;
  /** Reads the configuration anew. Rejects with ConfigError. */
  load(): Promise<Loaded>;
}

export class Agent {
  readonly #parts: AgentParts;
  readonly #log: AgentLog;
  readonly #metrics: AgentMetrics;
  readonly #states: CellStates;
  readonly #runner: Runner;
  readonly #timetable: Timetable;
  readonly #lastRuns = new Map<string, RunRecord>();
  /** Ends the runs that go on. */
  readonly #end = new AbortController();
  #loaded: Loaded;
  #server: AgentServer | undefined;
  #stopping = false;
  #turn: Promise<void> = Promise.resolve();

  private constructor(loaded: Loaded, parts: AgentParts) {
    this.#parts = parts;
    this.#log = parts.log;
    this.#loaded = loaded;
    // Every check that runs listens to it, which is no leak.
    setMaxListeners(0, this.#end.signal);
    this.#metrics = new AgentMetrics({ version: parts.tool.version, ofProcess: true });
    this.#states = new CellStates(loaded.config.damping);
    this.#runner = new Runner(runnerConfig(loaded), {
      ...parts,
      cutOff: async () => undefined,
    });
    this.#timetable = new Timetable(parts.parts.world, (schedule) => this.#run(schedule));
  }

  /** Reads back what was known, listens, and begins with the schedules. Rejects with ConfigError where the port is taken. */
  static async start(loaded: Loaded, parts: AgentParts): Promise<Agent> {
    const agent = new Agent(loaded, parts);
    const { config, plans } = loaded;
    for (const remark of plans.remarks) parts.log.warn(remark, {});
    agent.#server = config.listen && (await agent.#listen(config.listen));
    agent.#timetable.use(config.schedules);
    return agent;
  }

  /** Where it listens. */
  get local(): AgentServer["local"] | undefined {
    return this.#server?.local;
  }

  /** Takes over the configuration as it is now. Where it cannot be used, the one in force stays, and the log says why. */
  reload(): Promise<void> {
    this.#turn = this.#turn.then(() => (this.#stopping ? undefined : this.#reload()));
    return this.#turn;
  }

  /** Begins no run any more, and gives those that go on so long to end by themselves. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const { world } = this.#parts.parts;
    const over = new AbortController();
    void world.sleep(graceMs, over.signal).then(() => this.#end.abort());
    await this.#turn;
    await this.#timetable.stop();
    over.abort();
    await this.#server?.close();
  }

  async #reload(): Promise<void> {
    try {
      const loaded = await this.#parts.load();
      await this.#listenAnew(loaded.config.listen);
      this.#use(loaded);
      this.#log.info("the configuration was taken over", { schedules: loaded.config.schedules.length });
      this.#metrics.noteReload("success", this.#schedules());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#log.error(`the configuration is not taken over, and the one before stays: ${error.message}`, {});
      this.#metrics.noteReload("failure", this.#schedules());
    }
  }

  #use(loaded: Loaded): void {
    const { config, plans } = loaded;
    for (const remark of plans.remarks) this.#log.warn(remark, {});
    this.#loaded = loaded;
    this.#runner.use(runnerConfig(loaded));
    for (const name of this.#lastRuns.keys()) if (!plans.ofSchedules.has(name)) this.#lastRuns.delete(name);
    this.#states.keepOnly(isPlannedBy(plans));
    this.#metrics.restore(this.#states.cells());
    this.#timetable.use(config.schedules);
    this.#server?.changed();
  }

  #schedules(): readonly string[] {
    return this.#loaded.config.schedules.map(({ name }) => name);
  }

  /** The new place first, so that a port that is taken changes nothing; only where it is the same one is it left before. */
  async #listenAnew(listen: ListenConfig | undefined): Promise<void> {
    const before = this.#loaded.config.listen;
    if (JSON.stringify(before) === JSON.stringify(listen)) return;
    const old = this.#server;
    const isSamePlace = before?.address === listen?.address && before?.port === listen?.port;
    if (isSamePlace) await old?.close();
    this.#server = listen && (await this.#listen(listen));
    if (!isSamePlace) await old?.close();
  }

  async #listen(listen: ListenConfig): Promise<AgentServer> {
    const server = await startServer(listen, {
      status: () => this.#status(),
      report: (schedule) => this.#report(schedule),
      ready: () => (this.#stopping ? "it is about to end" : undefined),
      metrics: this.#metrics,
      probe: (target, module, timeoutMs) => this.#runner.probe(target, module, timeoutMs, this.#end.signal),
      page: this.#parts.page,
      world: this.#parts.parts.world,
      trouble: (error) => this.#log.error(`the server: ${String(error)}`, {}),
    });
    this.#log.info("listening", server.local);
    return server;
  }

  #status(): StatusDocument {
    const { tool, host, parts } = this.#parts;
    const runs = this.#schedules().flatMap((name) => {
      const record = this.#lastRuns.get(name);
      const schedule = this.#timetable.of(name);
      if (record === undefined || schedule === undefined) return [];
      const { nextAtMs, missed } = schedule;
      return [{ record, missed, ...(nextAtMs !== undefined && { nextAtMs }) }];
    });
    const source = { host, role: this.#loaded.plans.role };
    return statusDocument({ tool, source, writtenAtMs: parts.world.wallMs(), runs, cells: this.#states.cells() });
  }

  #report(schedule: string | undefined): ReportDocument | undefined {
    if (schedule !== undefined) return this.#lastRuns.get(schedule)?.document;
    const newest = [...this.#lastRuns.values()].sort((a, b) => b.startedAtMs - a.startedAtMs);
    return newest[0]?.document;
  }

  /** One run of a schedule, and what becomes of it. Never rejects. */
  async #run(schedule: string): Promise<void> {
    try {
      this.#take(await this.#runner.run(schedule, this.#end.signal));
    } catch (error) {
      // Nothing that a network does ends here: this is a mistake of ours, and the next run is due all the same.
      this.#log.error(`a run broke: ${error instanceof Error ? error.stack : error}`, { schedule });
    }
  }

  #take(record: RunRecord): void {
    const transitions = this.#states.apply(record);
    const cells = this.#states.cells();
    this.#metrics.noteRun(record, cells, transitions);
    this.#lastRuns.set(record.schedule, record);
    this.#server?.changed();
  }
}

function runnerConfig({ config, plans, secrets }: Loaded): RunnerConfig {
  return { plans, limits: config.limits, secrets };
}

/** Whether a cell is of a row, or of a lead of a row, that some schedule asks. */
function isPlannedBy(plans: AgentPlans): (cell: CellState) => boolean {
  const keyOf = (profile: string, check: string, host: string) => [profile, check, host].join(" ");
  const planned = new Set(
    [...plans.ofSchedules.values()].flatMap(({ checks }) =>
      checks.map(({ row, id, host }) => keyOf(row.profile, id, host)),
    ),
  );
  return ({ result }) => planned.has(keyOf(result.profile, result.via ?? result.check, result.host));
}
