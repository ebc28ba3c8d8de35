/**
 * One long range shared out among several sweepers, each with a thread of its own, where the range is to be asked faster
 * than one thread can: a connect is the kernel's work, and the kernel works on the core of whoever asks.
 */
import type { SweepJob, SweepSeen } from "../model/observation.ts";
import type { Sweeper } from "../model/parts.ts";
import { Pieces } from "./pieces.ts";
import { partOf } from "./sweep-thread.ts";

/** What a thread of its own is worth: for fewer ports it takes longer to start than it saves. */
const PORTS_MIN = 8_192;
/** About what one thread reaches with raw SYNs, in new flows a second. */
const ONE_THREAD_PER_S = 100_000;

type Progress = Parameters<Sweeper["sweep"]>[1];

/** Whether the job gets done sooner by several. UDP waits for the target's ICMP errors, not for us. */
export function isWorthSharing({ transport, ports, ratePerS }: SweepJob): boolean {
  return transport === "tcp" && ports.length >= PORTS_MIN && ratePerS > ONE_THREAD_PER_S;
}

/** Every sweeper asks its share of the ports, spread over the whole range, at its share of the rate. */
export async function sweepSideBySide(
  job: SweepJob,
  sweepers: readonly Sweeper[],
  onProgress: Progress,
  signal: AbortSignal,
): Promise<SweepSeen> {
  const shares = sweepers.map((_, nth) => sharesOf(job.ports.length, sweepers.length, nth));
  const ratePerS = job.ratePerS / sweepers.length;
  const done = shares.map(() => 0);
  const remaining = shares.map((): number | undefined => undefined);
  const parts = await Promise.all(
    sweepers.map((sweeper, nth) =>
      sweeper.sweep(
        { ...partOf(job, shares[nth]!), ratePerS },
        (portsDone, remainingMs) => {
          done[nth] = portsDone;
          remaining[nth] = remainingMs;
          onProgress(sum(done), longest(remaining));
        },
        signal,
      ),
    ),
  );
  const pieces = new Pieces(job.ports.length);
  for (const [nth, part] of parts.entries()) pieces.add(part, shares[nth]!);
  const source = parts.find((part) => part.source !== undefined)?.source;
  return { ...pieces.whole(), ...(source !== undefined && { source }) };
}

/** Every `count`th index, from the `nth` on. */
function sharesOf(total: number, count: number, nth: number): readonly number[] {
  return Array.from({ length: Math.ceil((total - nth) / count) }, (_, index) => nth + index * count);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

/** Undefined where nobody can tell. */
function longest(remaining: readonly (number | undefined)[]): number | undefined {
  const known = remaining.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
