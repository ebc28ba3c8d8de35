/** `--attempts` applied to a schedule: the engine keeps it, and `plan` counts by it. */
import type { Schedule } from "./prober.ts";

/**
 * The prober's schedule with another number of sends: the last gap is repeated for those that it does not name, and the
 * last send is given as long for its answer as the prober's own last one.
 */
export function withAttempts(schedule: Schedule, attempts: number | undefined): Schedule {
  if (attempts === undefined) return schedule;
  const sends = schedule.sendsAtMs.slice(0, attempts);
  const gapMs = Math.max(1_000, (sends.at(-1) ?? 0) - (sends.at(-2) ?? 0));
  while (sends.length < attempts) sends.push((sends.at(-1) ?? 0) + gapMs);
  const lastWaitMs = schedule.giveUpMs - (schedule.sendsAtMs.at(-1) ?? 0);
  return { ...schedule, sendsAtMs: sends, giveUpMs: Math.max(schedule.giveUpMs, sends.at(-1)! + lastWaitMs) };
}
