/**
 * Which UDP port is asked next, and which silence can be told from our own haste. First every port is asked as fast as
 * the target may refuse it; silence costs it nothing, so where many are silent many are asked at once. Then all that
 * stayed silent are asked in one go, and right after them a control for each sender of ICMP errors: a port that is known
 * to be refused. If each control is refused again, an error was left for every one of them, and they are silent indeed.
 */
import type { SweepJob } from "../model/observation.ts";
import { ErrorShare } from "./error-share.ts";
import { IcmpPace } from "./icmp-pace.ts";
import { ReplyTime } from "./reply-time.ts";
import { SilenceRound } from "./silence-round.ts";

/** Before the first answer a silence is given so long before its token goes to another port; an answer counts later too. */
const HOLD_MS = 250;
/** A silent port is asked again no sooner: by then the target may send one more error. */
const REPEAT_MS = 1_020;
/** Rounds in a row in which neither a control nor a silent port answered, before silence is taken as it is. */
const FRUITLESS_MAX = 5;
/** Asks beyond those that are due, before silence is taken as it is. */
const MORE_ASKS = 12;
/** What is expected of ports that were silent before, and how a round that confirms it lowers this. */
const SUSPECT_SHARE = 0.02;
const SUSPECT_SHARE_MIN = 1 / 4_096;
const CALMER = 4;
/** Where the controls take all errors that are there, a part of one may be needed beside them. */
const LEAST_SPARE = 0.25;
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

export interface Silence {
  readonly at: number;
  /** Each control still answered. */
  readonly confirmed: boolean;
}

export class UdpQuestions {
  readonly #attempts: number;
  readonly #replyTimeoutMs: number;
  readonly pace: IcmpPace;
  readonly #replyTime = new ReplyTime();
  readonly #share = new ErrorShare();
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
  #suspectShare = SUSPECT_SHARE;
  /** A port whose silence may be our haste: asked again before any other, when it can be answered for sure. */
  #doubt: number | undefined;
  #isDoubtAsked = false;
  #round: SilenceRound | undefined;
  #lastAskedMs = 0;
  #fruitless = 0;
  #left: number;

  constructor(indexes: readonly number[], job: SweepJob, nowMs: number) {
    this.#attempts = job.attempts;
    this.#replyTimeoutMs = job.replyTimeoutMs;
    this.pace = new IcmpPace(job.icmpBudget, nowMs);
    this.#waiting = indexes.toReversed();
    const most = indexes.reduce((highest, at) => Math.max(highest, at), -1) + 1;
    this.#asked = new Uint8Array(most);
    this.#askedMs = new Float64Array(most);
    this.#isDone = new Uint8Array(most);
    this.#left = indexes.length;
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  /** The port to ask now; undefined when there is none, or none yet. It is counted as asked. */
  next(nowMs: number): number | undefined {
    const at = this.#round === undefined ? this.#nextSingle(nowMs) : this.#round.next(nowMs);
    if (at === undefined) return undefined;
    this.#lastAskedMs = nowMs;
    if (this.#round === undefined) {
      this.#underWay.set(at, { at, askedMs: nowMs, wasScarce: this.pace.tokens(nowMs) < SCARCE_TOKENS });
    }
    this.#askedMs[at] = nowMs;
    this.#asked[at] = Math.min(255, this.#asked[at]! + 1);
    return at;
  }

  /** How long nothing is due, as long as nothing is heard. */
  waitMs(nowMs: number): number {
    if (this.#round !== undefined) return this.#round.waitMs(nowMs, this.#replyTimeoutMs);
    const holdMs = this.#holdMs();
    const [oldest] = this.#underWay.values();
    const expiresInMs = oldest === undefined ? Number.POSITIVE_INFINITY : Math.max(0, oldest.askedMs + holdMs - nowMs);
    if (this.#doubt !== undefined) return this.#isDoubtAsked ? expiresInMs : this.pace.sureInMs(1, nowMs);
    const wanted = this.#share.errorsOf(this.#underWay.size + 1);
    const askInMs = this.#anyWaits() ? this.pace.waitMs(wanted, nowMs) : Number.POSITIVE_INFINITY;
    const waitMs = Math.min(expiresInMs, askInMs);
    return Number.isFinite(waitMs) ? waitMs : this.#roundInMs(nowMs);
  }

  /** How long the rest will take, if it is like what was heard so far. */
  remainingMs(nowMs: number): number {
    const errors = this.#waiting.length * this.#share.value;
    const rounds = Math.max(1, this.#attempts - 1) * (this.#replyTimeoutMs + REPEAT_MS);
    return this.pace.waitMs(errors, nowMs) + rounds;
  }

  /** A port answered, by an error or otherwise; also one that is long done. True when that settles it. */
  heard(at: number, { icmpKey }: Heard, nowMs: number): boolean {
    if (icmpKey !== undefined) {
      this.pace.spend(nowMs);
      this.#controls.set(icmpKey, at);
    }
    this.#round?.heard(at, icmpKey !== undefined);
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
      this.#noteSilence(ask, nowMs);
    }
    const isIdle = this.#underWay.size === 0 && this.#doubt === undefined && !this.#anyWaits();
    if (isIdle && !this.isOver && this.#roundInMs(nowMs) === 0) this.#beginRound(nowMs);
    return [];
  }

  #nextSingle(nowMs: number): number | undefined {
    if (this.#doubt !== undefined) {
      if (this.#isDoubtAsked || this.pace.sureInMs(1, nowMs) > 0) return undefined;
      this.#isDoubtAsked = true;
      return this.#doubt;
    }
    if (!this.#anyWaits()) return undefined;
    return this.pace.waitMs(this.#share.errorsOf(this.#underWay.size + 1), nowMs) > 0 ? undefined : this.#waiting.pop();
  }

  #holdMs(): number {
    return Math.min(this.#replyTimeoutMs, this.#replyTime.timeoutMs ?? HOLD_MS);
  }

  #noteAnswer(ask: Ask, isIcmp: boolean, nowMs: number): void {
    this.#underWay.delete(ask.at);
    this.#replyTime.note(nowMs - ask.askedMs);
    this.#fruitless = 0;
    const wasDoubt = this.#doubt === ask.at;
    if (wasDoubt) this.#doubt = undefined;
    // A control that was answered says that the silence before it was no haste.
    if (this.#isDone[ask.at] === 1) return;
    this.#share.answered(isIcmp);
    if (!isIcmp) return;
    if (wasDoubt) this.pace.tooFast(nowMs);
    else if (ask.wasScarce) this.pace.kept(nowMs);
  }

  /** An answer came after its ask was given up: answers take longer than was thought. */
  #noteLate(at: number, isIcmp: boolean, nowMs: number): void {
    // With two asks nobody knows which one it answers (Karn's algorithm).
    if (this.#asked[at] === 1) this.#replyTime.note(nowMs - this.#askedMs[at]!);
    this.#share.answered(isIcmp);
  }

  #noteSilence({ at }: Ask, nowMs: number): void {
    const wasDoubt = this.#doubt === at;
    if (wasDoubt) this.#doubt = undefined;
    if (this.#isDone[at] === 1) this.#noteHaste(nowMs);
    else if (!wasDoubt && this.#doubt === undefined && (this.pace.isTrial || this.#share.isHigh)) this.#beginDoubt(at);
    else {
      this.#share.silent();
      this.#suspects.push(at);
      this.#doubtSilences();
    }
  }

  /** Many silent ports in a row: a control is asked before any other. */
  #doubtSilences(): void {
    const control = [...this.#controls.values()].at(-1);
    if (this.#doubt !== undefined || control === undefined || this.#fruitless >= FRUITLESS_MAX) return;
    if (this.#share.takeCheck()) this.#beginDoubt(control);
  }

  #beginDoubt(at: number): void {
    this.#doubt = at;
    this.#isDoubtAsked = false;
  }

  /** A control was silent: so were those before it by our haste, and they are asked anew. */
  #noteHaste(nowMs: number): void {
    this.#fruitless++;
    const run = this.#suspects.splice(Math.max(0, this.#suspects.length - this.#share.silentRun));
    this.#waiting.push(...run.filter((at) => this.#mayBeAsked(at)).reverse());
    this.#suspects.push(...run.filter((at) => !this.#mayBeAsked(at)));
    this.#share.forget();
    this.pace.tooFast(nowMs);
  }

  #roundInMs(nowMs: number): number {
    const repeatInMs = Math.max(0, this.#lastAskedMs + REPEAT_MS - nowMs);
    return Math.max(repeatInMs, this.pace.sureInMs(this.#controls.size, nowMs));
  }

  #beginRound(nowMs: number): void {
    const controls = new Set(this.#controls.values());
    this.#suspects = this.#suspects.filter((at) => this.#isDone[at] === 0);
    const spare = Math.max(LEAST_SPARE, this.pace.sureTokens(nowMs) - controls.size);
    const suspects = this.#suspects.splice(0, Math.max(1, Math.floor(spare / this.#suspectShare)));
    this.#round = new SilenceRound(suspects, controls);
  }

  /** A round is over when each answered, or was waited for. */
  #endRound(round: SilenceRound, nowMs: number): readonly Silence[] {
    const open = round.suspects.filter((at) => this.#isDone[at] === 0);
    if (!round.isOver(open.length, nowMs, this.#replyTimeoutMs)) return [];
    this.#round = undefined;
    const { errorShare, hasControls, isSure } = round;
    if (isSure || (!hasControls && errorShare === 0)) {
      this.#fruitless = 0;
      const calmer = errorShare === 0 ? this.#suspectShare / CALMER : errorShare;
      this.#suspectShare = Math.max(SUSPECT_SHARE_MIN, calmer);
      return this.#again(open, (at) => this.#asked[at]! >= this.#attempts, isSure);
    }
    this.#suspectShare = Math.min(1, Math.max(this.#suspectShare, errorShare));
    if (errorShare > 0) {
      this.#fruitless = 0;
      this.#share.forget();
      return this.#askAnew(open);
    }
    this.pace.lost(nowMs);
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
