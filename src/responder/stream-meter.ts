/** What one receiver sees of a stream: loss, order and jitter, as RFC 3550 (6.4.1, A.8) and RFC 4737 define them. */
import type { DscpCount } from "../model/media-stream.ts";
import { PCMU_CLOCK_HZ } from "../wire/rtp.ts";

const TICKS_A_MS = PCMU_CLOCK_HZ / 1_000;
/** The gain of the jitter's estimator. */
const GAIN = 1 / 16;

/** How a datagram arrived, as far as the system tells. */
export interface Arrived {
  readonly tos?: number;
  readonly waitedMs?: number;
}

/** A moment as an RTP timestamp: 32 bits, which wrap. */
export function ticksOf(ms: number): number {
  return Math.round(ms * TICKS_A_MS) >>> 0;
}

export class StreamMeter {
  received = 0;
  duplicates = 0;
  reordered = 0;
  readonly #seen: Uint8Array;
  readonly #dscp = new Map<number, number>();
  #isDscpTold = true;
  #next = 0;
  #jitterTicks = 0;
  #last: { readonly atMs: number; readonly timestamp: number } | undefined;

  constructor(packets: number) {
    this.#seen = new Uint8Array(packets);
  }

  /** Notes a packet that is in hand now; gives when it arrived, or undefined for one that was there before. */
  heard(sequence: number, timestamp: number, nowMs: number, { tos, waitedMs = 0 }: Arrived): number | undefined {
    if (this.#seen[sequence] !== 0) {
      this.duplicates++;
      return undefined;
    }
    this.#seen[sequence] = 1;
    this.received++;
    if (sequence < this.#next) this.reordered++;
    this.#next = Math.max(this.#next, sequence + 1);
    if (tos === undefined) this.#isDscpTold = false;
    else this.#dscp.set(tos >> 2, (this.#dscp.get(tos >> 2) ?? 0) + 1);
    const atMs = nowMs - waitedMs;
    this.#noteTransit(atMs, timestamp);
    return atMs;
  }

  /** The estimate after the last packet. */
  get jitterMs(): number {
    return this.#jitterTicks / TICKS_A_MS;
  }

  /** Which DSCP how many packets had, the most frequent first; undefined where the system did not tell of each. */
  get dscpSeen(): readonly DscpCount[] | undefined {
    if (!this.#isDscpTold || this.received === 0) return undefined;
    const counts = Array.from(this.#dscp, ([dscp, packets]) => ({ dscp, packets }));
    return counts.sort((a, b) => b.packets - a.packets || a.dscp - b.dscp);
  }

  /** By how much more two packets lie apart at the receiver than at the sender, in order of arrival. */
  #noteTransit(atMs: number, timestamp: number): void {
    const last = this.#last;
    this.#last = { atMs, timestamp };
    if (last === undefined) return;
    // Timestamps wrap; their difference as a signed number of 32 bits does not.
    const apart = (timestamp - last.timestamp) | 0;
    const difference = Math.abs((atMs - last.atMs) * TICKS_A_MS - apart);
    this.#jitterTicks += (difference - this.#jitterTicks) * GAIN;
  }
}
