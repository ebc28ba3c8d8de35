/**
 * Which UDP port is asked next, and which silence can be told from our own haste. First every port is asked as fast as
 * the target may refuse it; silence costs it nothing, so where many are silent many are asked at once. Then all that
 * stayed silent are asked in one go, and right after them a control for each sender of ICMP errors: a port that is known
 * to be refused. If each control is refused again, an error was left for every one of them, and they are silent indeed.
 */
import type { SweepJob } from "../model/observation.ts";
import { IcmpPace } from "./icmp-pace.ts";
import { ReplyTime } from "./reply-time.ts";

/** Before the first answer a silence is given so long before its token goes to another port; an answer counts later too. */
const HOLD_MS = 250;
/** A silent port is asked again no sooner: by then the target may send one more error. */
const REPEAT_MS = 1_020;
/** Rounds in a row in which neither a control nor a silent port answered, before silence is taken as it is. */
const FRUITLESS_MAX = 5;
/** Asks beyond those that are due, before silence is taken as it is. */
const MORE_ASKS = 12;
/** The weight of the last answer in the share of ports that answer with an error, and how low that may fall. */
const GAIN = 1 / 8;
const SHARE_MIN = 1 / 64;
/** What is expected of ports that were silent before, and how a round that confirms it lowers this. */
const SUSPECT_SHARE = 0.02;
const SUSPECT_SHARE_MIN = 1 / 4_096;
const CALMER = 4;
/** A token that is hardly there: its answer says something about the pace. */
const SCARCE_TOKENS = 1.5;

/** What came of a port. */
export interface Heard {
  /** Who sent an ICMP error, and which; undefined for any other answer. */
  readonly icmpKey?: string;
}

/** One ask under way. */
interface Ask {
  readonly at: number;
  readonly askedMs: number;
  readonly wasScarce: boolean;
}

/** All suspects, or a part of them, asked in one go. */
interface Round {
  readonly suspects: readonly number[];
  /** What is still to be sent, the controls last. */
  readonly toSend: number[];
  readonly controls: number;
  readonly controlsDue: Set<number>;
  /** Set when all was sent. */
  sentMs: number | undefined;
  errors: number;
}

export interface Silence {
  readonly at: number;
  /** Each control still answered. */
  readonly confirmed: boolean;
}

export class UdpQuestions {
  readonly #attempts: number;
  readonly #replyTimeoutMs: number;
  readonly #pace: IcmpPace;
  readonly #replyTime = new ReplyTime();
  readonly #asked: Uint8Array;
  readonly #askedMs: Float64Array;
  readonly #isDone: Uint8Array;
  /** Ports that wait for their turn, the next one last. */
  readonly #waiting: number[];
  readonly #underWay = new Map<number, Ask>();
  /** Silent so far. */
  #suspects: number[] = [];
  /** By sender and kind of ICMP error, a port that was seen to cause it. */
  readonly #controls = new Map<string, number>();
  #share = 1;
  #suspectShare = SUSPECT_SHARE;
  /** A port whose silence may be our haste: asked again before any other, when it can be answered for sure. */
  #doubt: number | undefined;
  #isDoubtAsked = false;
  #round: Round | undefined;
  #lastAskedMs = 0;
  #fruitless = 0;
  #left: number;

  constructor(indexes: readonly number[], job: SweepJob, nowMs: number) {
    this.#attempts = job.attempts;
    this.#replyTimeoutMs = job.replyTimeoutMs;
    this.#pace = new IcmpPace(job.icmpBudget, nowMs);
    this.#waiting = indexes.toReversed();
    const most = indexes.reduce((highest, at) => Math.max(highest, at), -1) + 1;
    this.#asked = new Uint8Array(most);
    this.#askedMs = new Float64Array(most);
    this.#isDone = new Uint8Array(most);
    this.#left = indexes.length;
  }

  get pace(): IcmpPace {
    return this.#pace;
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  /** The port to ask now; undefined when there is none, or none yet. It is counted as asked. */
  next(nowMs: number): number | undefined {
    const at = this.#round === undefined ? this.#nextSingle(nowMs) : this.#round.toSend.pop();
    if (at === undefined) return undefined;
    this.#lastAskedMs = nowMs;
    if (this.#round !== undefined) {
      if (this.#round.toSend.length === 0) this.#round.sentMs = nowMs;
    } else {
      this.#underWay.set(at, { at, askedMs: nowMs, wasScarce: this.#pace.tokens(nowMs) < SCARCE_TOKENS });
    }
    this.#askedMs[at] = nowMs;
    this.#asked[at] = Math.min(255, this.#asked[at]! + 1);
    return at;
  }

  /** How long nothing is due, as long as nothing is heard. */
  waitMs(nowMs: number): number {
    if (this.#round !== undefined) {
      const { sentMs } = this.#round;
      return sentMs === undefined ? 0 : Math.max(0, sentMs + this.#replyTimeoutMs - nowMs);
    }
    const holdMs = this.#holdMs();
    const [oldest] = this.#underWay.values();
    const expiresInMs = oldest === undefined ? Number.POSITIVE_INFINITY : Math.max(0, oldest.askedMs + holdMs - nowMs);
    if (this.#doubt !== undefined) return this.#isDoubtAsked ? expiresInMs : this.#pace.sureInMs(1, nowMs);
    const wanted = this.#tokensFor(this.#underWay.size + 1);
    const askInMs = this.#anyWaits() ? this.#pace.waitMs(wanted, nowMs) : Number.POSITIVE_INFINITY;
    const waitMs = Math.min(expiresInMs, askInMs);
    return Number.isFinite(waitMs) ? waitMs : this.#roundInMs(nowMs);
  }

  /** A port answered, by an error or otherwise; also one that is long done. True when that settles it. */
  heard(at: number, { icmpKey }: Heard, nowMs: number): boolean {
    if (icmpKey !== undefined) {
      this.#pace.spend(nowMs);
      this.#controls.set(icmpKey, at);
    }
    this.#noteRound(at, icmpKey !== undefined);
    const ask = this.#underWay.get(at);
    if (ask !== undefined) this.#noteAnswer(ask, icmpKey !== undefined, nowMs);
    if (this.#isDone[at] === 1) return false;
    if (ask === undefined && this.#round === undefined) this.#noteLate(at, icmpKey !== undefined, nowMs);
    this.#settle(at);
    return true;
  }

  /** Our own side could not ask: the port is asked again later. */
  failed(at: number): void {
    if (this.#underWay.delete(at)) this.#suspects.push(at);
    if (this.#doubt === at) this.#doubt = undefined;
  }

  /** Looks at what was waited for long enough; gives the ports that stay silent. Call it when all answers were read. */
  expire(nowMs: number): readonly Silence[] {
    if (this.#round !== undefined) return this.#endRound(this.#round, nowMs);
    const holdMs = this.#holdMs();
    for (const ask of this.#underWay.values()) {
      if (ask.askedMs + holdMs > nowMs) break;
      this.#underWay.delete(ask.at);
      this.#noteSilence(ask);
    }
    const isIdle = this.#underWay.size === 0 && this.#doubt === undefined && !this.#anyWaits();
    if (isIdle && !this.isOver && this.#roundInMs(nowMs) === 0) this.#beginRound(nowMs);
    return [];
  }

  #nextSingle(nowMs: number): number | undefined {
    if (this.#doubt !== undefined) {
      if (this.#isDoubtAsked || this.#pace.sureInMs(1, nowMs) > 0) return undefined;
      this.#isDoubtAsked = true;
      return this.#doubt;
    }
    if (!this.#anyWaits()) return undefined;
    return this.#pace.waitMs(this.#tokensFor(this.#underWay.size + 1), nowMs) > 0 ? undefined : this.#waiting.pop();
  }

  /** The errors to be expected of so many asks. */
  #tokensFor(asks: number): number {
    return Math.max(SHARE_MIN, asks * this.#share);
  }

  #holdMs(): number {
    return Math.min(this.#replyTimeoutMs, this.#replyTime.timeoutMs ?? HOLD_MS);
  }

  #noteAnswer(ask: Ask, isIcmp: boolean, nowMs: number): void {
    this.#underWay.delete(ask.at);
    this.#replyTime.note(nowMs - ask.askedMs);
    this.#share += (Number(isIcmp) - this.#share) * GAIN;
    const wasDoubt = this.#doubt === ask.at;
    if (wasDoubt) this.#doubt = undefined;
    if (!isIcmp) return;
    if (wasDoubt) this.#pace.tooFast(nowMs);
    else if (ask.wasScarce) this.#pace.kept(nowMs);
  }

  /** An answer came after its ask was given up: answers take longer than was thought. */
  #noteLate(at: number, isIcmp: boolean, nowMs: number): void {
    // With two asks nobody knows which one it answers (Karn's algorithm).
    if (this.#asked[at] === 1) this.#replyTime.note(nowMs - this.#askedMs[at]!);
    this.#share += (Number(isIcmp) - this.#share) * GAIN;
  }

  #noteSilence({ at }: Ask): void {
    this.#share = Math.max(SHARE_MIN, this.#share * (1 - GAIN));
    if (this.#doubt === at) this.#doubt = undefined;
    else if (this.#pace.isTrial && this.#doubt === undefined) {
      this.#doubt = at;
      this.#isDoubtAsked = false;
      return;
    }
    this.#suspects.push(at);
  }

  #roundInMs(nowMs: number): number {
    const repeatInMs = Math.max(0, this.#lastAskedMs + REPEAT_MS - nowMs);
    return Math.max(repeatInMs, this.#pace.sureInMs(this.#controls.size, nowMs));
  }

  #beginRound(nowMs: number): void {
    const controls = [...new Set(this.#controls.values())];
    this.#suspects = this.#suspects.filter((at) => this.#isDone[at] === 0);
    const spare = Math.max(0.25, this.#pace.sureTokens(nowMs) - controls.length);
    const suspects = this.#suspects.splice(0, Math.max(1, Math.floor(spare / this.#suspectShare)));
    const toSend = [...suspects, ...controls].reverse();
    const due = new Set(controls);
    this.#round = { suspects, toSend, controls: due.size, controlsDue: due, sentMs: undefined, errors: 0 };
  }

  #noteRound(at: number, isIcmp: boolean): void {
    const round = this.#round;
    if (round === undefined) return;
    if (!round.controlsDue.delete(at) && isIcmp) round.errors++;
  }

  /** A round is over when each answered, or was waited for. */
  #endRound(round: Round, nowMs: number): readonly Silence[] {
    if (round.sentMs === undefined) return [];
    const open = round.suspects.filter((at) => this.#isDone[at] === 0);
    const isHeard = open.length === 0 && round.controlsDue.size === 0;
    if (!isHeard && nowMs < round.sentMs + this.#replyTimeoutMs) return [];
    this.#round = undefined;
    const errorShare = round.errors / round.suspects.length;
    const isSure = round.controls > 0 && round.controlsDue.size === 0;
    if (isSure || (round.controls === 0 && round.errors === 0)) {
      this.#fruitless = 0;
      const calmer = round.errors === 0 ? this.#suspectShare / CALMER : errorShare;
      this.#suspectShare = Math.max(SUSPECT_SHARE_MIN, calmer);
      return this.#again(open, (at) => this.#asked[at]! >= this.#attempts, isSure);
    }
    this.#suspectShare = Math.min(1, Math.max(this.#suspectShare, errorShare));
    if (round.errors > 0) {
      this.#fruitless = 0;
      this.#share = Math.max(this.#share, errorShare);
      return this.#askAnew(open);
    }
    this.#pace.lost(nowMs);
    const enough = ++this.#fruitless >= FRUITLESS_MAX;
    return this.#again(open, (at) => enough || !this.#mayBeAsked(at), false);
  }

  /** Some suspects were no silent ports at all: it was our haste, and all are asked anew at the pace of errors. */
  #askAnew(open: readonly number[]): readonly Silence[] {
    this.#waiting.push(...[...open, ...this.#suspects].filter((at) => this.#mayBeAsked(at)).reverse());
    this.#suspects = this.#suspects.filter((at) => !this.#mayBeAsked(at));
    return this.#again(
      open.filter((at) => !this.#mayBeAsked(at)),
      () => true,
      false,
    );
  }

  #mayBeAsked(at: number): boolean {
    return this.#asked[at]! < this.#attempts + MORE_ASKS;
  }

  /** Those of the ports that are to be asked no more are silent; the others stay suspects. */
  #again(open: readonly number[], isEnough: (at: number) => boolean, confirmed: boolean): readonly Silence[] {
    const silent = open.filter(isEnough);
    this.#suspects.push(...open.filter((at) => !isEnough(at)));
    for (const at of silent) this.#settle(at);
    return silent.map((at) => ({ at, confirmed }));
  }

  #settle(at: number): void {
    this.#isDone[at] = 1;
    this.#left--;
    if (this.#doubt === at) this.#doubt = undefined;
  }

  /** Whether a port waits for its turn; those that answered late need none any more. */
  #anyWaits(): boolean {
    while (this.#waiting.length > 0 && this.#isDone[this.#waiting.at(-1)!] === 1) this.#waiting.pop();
    return this.#waiting.length > 0;
  }
}
