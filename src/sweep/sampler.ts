/**
 * A sweeper that asks a sample of long ranges through another one: a port drawn from each of many equal parts, and both
 * ends. Where some are blocked it goes on between a blocked and a passing neighbour, until it knows where the block
 * begins and ends. Ports that were not asked keep code 0.
 */
import type { SweepJob, SweepSeen } from "../model/observation.ts";
import type { Sweeper } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import { REASONS } from "../model/words.ts";
import { stateOfReason } from "../verdict/state.ts";
import { Pieces } from "./pieces.ts";

type Progress = Parameters<Sweeper["sweep"]>[1];

/** How a gap is narrowed: so many edges at once, so many ports between two neighbours, so many times. */
const NARROWING = {
  // A silent port takes seconds, whatever else is asked meanwhile: few rounds of many ports.
  tcp: { edges: 16, ports: 15, rounds: 6, attempts: 2 },
  // A closed port takes a second of the target's ICMP errors, a silent one nothing: few ports.
  udp: { edges: 4, ports: 5, rounds: 10, attempts: 2 },
} as const;

const CONTROLS_MAX = 2;
const PORT_UNREACH = REASONS.indexOf("port-unreach") + 1;

/** Sweeps that name a sample go through `inner` in parts, all others as they are. */
export function createSampler(inner: Sweeper, world: Pick<World, "randomBytes">): Sweeper {
  return {
    ...inner,
    sweep: (job, onProgress, signal) => {
      const { sample, ...whole } = job;
      if (sample === undefined || sample >= job.ports.length) return inner.sweep(whole, onProgress, signal);
      return new SampledSweep(whole, inner, onProgress, signal).run(drawGrid(job.ports.length, sample, world));
    },
  };
}

/**
 * Indices of `size` (at least 3) out of `total` ports, ascending: the first, the last, and one by chance out of each of
 * `size - 2` parts of the others, whose lengths differ by one at most.
 */
export function drawGrid(total: number, size: number, { randomBytes }: Pick<World, "randomBytes">): readonly number[] {
  const parts = size - 2;
  const random = new DataView(Uint8Array.from(randomBytes(4 * parts)).buffer);
  const startOf = (part: number) => 1 + Math.floor((part * (total - 2)) / parts);
  const drawn = Array.from({ length: parts }, (_, part) => {
    const start = startOf(part);
    return start + (random.getUint32(4 * part) % (startOf(part + 1) - start));
  });
  return [0, ...drawn, total - 1];
}

/** The way between a port that lets through and one that is blocked, by index; either may be the lower one. */
interface Edge {
  readonly through: number;
  readonly blocked: number;
}

class SampledSweep {
  readonly #job: SweepJob;
  readonly #inner: Sweeper;
  readonly #onProgress: Progress;
  readonly #signal: AbortSignal;
  readonly #pieces: Pieces;
  /** What was asked so far, ascending. */
  #asked: readonly number[] = [];
  #last: SweepSeen | undefined;

  constructor(job: SweepJob, inner: Sweeper, onProgress: Progress, signal: AbortSignal) {
    this.#job = job;
    this.#inner = inner;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#pieces = new Pieces(job.ports.length);
  }

  async run(grid: readonly number[]): Promise<SweepSeen> {
    await this.#ask(grid);
    await this.#narrow();
    return {
      ...this.#last!,
      ...this.#pieces.whole(),
      sample: Uint16Array.from(grid, (at) => this.#job.ports[at]!),
    };
  }

  async #ask(
    indices: readonly number[],
    more: Partial<SweepJob> = {},
    controls: readonly number[] = [],
  ): Promise<void> {
    const before = this.#asked.length;
    const { ports } = this.#job;
    const seen = await this.#inner.sweep(
      { ...this.#job, ...more, ports: Uint16Array.from([...indices, ...controls], (at) => ports[at]!) },
      (done, remainingMs) => this.#onProgress(before + done, remainingMs),
      this.#signal,
    );
    this.#pieces.add(seen, indices);
    this.#asked = [...this.#asked, ...indices].sort((a, b) => a - b);
    this.#last = seen;
  }

  /** Asks between blocked and passing neighbours until they stand side by side, or it has been enough. */
  async #narrow(): Promise<void> {
    const limits = NARROWING[this.#job.transport];
    let edges = this.#edges().slice(0, limits.edges);
    for (let round = 0; round < limits.rounds && !this.#signal.aborted; round++) {
      const between = edges.map((edge) => portsBetween(edge, limits.ports));
      const indices = between.flat().sort((a, b) => a - b);
      if (indices.length === 0) return;
      await this.#ask(indices, this.#furtherJob(), this.#controls());
      edges = edges.flatMap((edge, nth) => this.#narrowed(edge, between[nth]!));
    }
  }

  /** A gap is narrowed with what the target may still send, and a silent port of it is asked twice. */
  #furtherJob(): Partial<SweepJob> {
    const { icmpBudget, attempts } = this.#job;
    // Nothing is known of what is left where the sweeper does not say: count on what comes from now on.
    const left = this.#last?.icmpBudget ?? { tokens: 0, perS: icmpBudget.perS };
    return { icmpBudget: left, attempts: Math.min(attempts, NARROWING[this.#job.transport].attempts) };
  }

  /** UDP: a port that each sender of ICMP errors was heard about, so that the silence of others can be confirmed again. */
  #controls(): readonly number[] {
    if (this.#job.transport !== "udp") return [];
    const refused = this.#asked.filter(
      (at) => this.#pieces.offenderOf[at]! > 0 || this.#pieces.codes[at] === PORT_UNREACH,
    );
    const ofSender = (at: number) =>
      JSON.stringify([this.#pieces.codes[at], this.#pieces.offenders[this.#pieces.offenderOf[at]! - 1]]);
    return [...new Map(refused.map((at) => [ofSender(at), at])).values()].slice(0, CONTROLS_MAX);
  }

  /** Both edges of each run of blocked neighbours, the longest run first. */
  #edges(): readonly Edge[] {
    const runs: { readonly edges: Edge[]; length: number }[] = [];
    for (const [nth, at] of this.#asked.entries()) {
      if (this.#isBlocked(at) !== true) continue;
      const [before, after] = [this.#asked[nth - 1], this.#asked[nth + 1]];
      const begins = before === undefined || this.#isBlocked(before) !== true;
      if (begins) runs.push({ edges: [], length: 0 });
      const run = runs.at(-1)!;
      run.length++;
      for (const through of [before, after]) {
        if (through !== undefined && this.#isBlocked(through) === false) run.edges.push({ through, blocked: at });
      }
    }
    return runs.sort((a, b) => b.length - a.length).flatMap((run) => run.edges);
  }

  /** The edge of the same block, closer; none where a port between could not be decided. */
  #narrowed(edge: Edge, between: readonly number[]): readonly Edge[] {
    const outwards = edge.blocked < edge.through ? between : between.toReversed();
    let { blocked } = edge;
    for (const at of outwards) {
      const is = this.#isBlocked(at);
      if (is === undefined) return [];
      if (!is) return [{ blocked, through: at }];
      blocked = at;
    }
    return [{ blocked, through: edge.through }];
  }

  /** Undefined where nothing is known: not asked, or our own side failed. */
  #isBlocked(at: number): boolean | undefined {
    const reason = REASONS[this.#pieces.codes[at]! - 1];
    if (reason === undefined) return undefined;
    const sender = this.#pieces.offenders[this.#pieces.offenderOf[at]! - 1]?.from;
    const state = stateOfReason(reason, this.#job.transport, this.#job.address, sender);
    if (state === "unknown") return undefined;
    return state === "filtered" || state === "open|filtered";
  }
}

/** At most `count` indices that divide what lies between the two into equal parts, ascending. */
function portsBetween({ through, blocked }: Edge, count: number): readonly number[] {
  const [low, high] = through < blocked ? [through, blocked] : [blocked, through];
  const parts = Math.min(count + 1, high - low);
  return Array.from(
    { length: Math.max(0, parts - 1) },
    (_, nth) => low + Math.round(((nth + 1) * (high - low)) / parts),
  );
}
