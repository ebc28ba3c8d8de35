/**
 * What a range truly is: which ports a router drops, rejects or resets, which are open and which the host itself
 * closes. Chosen by a seeded generator, so that every run meets the same.
 */

export const FIRST_PORT = 1024;
export const PORT_COUNT = 64_512;

export type Fate = "closed" | "open" | "dropped" | "reset" | "admin-prohibited";
export type PortState = "open" | "closed" | "filtered";

/** The fate of port `FIRST_PORT + n` at index n. */
export type Truth = readonly Fate[];

/** How many ports meet which fate; the rest is closed. */
export interface Mix {
  readonly name: string;
  /** Whether all ports of the block are dropped, and how many single ones are. */
  readonly dropped: { readonly block: boolean; readonly scattered: number };
  readonly reset: number;
  readonly prohibited: number;
}

const OPEN = 20;
const BLOCK = { first: 24_000, last: 27_225 };
const NONE = { block: false, scattered: 0 };
const HALF_IN_A_BLOCK = { block: true, scattered: 3_225 };

export const ALL_CLOSED: Mix = { name: "all closed", dropped: NONE, reset: 0, prohibited: 0 };
export const TENTH_DROPPED: Mix = { name: "10 % dropped", dropped: HALF_IN_A_BLOCK, reset: 0, prohibited: 0 };
export const MIXED: Mix = { name: "mixed", dropped: HALF_IN_A_BLOCK, reset: 1_290, prohibited: 200 };
export const PROHIBITED: Mix = { name: "200 prohibited", dropped: NONE, reset: 0, prohibited: 200 };

const SEED = 20_260_701;

export function truthOf({ dropped, reset, prohibited }: Mix): Truth {
  const truth: Fate[] = Array.from({ length: PORT_COUNT }, () => "closed");
  const random = mulberry32(SEED);
  const scatter = (fate: Fate, count: number): void => {
    for (let left = count; left > 0; ) {
      const at = Math.floor(random() * PORT_COUNT);
      if (truth[at] !== "closed" || isInBlock(at)) continue;
      truth[at] = fate;
      left--;
    }
  };
  // First, so that the same ports are open in every mix.
  scatter("open", OPEN);
  scatter("dropped", dropped.scattered);
  scatter("reset", reset);
  scatter("admin-prohibited", prohibited);
  return dropped.block ? truth.map((fate, at) => (isInBlock(at) ? "dropped" : fate)) : truth;
}

function isInBlock(at: number): boolean {
  const port = FIRST_PORT + at;
  return port >= BLOCK.first && port <= BLOCK.last;
}

export function portsThatAre(truth: Truth, fate: Fate): readonly number[] {
  return truth.flatMap((each, at) => (each === fate ? [FIRST_PORT + at] : []));
}

/** What a prober should say: a forged reset is a reset. */
export const STATE_OF_FATE: Readonly<Record<Fate, PortState>> = {
  open: "open",
  closed: "closed",
  reset: "closed",
  dropped: "filtered",
  "admin-prohibited": "filtered",
};

/** How many ports were called something else than they are, or nothing. */
export function wrongCells(truth: Truth, said: ReadonlyMap<number, string>): number {
  return truth.filter((fate, at) => said.get(FIRST_PORT + at) !== STATE_OF_FATE[fate]).length;
}

/** Numbers from 0 up to but not 1 (mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
