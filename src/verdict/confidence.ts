/**
 * What a sample says about the ports that were not asked. One port is drawn by chance out of each of many equal parts;
 * the chance to see no more than `k` blocked ones among them is then at most that of as many independent draws from the
 * whole (Hoeffding, Annals of Mathematical Statistics 27 (1956) 713, from one below the expected number down), so that
 * the exact binomial bounds (Clopper and Pearson, Biometrika 26 (1934) 404) hold for it.
 */

const CONFIDENCE = 0.95;
const BISECTIONS = 60;

/** Bounds of the blocked share, 0 to 1. */
export interface Share {
  readonly least: number;
  readonly most: number;
}

/** The largest share at which it would be no wonder at 95 % to see no more than `blocked` of `drawn` (at least 1). */
export function mostBlocked(blocked: number, drawn: number): number {
  return upperBound(blocked, drawn, 1 - CONFIDENCE);
}

/** Between which shares the truth lies at 95 %, when `blocked` of `drawn` were seen. */
export function blockedShare(blocked: number, drawn: number): Share {
  const tail = (1 - CONFIDENCE) / 2;
  return { least: 1 - upperBound(drawn - blocked, drawn, tail), most: upperBound(blocked, drawn, tail) };
}

/** Where P(X <= seen) falls to `tail`, but no less than where Hoeffding's inequality begins to hold. */
function upperBound(seen: number, drawn: number, tail: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(seen, drawn, middle) > tail) low = middle;
    else high = middle;
  }
  return Math.min(1, Math.max(high, (seen + 1) / drawn));
}

/** P(X <= seen) of a binomial distribution, summed by logarithms so that no sample is too large for it. */
function chanceOfAtMost(seen: number, drawn: number, share: number): number {
  if (seen >= drawn) return 1;
  const [logShare, logRest] = [Math.log(share), Math.log1p(-share)];
  let logTerm = drawn * logRest;
  let sum = Math.exp(logTerm);
  for (let count = 1; count <= seen; count++) {
    logTerm += Math.log((drawn - count + 1) / count) + logShare - logRest;
    sum += Math.exp(logTerm);
  }
  return sum;
}

/** A share as a percentage that it does not exceed: `4.8 %`, `0.3 %`, `36 %`. */
export function atMostPercent(share: number): string {
  return percent(share, (value) => Math.ceil(value - ROUNDING));
}

/** A share as a percentage that it does not fall below. */
export function atLeastPercent(share: number): string {
  return percent(share, (value) => Math.floor(value + ROUNDING));
}

/** What floating point leaves over, far below what is printed. */
const ROUNDING = 1e-9;

function percent(share: number, round: (value: number) => number): string {
  const value = share * 100;
  const unit = value >= 10 ? 1 : value >= 0.1 ? 10 : 1_000;
  return `${round(value * unit) / unit} %`;
}
