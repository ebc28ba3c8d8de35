/**
 * The portable sweeper: every port on a socket of its own through Net. Ports that were silent, or for which our own side
 * had no socket, are asked again at the end of the queue. UDP is paced by the ICMP errors that the target may send, and its silence is confirmed by ports known to answer.
 */
import type { Icmp, Observation, SweepJob, SweepSeen } from "../model/observation.ts";
import type { Sweeper } from "../model/parts.ts";
import { REASONS, type Reason, type State } from "../model/words.ts";
import { reasonOfObservation, stateOfReason } from "../verdict/state.ts";
import { type AskParts, askPort, askTogether, type Target } from "./ask.ts";
import { Gate } from "./gate.ts";
import { IcmpTokens } from "./icmp-tokens.ts";

/** Ports that one sweep asks at the same time. */
const FLOWS_MAX = 64;

/** A silent UDP port is asked again no sooner: by then the target may send one more ICMP error. */
const UDP_REPEAT_MS = 1_020;

/** Rounds in a row in which neither a control nor a silent port answered, before silence is taken as it is. */
const FRUITLESS_ROUNDS_MAX = 5;

/** A sweeper whose sweeps share one rate of new flows and one limit of open sockets. */
export function createPlainSweeper(parts: AskParts): Sweeper {
  const gate = new Gate(parts.world);
  return { sweep: (job, onProgress, signal) => new PlainSweep(job, { ...parts, gate }, onProgress, signal).run() };
}

interface SweepParts extends AskParts {
  readonly gate: Gate;
}

/** One ask of one port. */
interface Turn {
  /** Index into the job's ports. */
  readonly at: number;
  readonly asked: number;
  readonly notBeforeMs: number;
}

class PlainSweep {
  readonly #job: SweepJob;
  readonly #parts: SweepParts;
  readonly #onProgress: (portsDone: number) => void;
  readonly #signal: AbortSignal;
  readonly #codes: Uint8Array;
  /** Ports that were silent while each control was answered. */
  readonly #confirmed: Uint8Array;
  readonly #offenderOf: Uint16Array;
  readonly #offenders: Icmp[] = [];
  /** Whether every socket so far would have seen an ICMP error. */
  #errorQueue = true;
  /** Our own port when a UDP port was last asked, 0 before. */
  readonly #ownPorts: Uint16Array;
  /** The target's ICMP errors; UDP only. */
  readonly #icmp: IcmpTokens | undefined;
  readonly #queue: Turn[];
  /** Ports that stayed silent as often as they may. */
  readonly #silent: number[] = [];
  /** For each kind of ICMP error, a port that was seen to cause it. */
  readonly #controls = new Map<Reason, number>();
  readonly #running = new Set<AbortController>();
  /** Aborted when the sweep was stopped or failed. */
  readonly #over = new AbortController();
  #pause = new AbortController();
  #askedMs = 0;
  #next = 0;
  #done = 0;
  #sent = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(job: SweepJob, parts: SweepParts, onProgress: (portsDone: number) => void, signal: AbortSignal) {
    this.#job = job;
    this.#parts = parts;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#codes = new Uint8Array(job.ports.length);
    this.#confirmed = new Uint8Array(job.ports.length);
    this.#offenderOf = new Uint16Array(job.ports.length);
    this.#ownPorts = new Uint16Array(job.ports.length);
    this.#queue = Array.from(job.ports, (_, at) => ({ at, asked: 0, notBeforeMs: 0 }));
    if (job.transport === "udp") this.#icmp = new IcmpTokens(job.icmpBudget, parts.world, () => this.#wake());
  }

  async run(): Promise<SweepSeen> {
    const { address, source } = this.#job;
    const way = await this.#parts.net.route(address, source);
    if (way.code === undefined) await this.#askAll();
    else this.#codes.fill(codeOf("no-route"));
    return {
      codes: this.#codes,
      offenderOf: this.#offenderOf,
      offenders: this.#offenders,
      errorQueue: this.#errorQueue && this.#sent > 0,
      sent: this.#sent,
      ...(this.#icmp !== undefined && { confirmed: this.#confirmed, icmpBudget: this.#icmp.left() }),
      ...(way.source !== undefined && { source: way.source }),
    };
  }

  async #askAll(): Promise<void> {
    this.#signal.addEventListener("abort", this.#stop, { once: true });
    try {
      await this.#askQueue();
      if (this.#icmp !== undefined) await this.#confirmSilence(this.#icmp);
      if (this.#signal.aborted) return;
      for (const at of this.#silent) this.#settle(at, "no-response");
    } finally {
      this.#signal.removeEventListener("abort", this.#stop);
    }
  }

  async #askQueue(): Promise<void> {
    while (!this.#isOver()) {
      const turn = this.#queue[this.#next];
      if (turn === undefined && this.#running.size === 0) break;
      const waitMs = this.#waitMs(turn);
      if (turn === undefined || waitMs > 0) {
        await this.#sleep(waitMs);
        continue;
      }
      const leave = await this.#enter(1);
      // An error that came late may meanwhile have used up what the target may still send.
      if (this.#isOver() || this.#waitMs(turn) > 0) {
        leave();
        continue;
      }
      this.#next++;
      this.#askedMs = this.#nowMs();
      const asked = this.#ask(turn).finally(leave);
      asked.catch((error: unknown) => {
        this.#failure = { error };
        this.#stop();
      });
    }
    while (this.#running.size > 0) await this.#sleep(this.#job.replyTimeoutMs);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** How long until the turn may be taken. Waits for a running turn are cut short when one ends. */
  #waitMs(turn: Turn | undefined): number {
    if (turn === undefined || this.#running.size >= FLOWS_MAX) return this.#job.replyTimeoutMs;
    const nowMs = this.#nowMs();
    return Math.max(turn.notBeforeMs - nowMs, this.#icmp?.waitMs() ?? 0);
  }

  /** Waits until the run has room for so many more flows; gives what to call when they are closed. */
  #enter(flows: number): Promise<() => void> {
    return this.#parts.gate.enter(flows, this.#job.ratePerS, this.#over.signal);
  }

  #isOver(): boolean {
    return this.#signal.aborted || this.#failure !== undefined;
  }

  async #ask(turn: Turn): Promise<void> {
    const stop = new AbortController();
    this.#running.add(stop);
    try {
      const startedMs = this.#nowMs();
      const token = this.#icmp?.take();
      const seen = await askPort(this.#job, this.#target(turn.at), this.#parts, stop);
      if (this.#isIcmpError(seen)) token?.use(seen.endedMs - seen.startedMs);
      else token?.giveBack();
      if (!this.#note(turn.at, seen)) this.#askAgain(turn, startedMs, seen);
    } finally {
      this.#running.delete(stop);
      this.#wake();
    }
  }

  #askAgain(turn: Turn, startedMs: number, seen: Observation): void {
    const asked = turn.asked + 1;
    const notBeforeMs = startedMs + (this.#icmp === undefined ? this.#job.replyTimeoutMs : UDP_REPEAT_MS);
    if (asked < this.#job.attempts) this.#queue.push({ at: turn.at, asked, notBeforeMs });
    else if (lackedResources(seen)) this.#settle(turn.at, "no-resources");
    else this.#silent.push(turn.at);
  }

  /**
   * Whether silence was our own haste. Somebody else may have used up the target's ICMP errors, so silent ports are
   * asked in one go and a port that is known to answer right after them: when that one is still answered, there was an
   * error left for each of them, and they are silent indeed. When it is not, they are asked again a second later.
   */
  async #confirmSilence(icmp: IcmpTokens): Promise<void> {
    for (let fruitless = 0; fruitless < FRUITLESS_ROUNDS_MAX && !this.#signal.aborted; ) {
      const controls = [...this.#controls.values()];
      if (controls.length === 0 || this.#silent.length === 0) return;
      await this.#sleep(Math.max(this.#askedMs + UDP_REPEAT_MS - this.#nowMs(), icmp.waitMs()));
      const suspects = this.#silent.splice(0, FLOWS_MAX - controls.length);
      const seen = await this.#askRound([...suspects, ...controls]);
      icmp.owe(seen.filter((each) => this.#isIcmpError(each)).length);
      const still = suspects.filter((at, index) => !this.#note(at, seen[index]!));
      const heard = seen.slice(suspects.length).filter((each) => this.#isIcmpError(each)).length;
      this.#sent += controls.length;
      const sure = heard === controls.length && !seen.some(lackedResources) && !this.#signal.aborted;
      if (sure) for (const at of still) this.#confirm(at);
      else this.#silent.unshift(...still);
      fruitless = sure || still.length < suspects.length ? 0 : fruitless + 1;
    }
  }

  async #askRound(asked: readonly number[]): Promise<readonly Observation[]> {
    const leave = await this.#enter(asked.length);
    const stop = new AbortController();
    this.#running.add(stop);
    if (this.#signal.aborted) stop.abort();
    this.#askedMs = this.#nowMs();
    const targets = asked.map((at) => this.#target(at));
    try {
      return await askTogether(this.#job, targets, this.#parts, stop);
    } finally {
      this.#running.delete(stop);
      leave();
    }
  }

  #target(at: number): Target {
    const ownPort = this.#ownPorts[at]!;
    return { port: this.#job.ports[at]!, ...(ownPort > 0 && { ownPort }) };
  }

  /** Counts what was sent and settles the port, unless it was silent or our own side had no socket for it. */
  #note(at: number, seen: Observation): boolean {
    const reason = reasonOfObservation(seen);
    if (this.#stateOf(reason) !== "unknown") this.#sent++;
    if (this.#job.transport === "udp") this.#ownPorts[at] = seen.local?.port ?? 0;
    if (reason === "no-response" || lackedResources(seen)) return false;
    if (this.#isIcmpError(seen)) this.#controls.set(reason, at);
    if (seen.icmp !== undefined) this.#offenderOf[at] = this.#offenderNumber(seen.icmp);
    if (!seen.errorQueue) this.#errorQueue = false;
    this.#settle(at, reason);
    return true;
  }

  #confirm(at: number): void {
    this.#confirmed[at] = 1;
    this.#settle(at, "no-response");
  }

  /** Counted from 1, as they are met. */
  #offenderNumber({ type, code, from }: Icmp): number {
    const isSame = (met: Icmp) => met.from === from && met.type === type && met.code === code;
    const known = this.#offenders.findIndex(isSame);
    return known >= 0 ? known + 1 : this.#offenders.push({ type, code, from });
  }

  #settle(at: number, reason: Reason): void {
    this.#codes[at] = codeOf(reason);
    this.#onProgress(++this.#done);
  }

  #isIcmpError(seen: Observation): boolean {
    const state = this.#stateOf(reasonOfObservation(seen));
    return this.#icmp !== undefined && (state === "closed" || state === "filtered");
  }

  #stateOf(reason: Reason): State {
    return stateOfReason(reason, this.#job.transport, this.#job.address);
  }

  #nowMs(): number {
    return this.#parts.world.monotonicMs();
  }

  /** Sleeps until something changes: a turn ended, a token came back, the sweep was stopped. */
  async #sleep(ms: number): Promise<void> {
    this.#pause = new AbortController();
    await this.#parts.world.sleep(ms, this.#pause.signal);
  }

  #wake(): void {
    this.#pause.abort();
  }

  readonly #stop = (): void => {
    this.#over.abort();
    for (const running of this.#running) running.abort();
    this.#wake();
  };
}

/** Our own side had no descriptor, buffer or port left, and so nothing was asked; it may have one later. */
function lackedResources(seen: Observation): boolean {
  return reasonOfObservation(seen) === "no-resources";
}

function codeOf(reason: Reason): number {
  return REASONS.indexOf(reason) + 1;
}
