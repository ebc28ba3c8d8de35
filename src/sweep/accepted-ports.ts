/**
 * Ports that accepted, asked once more by a connection that is held for a moment: a middle box that accepts for others
 * ends it at once when nobody is behind it, which a connection that we reset ourselves cannot show.
 */
import type { SweepJob } from "../model/observation.ts";
import type { Reason } from "../model/words.ts";
import { reasonOfObservation } from "../verdict/state.ts";
import { type AskParts, askPort } from "./ask.ts";

/** Connections held at the same time. */
const AT_ONCE = 64;
/**
 * Whoever accepts more ports than that does so for all of them: once none of so many was ended, the others are taken as
 * they were seen.
 */
const SAMPLE = 1_024;

export class AcceptedPorts {
  readonly #job: SweepJob;
  readonly #parts: AskParts;
  readonly #signal: AbortSignal;
  /** The target is this machine: a connection may have met itself (RFC 9293 section 3.5, simultaneous open). */
  readonly #isOwn: boolean;
  readonly #queue: number[] = [];
  readonly #known = new Set<number>();
  readonly #corrections = new Map<number, Reason>();
  readonly #running = new Set<Promise<void>>();
  /** Stops of the connections that are held. */
  readonly #stops = new Set<AbortController>();
  #asked = 0;
  #next = 0;

  constructor(job: SweepJob, parts: AskParts, own: string | undefined, signal: AbortSignal) {
    this.#job = job;
    this.#parts = parts;
    this.#signal = signal;
    this.#isOwn = own === job.address;
    signal.addEventListener("abort", this.#stop, { once: true });
  }

  /** Looks for ports with this code and asks those that are new. */
  look(codes: Uint8Array, accepted: number): void {
    for (let at = codes.indexOf(accepted); at !== -1; at = codes.indexOf(accepted, at + 1)) {
      if (this.#known.has(at)) continue;
      this.#known.add(at);
      this.#queue.push(at);
    }
    this.#fill();
  }

  /** Resolves, when all were asked, with those for which another reason holds than the accept. */
  async corrections(): Promise<ReadonlyMap<number, Reason>> {
    while (this.#running.size > 0) await Promise.race(this.#running);
    this.#signal.removeEventListener("abort", this.#stop);
    return this.#corrections;
  }

  /** How many connections were made. */
  get asked(): number {
    return this.#asked;
  }

  #fill(): void {
    while (this.#running.size < AT_ONCE && this.#next < this.#queue.length && !this.#signal.aborted) {
      if (this.#next >= SAMPLE && this.#corrections.size === 0) return;
      const running: Promise<void> = this.#ask(this.#queue[this.#next++]!).then(() => {
        this.#running.delete(running);
        this.#fill();
      });
      this.#running.add(running);
    }
  }

  async #ask(at: number): Promise<void> {
    this.#asked++;
    const stop = new AbortController();
    this.#stops.add(stop);
    try {
      const seen = await askPort(this.#job, { port: this.#job.ports[at]! }, this.#parts, stop);
      const reason = reasonOfObservation(seen);
      if (reason === "rst-after-accept" || (this.#isOwn && reason === "conn-refused"))
        this.#corrections.set(at, reason);
    } finally {
      this.#stops.delete(stop);
    }
  }

  readonly #stop = (): void => {
    for (const stop of this.#stops) stop.abort();
  };
}
