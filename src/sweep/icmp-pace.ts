/**
 * How fast a target may be asked so that it can refuse each time (RFC 1812 section 4.3.2.8; RFC 4443 section 2.4 f):
 * learned, never assumed. Twice as fast is tried after a run of answers, and taken back when a port that had stayed
 * silent answers once it is asked slowly. Trying costs the target nothing: what it does not send uses up no token.
 */
import type { IcmpAllowance } from "../model/observation.ts";

/** Hosts count in clock ticks of up to 10 ms, so that an error asked for exactly on time may be refused. */
const MARGIN = 0.98;
/** As many errors may come at once; some systems allow more, none that is known of fewer. */
const BURST = 6;
const FACTOR = 2;
/** What a Linux host sends to all its peers together (icmp_msgs_per_sec). */
const FASTEST_PER_S = 1_000;
const SLOWEST_PER_S = 1 / 16;
/** Answers in a row before twice as fast is tried; twice as many after each time that this was too fast. */
const RUN = 4;
const RUN_MAX = 64;
/** Answers in a row that prove it: more than a burst lasts at twice the rate at which it is filled. */
const PROOF = FACTOR * BURST + 1;

export class IcmpPace {
  /** Errors that the target may have left, as fast as is being tried, and as fast as it was seen to send them. */
  readonly #tried: Bucket;
  readonly #proven: Bucket;
  #run = 0;
  #runNeeded = RUN;
  /** Since the last port that was answered in time. */
  #losses = 0;

  constructor({ tokens, perS }: IcmpAllowance, nowMs: number) {
    this.#tried = new Bucket(tokens, perS, nowMs);
    this.#proven = new Bucket(tokens, perS, nowMs);
  }

  /** What may be left, a part of an error included. */
  tokens(nowMs: number): number {
    return this.#tried.tokens(nowMs);
  }

  /** Milliseconds until so many may be there. */
  waitMs(tokens: number, nowMs: number): number {
    return this.#tried.waitMs(tokens, nowMs);
  }

  /** What is there for sure. */
  sureTokens(nowMs: number): number {
    return this.#proven.tokens(nowMs);
  }

  /** Milliseconds until so many (6 at most) are there for sure. */
  sureInMs(tokens: number, nowMs: number): number {
    return this.#proven.waitMs(Math.min(BURST, tokens), nowMs);
  }

  /** A faster pace than was ever seen to hold is being tried: a silence may be our haste. */
  get isTrial(): boolean {
    return this.#tried.perS > this.#proven.perS;
  }

  get perS(): number {
    return this.#proven.perS;
  }

  /** An error came. */
  spend(nowMs: number): void {
    this.#tried.take(nowMs);
    this.#proven.take(nowMs);
  }

  /** A port that was asked when hardly a token was left was answered all the same. */
  kept(nowMs: number): void {
    this.#losses = 0;
    if (++this.#run < (this.isTrial ? PROOF : this.#runNeeded)) return;
    this.#run = 0;
    this.#proven.become(this.#tried.perS, nowMs);
    this.#tried.become(Math.min(FASTEST_PER_S, this.#tried.perS * FACTOR), nowMs);
  }

  /** A port that had stayed silent was answered when it was asked slowly. */
  tooFast(nowMs: number): void {
    const wasTrial = this.isTrial;
    this.#beginAgain();
    this.#tried.become(this.#proven.perS, nowMs);
    this.#tried.keepAtMost(this.#proven.tokens(nowMs), nowMs);
    if (!wasTrial) this.#slowDown(nowMs);
  }

  /** A port that is known to be refused was not, though a token was due: others use them up. */
  lost(nowMs: number): void {
    this.#beginAgain();
    this.#slowDown(nowMs);
  }

  /** What was there is gone, which others may have used up; a second time in a row it does not come so fast either. */
  #slowDown(nowMs: number): void {
    const isRepeated = ++this.#losses > 1;
    const perS = isRepeated ? Math.max(SLOWEST_PER_S, this.#proven.perS / FACTOR) : this.#proven.perS;
    for (const bucket of [this.#tried, this.#proven]) {
      bucket.become(perS, nowMs);
      bucket.keepAtMost(0, nowMs);
    }
  }

  #beginAgain(): void {
    this.#run = 0;
    this.#runNeeded = Math.min(RUN_MAX, this.#runNeeded * FACTOR);
  }

  left(nowMs: number): IcmpAllowance {
    return { tokens: Math.floor(this.sureTokens(nowMs)), perS: this.#proven.perS };
  }
}

/** Tokens that come at a rate, up to a burst. */
class Bucket {
  #tokens: number;
  #perS: number;
  #atMs: number;

  constructor(tokens: number, perS: number, nowMs: number) {
    this.#tokens = tokens;
    this.#perS = perS;
    this.#atMs = nowMs;
  }

  get perS(): number {
    return this.#perS;
  }

  tokens(nowMs: number): number {
    // Whoever was given more than a burst to begin with keeps it.
    const most = Math.max(BURST, this.#tokens);
    this.#tokens = Math.min(most, this.#tokens + ((nowMs - this.#atMs) / 1_000) * this.#perS * MARGIN);
    this.#atMs = nowMs;
    return this.#tokens;
  }

  waitMs(tokens: number, nowMs: number): number {
    return Math.max(0, Math.ceil(((tokens - this.tokens(nowMs)) * 1_000) / (this.#perS * MARGIN)));
  }

  take(nowMs: number): void {
    this.#tokens = Math.max(0, this.tokens(nowMs) - 1);
  }

  become(perS: number, nowMs: number): void {
    this.tokens(nowMs);
    this.#perS = perS;
  }

  keepAtMost(tokens: number, nowMs: number): void {
    this.#tokens = Math.min(tokens, this.tokens(nowMs));
  }
}
