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

export class Timetable {
  readonly #clock: World;
  readonly #task: (schedule: string) => Promise<void>;
  readonly #kept = new Map<string, Kept>();
  readonly #ending = new Set<Promise<void>>();

  /** `task` makes one run of a schedule; it never rejects. */
  constructor(clock: World, task: (schedule: string) => Promise<void>) {
    this.#clock = clock;
    this.#task = task;
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
    const ended = after.then(() => schedule.keep(() => this.#task(config.name), end.signal));
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
