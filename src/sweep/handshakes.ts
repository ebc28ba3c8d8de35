/**
 * The TCP ports of one address, asked by one SYN after another: what is common to all ways of sending them. When a port
 * is asked, how long its answer may take, when it is asked again, and when it is called silent.
 */
import type { IcmpError } from "#node-dgram-ext";
import type { Reason } from "../model/words.ts";
import { stateOfReason } from "../verdict/state.ts";
import { Deadlines } from "./deadlines.ts";
import { paceOf } from "./flows.ts";
import type { Pace } from "./pace.ts";
import { ReplyTime } from "./reply-time.ts";
import { Rounds } from "./rounds.ts";
import type { EngineParts, SweepEngine } from "./sweep-engine.ts";
import { Window } from "./window.ts";

/** How SYNs are sent, and how is heard what comes of them. */
export interface Line {
  /** How many questions may be under way at the same time, as things stand. */
  readonly capacity: number;
  /** Sends a SYN; false when there is no room for it now. Throws SocketError. */
  begin(port: number, at: number): boolean;
  /** Reads what has come; true when more may have. */
  drain(): boolean;
  /** Ends a question; an answer that came at the last moment is told. */
  giveUp(at: number): void;
  close(): void;
}

/** What a line tells. */
export interface Listener {
  /** `evidence` is what `Verdicts.settle` takes. */
  answered(
    port: number,
    reason: Reason,
    evidence?: { readonly icmp?: IcmpError | undefined; readonly hopLimit?: number },
  ): void;
  /** The name of an error number, and the ICMP error behind it. */
  failed(port: number, code: string, icmp: IcmpError | undefined): void;
}

/** SYNs between two looks at what came back. */
const BURST = 128;
const DRAINS_MAX = 8;

/**
 * These, asked first, are given longer for their answer than others, as long as the sweep goes on anyway: they show how
 * slow the answers of this network are, and whether a second SYN, which the kernel sends after a second, does what the
 * first does not.
 */
const PATIENT_ONE_IN = 100;
const PATIENT_MIN = 64;
const PATIENT_MS = 1_100;

/** While nobody answers, so many are given all the time there is; the rest then what RFC 6298 takes for unknown. */
const HOPEFUL_MAX = 1_024;
const UNKNOWN_MS = 1_000;

export class Handshakes implements SweepEngine {
  readonly #parts: EngineParts;
  readonly #line: Line;
  readonly #rounds: Rounds;
  readonly #replyTime = new ReplyTime();
  readonly #window = new Window();
  readonly #quick = new Deadlines();
  readonly #patient = new Deadlines();
  readonly #shared: Pace;
  /** Our own pace, once it is slower than what is allowed. */
  #own: Pace | undefined;
  #ownSlowness = 1;
  /** The pace that was reached before it had to be slower for the first time. */
  #reachedPerS: number | undefined;
  /** When a port was asked last; 0 while no question is under way. */
  readonly #startedMs: Float64Array;
  /** Why our own side did not ask, the last time. */
  readonly #ownFault = new Map<number, Reason>();
  readonly #patientLeft: { count: number };
  readonly #beganMs: number;
  #nowMs: number;
  #silentSoFar = 0;

  constructor(parts: EngineParts, openLine: (listener: Listener) => Line) {
    const { job, verdicts, flows } = parts;
    const indexes = verdicts.indexes();
    this.#parts = parts;
    this.#nowMs = parts.monotonicMs();
    this.#beganMs = this.#nowMs;
    this.#shared = flows.at(job.ratePerS, this.#nowMs);
    this.#rounds = new Rounds(indexes, job.attempts);
    this.#startedMs = new Float64Array(job.ports.length);
    this.#patientLeft = { count: Math.max(PATIENT_MIN, Math.ceil(indexes.length / PATIENT_ONE_IN)) };
    this.#line = openLine({
      answered: (port, reason, evidence) => this.#answered(port, reason, evidence),
      failed: (port, code, icmp) => this.#failed(port, code, icmp),
    });
  }

  step(): number | undefined {
    this.#nowMs = this.#parts.monotonicMs();
    const waitMs = this.#ask();
    let more = true;
    for (let drains = 0; more && drains < DRAINS_MAX; drains++) more = this.#line.drain();
    // Answers that had come before a deadline are read by now, or the deadline has to wait.
    if (!more) this.#expire();
    const { silent } = this.#rounds;
    this.#parts.verdicts.remains(silent === undefined ? this.#remainingMs : 0);
    if (silent === undefined) return more ? 0 : Math.min(waitMs, this.#dueInMs());
    for (const at of silent) this.#parts.verdicts.settle(at, this.#ownFault.get(at) ?? "no-response");
    return undefined;
  }

  close(): void {
    this.#line.close();
  }

  /** How long the sweep will still take, at the speed that it has. */
  get #remainingMs(): number {
    const elapsedMs = Math.max(1, this.#nowMs - this.#beganMs);
    return (this.#rounds.expectedAsks() / Math.max(1, this.#rounds.asks)) * elapsedMs + this.#waitMs();
  }

  /** Asks as many as may be asked now; gives milliseconds until the next. */
  #ask(): number {
    for (let asked = 0; asked < BURST; asked++) {
      const at = this.#rounds.peek();
      if (at === undefined) return Number.POSITIVE_INFINITY;
      if (this.#parts.verdicts.isSettled(at)) {
        // It answered after it had been given up.
        this.#rounds.drop();
        continue;
      }
      // More would only wait in some router's queue, or be lost there.
      if (this.#rounds.underWay >= Math.min(this.#line.capacity, this.#window.size)) return Number.POSITIVE_INFINITY;
      const waitMs = this.#paceMs();
      if (waitMs > 0) return waitMs;
      if (!this.#begin(at)) return Number.POSITIVE_INFINITY;
    }
    return 0;
  }

  #begin(at: number): boolean {
    const { verdicts } = this.#parts;
    let fault: Reason | undefined;
    try {
      if (!this.#line.begin(verdicts.port(at), at)) return false;
      verdicts.sent();
    } catch (error) {
      fault = verdicts.reasonOf((error as { readonly code?: string }).code ?? "UNKNOWN");
      if (stateOf(fault) !== "unknown") throw error;
    }
    const isFirst = this.#rounds.begin() === 0;
    this.#startedMs[at] = this.#nowMs;
    if (fault === undefined) this.#ownFault.delete(at);
    else this.#ownFault.set(at, fault);
    this.#shared.take(this.#nowMs);
    this.#own?.take(this.#nowMs);
    const isPatient = isFirst && this.#patientLeft.count-- > 0;
    (isPatient ? this.#patient : this.#quick).add(at, this.#nowMs);
    return true;
  }

  #answered(port: number, reason: Reason, evidence?: Parameters<Listener["answered"]>[2]): void {
    const at = this.#parts.verdicts.indexOf(port);
    if (at === undefined || this.#parts.verdicts.isSettled(at)) return;
    this.#parts.verdicts.settle(at, reason, evidence);
    const startedMs = this.#startedMs[at]!;
    if (startedMs === 0) return;
    const tookMs = this.#parts.monotonicMs() - startedMs;
    this.#replyTime.note(tookMs);
    this.#window.answered(tookMs);
    this.#end(at, stateOf(reason) === "filtered" ? "rejected" : "answered");
  }

  #failed(port: number, code: string, icmp: IcmpError | undefined): void {
    const at = this.#parts.verdicts.indexOf(port);
    const reason = this.#parts.verdicts.reasonOf(code, icmp);
    // The kernel gave up by itself: that is silence.
    if (at === undefined || reason === "no-response") return;
    // Our own side may let it out later: it waits like a silent port, and is asked again.
    if (stateOf(reason) === "unknown") this.#ownFault.set(at, reason);
    else this.#answered(port, reason, { icmp });
  }

  #end(at: number, how: "answered" | "rejected" | "silent"): void {
    this.#startedMs[at] = 0;
    this.#rounds.ended(at, how);
  }

  #expire(): void {
    const waitMs = this.#waitMs();
    this.#expireIn(this.#quick, waitMs);
    this.#expireIn(this.#patient, this.#patientWaitMs());
  }

  #expireIn(deadlines: Deadlines, waitMs: number): void {
    for (const { key: at, ageMs } of deadlines.expired(this.#nowMs, waitMs)) {
      // Settled meanwhile; its next question, if any, has a deadline of its own.
      if (this.#startedMs[at] === 0 || this.#parts.verdicts.isSettled(at)) continue;
      this.#line.giveUp(at);
      if (this.#parts.verdicts.isSettled(at)) continue;
      if (ageMs >= UNKNOWN_MS) this.#parts.verdicts.sent();
      this.#silentSoFar++;
      this.#window.silent();
      this.#end(at, "silent");
    }
  }

  #dueInMs(): number {
    const waitMs = this.#waitMs();
    return Math.min(
      this.#quick.dueInMs(this.#nowMs, waitMs),
      this.#patient.dueInMs(this.#nowMs, this.#patientWaitMs()),
    );
  }

  /** Those that are waited for longer, while there is something else to do. */
  #patientWaitMs(): number {
    const waitMs = this.#waitMs();
    const isAllThatIsLeft = this.#rounds.peek() === undefined && this.#quick.isEmpty;
    return isAllThatIsLeft ? waitMs : Math.max(waitMs, Math.min(PATIENT_MS, this.#parts.job.replyTimeoutMs));
  }

  /** How long an answer may take: as long as costs no time, and never less than the answers that came let expect. */
  #waitMs(): number {
    const { replyTimeoutMs } = this.#parts.job;
    const { timeoutMs } = this.#replyTime;
    if (timeoutMs === undefined) {
      return this.#silentSoFar < HOPEFUL_MAX ? replyTimeoutMs : Math.min(UNKNOWN_MS, replyTimeoutMs);
    }
    const freeMs = (this.#line.capacity / this.#ratePerS) * 1_000;
    return Math.min(replyTimeoutMs, Math.max(timeoutMs, freeMs));
  }

  get #ratePerS(): number {
    return this.#parts.job.ratePerS / this.#rounds.slowness;
  }

  #paceMs(): number {
    if (this.#rounds.slowness !== this.#ownSlowness) this.#changePace(this.#rounds.slowness);
    return Math.max(this.#shared.waitMs(this.#nowMs), this.#own?.waitMs(this.#nowMs) ?? 0);
  }

  /** Slower than what is allowed, or than what was reached where that was less. */
  #changePace(slowness: number): void {
    const elapsedMs = Math.max(1, this.#nowMs - this.#beganMs);
    this.#reachedPerS ??= Math.max(1, (this.#rounds.asks * 1_000) / elapsedMs);
    const perS = Math.min(this.#parts.job.ratePerS, this.#reachedPerS) / slowness;
    this.#own = slowness === 1 ? undefined : paceOf(perS, this.#nowMs);
    this.#ownSlowness = slowness;
  }
}

function stateOf(reason: Reason): ReturnType<typeof stateOfReason> {
  return stateOfReason(reason, "tcp", "");
}
