/**
 * When the published outcome of a cell changes, and when a cell is flapping. Pure: votes in, words out.
 *
 * An outcome is published when N of the last M votes say so and the newest is one of them. These votes are spent then:
 * they count for no other change, so that at least N votes lie between two. Where N votes contradict the published
 * outcome but agree on nothing else, it becomes `inconclusive` and no vote is spent: what nobody sees any more must not
 * stay green.
 */
import type { Outcome } from "../model/words.ts";
import type { Vote } from "./cell.ts";
import type { Damping } from "./config.ts";

export interface Settled {
  /** Undefined while no outcome has settled. */
  readonly published: Outcome | undefined;
  /** Whether N votes agreed on a change just now: they are spent. */
  readonly spent: boolean;
}

/** What is published after the newest of these votes, oldest first, of which so many of the newest are not spent. */
export function settle(
  published: Outcome | undefined,
  votes: readonly Vote[],
  unspent: number,
  { need, of }: Damping,
): Settled {
  const newest = votes.at(-1)?.outcome;
  if (newest === undefined || newest === published) return { published, spent: false };
  const window = votes.slice(-Math.min(unspent, of));
  if (countOf(newest, window) >= need) return { published: newest, spent: true };
  const contradicted =
    published === undefined ? window.length === of : window.length - countOf(published, window) >= need;
  return { published: contradicted ? "inconclusive" : published, spent: false };
}

function countOf(outcome: Outcome, votes: readonly Vote[]): number {
  return votes.reduce((count, vote) => count + (vote.outcome === outcome ? 1 : 0), 0);
}

/** When the unbroken row of votes that fit began; the newest vote must be one of them. */
export function beganMs(votes: readonly Vote[], fits: (outcome: Outcome) => boolean): number {
  return votes[votes.findLastIndex(({ outcome }) => !fits(outcome)) + 1]!.atMs;
}

/** So many pairs of neighbours are looked at, as Nagios does. */
const PAIRS = 20;
/** Flapping begins when 30 % of the pairs differ, and ends below 20 %. */
const BEGINS_AT = 6;
const ENDS_BELOW = 4;

/** Whether the raw outcome changes too often to be believed; `was` because it begins and ends at different shares. */
export function isFlapping(votes: readonly Vote[], was: boolean): boolean {
  let changes = 0;
  for (let at = Math.max(1, votes.length - PAIRS); at < votes.length; at++) {
    if (votes[at]!.outcome !== votes[at - 1]!.outcome) changes++;
  }
  return changes >= (was ? ENDS_BELOW : BEGINS_AT);
}
