/** What the agent remembers: the cells over time and the last run of each schedule; on disk where the configuration says so. */
import type { CellState, Transition } from "./cell.ts";
import type { AgentConfig, Damping } from "./config.ts";
import { type History, openHistory } from "./history.ts";
import type { AgentLog } from "./log.ts";
import type { AgentPlans } from "./plans.ts";
import type { RunRecord } from "./run-record.ts";
import { CellStates } from "./states.ts";

export interface MemoryParts {
  readonly log: AgentLog;
  /** A run could not be written to the disk. */
  historyFailed(): void;
}

export class Memory {
  readonly #states: CellStates;
  readonly #lastRuns = new Map<string, RunRecord>();
  /** Schedules of which a run was completed since this process began. */
  readonly #completed = new Set<string>();
  readonly #parts: MemoryParts;
  #history: History | undefined;
  #isDiskBad = false;

  private constructor(states: CellStates, parts: MemoryParts) {
    this.#states = states;
    this.#parts = parts;
  }

  /** Reads back what was known of what is still asked. */
  static async open({ damping, history }: AgentConfig, plans: AgentPlans, parts: MemoryParts): Promise<Memory> {
    const memory = new Memory(new CellStates(damping), parts);
    if (history !== undefined) {
      const say = (sentence: string) => parts.log.warn(sentence, {});
      memory.#history = await openHistory(history, memory.#states, { say });
      for (const record of memory.#history.runs) memory.#lastRuns.set(record.schedule, record);
    }
    memory.use(plans, damping);
    return memory;
  }

  /** Takes a run in, and gives what it changed. */
  take(record: RunRecord): readonly Transition[] {
    const transitions = this.#states.apply(record);
    this.#lastRuns.set(record.schedule, record);
    if (record.status === "completed") this.#completed.add(record.schedule);
    this.#keep(record);
    return transitions;
  }

  cells(): readonly CellState[] {
    return this.#states.cells();
  }

  /** Whether a cell is as the history has it: no run of its schedule was completed since this process began. */
  isEarlier({ schedule }: CellState): boolean {
    return !this.#completed.has(schedule);
  }

  lastRun(schedule: string): RunRecord | undefined {
    return this.#lastRuns.get(schedule);
  }

  /** Of whichever schedule. */
  newestRun(): RunRecord | undefined {
    return [...this.#lastRuns.values()].sort((a, b) => b.startedAtMs - a.startedAtMs)[0];
  }

  /** Every address that a host is known to have. */
  addressesOf(hosts: ReadonlySet<string>): readonly string[] {
    const known = this.cells().flatMap(({ result }) => (hosts.has(result.host) ? (result.address ?? []) : []));
    return [...new Set(known)];
  }

  /** After a reload: forgets what is no longer asked. */
  use(plans: AgentPlans, damping: Damping): void {
    this.#states.damping = damping;
    for (const name of this.#lastRuns.keys()) if (!plans.ofSchedules.has(name)) this.#lastRuns.delete(name);
    this.#states.keepOnly(isPlannedBy(plans));
  }

  /** Waits for the disk. */
  async close(): Promise<void> {
    await this.#history?.close();
  }

  /** A disk that is full or read-only is said once, and once that it is well again. */
  #keep(record: RunRecord): void {
    const { log, historyFailed } = this.#parts;
    this.#history?.append(record).then(
      () => {
        if (this.#isDiskBad) log.info("the history is written again", {});
        this.#isDiskBad = false;
      },
      (error: Error) => {
        historyFailed();
        if (!this.#isDiskBad) log.error(`the history cannot be written, the agent goes on: ${error.message}`, {});
        this.#isDiskBad = true;
      },
    );
  }
}

/** Whether a cell is of a row, or of a lead of a row, that some schedule asks. */
function isPlannedBy({ whole }: AgentPlans): (cell: CellState) => boolean {
  const keyOf = (profile: string, check: string, host: string) => [profile, check, host].join(" ");
  const planned = new Set(whole.checks.map(({ row, id, host }) => keyOf(row.profile, id, host)));
  return ({ result }) => planned.has(keyOf(result.profile, result.via ?? result.check, result.host));
}
