/** The schedules that are in force. A reload leaves those alone that it does not change. */
import type { World } from "../model/prober.ts";
import type { ScheduleConfig } from "./config.ts";
import { Schedule } from "./schedule.ts";

interface Kept {
  readonly schedule: Schedule;
  readonly config: ScheduleConfig;
  readonly end: AbortController;
  readonly ended: Promise<void>;
}

export interface TimetableTasks {
  /** One run of a schedule; never rejects. */
  run(schedule: string): Promise<void>;
  /** A run was left out. */
  missed(schedule: string): void;
}

export class Timetable {
  readonly #clock: World;
  readonly #tasks: TimetableTasks;
  readonly #kept = new Map<string, Kept>();
  readonly #ending = new Set<Promise<void>>();

  constructor(clock: World, tasks: TimetableTasks) {
    this.#clock = clock;
    this.#tasks = tasks;
  }

  /** These schedules from now on. What goes on of the others comes to its end. */
  use(configs: readonly ScheduleConfig[]): void {
    const before = new Map(this.#kept);
    this.#kept.clear();
    for (const config of configs) {
      const old = before.get(config.name);
      if (old !== undefined && isSameTime(old.config, config)) {
        this.#kept.set(config.name, old);
        before.delete(config.name);
      } else this.#kept.set(config.name, this.#begin(config, old?.ended));
    }
    for (const old of before.values()) this.#end(old);
  }

  /** A schedule that is in force. */
  of(name: string): Schedule | undefined {
    return this.#kept.get(name)?.schedule;
  }

  /** No run begins any more. Resolves when those that go on have ended. */
  async stop(): Promise<void> {
    this.use([]);
    await Promise.all(this.#ending);
  }

  /** `after`: the last run of the schedule that had this name before. */
  #begin(config: ScheduleConfig, after = Promise.resolve()): Kept {
    const schedule = new Schedule(config, this.#clock);
    const end = new AbortController();
    let told = 0;
    const run = () => {
      for (; told < schedule.missed; told++) this.#tasks.missed(config.name);
      return this.#tasks.run(config.name);
    };
    const ended = after.then(() => schedule.keep(run, end.signal));
    return { schedule, config, end, ended };
  }

  #end({ end, ended }: Kept): void {
    end.abort();
    const gone = ended.finally(() => this.#ending.delete(gone));
    this.#ending.add(gone);
  }
}

function isSameTime(a: ScheduleConfig, b: ScheduleConfig): boolean {
  return a.jitterMs === b.jitterMs && JSON.stringify(a.when) === JSON.stringify(b.when);
}
