/**
 * The portable sweeper: every port on a socket of its own through Net. Silent ports are asked again at the end of the
 * queue. UDP is paced by the ICMP errors that the target may send (RFC 1812 section 4.3.2.8): a closed port costs one
 * of them, a silent one none, and a port asked when none is left would look silent.
 */
import type { Observation, SweepJob, SweepSeen } from "../model/observation.ts";
import type { Sweeper } from "../model/parts.ts";
import { REASONS, type Reason } from "../model/words.ts";
import { reasonOfObservation, stateOfReason } from "../verdict/state.ts";
import { type AskParts, askPort } from "./ask.ts";
import { Pace } from "./pace.ts";

/** Ports asked at the same time. */
const FLOWS_MAX = 64;

/** A silent UDP port is asked again no sooner: by then the target may send one more ICMP error. */
const UDP_REPEAT_MS = 1_000;

/** A token is held back this long for an ICMP error to come, or twice the slowest so far; a later one is still paid. */
const ICMP_HOLD_MS = 250;

/** Targets count in clock ticks of up to 10 ms, so that an error asked for exactly on time may be refused. */
const ICMP_MARGIN = 0.98;

export function createPlainSweeper(parts: AskParts): Sweeper {
  return { sweep: (job, onProgress, signal) => new PlainSweep(job, parts, onProgress, signal).run() };
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
  readonly #parts: AskParts;
  readonly #onProgress: (portsDone: number) => void;
  readonly #signal: AbortSignal;
  readonly #codes: Uint8Array;
  readonly #rate: Pace;
  readonly #icmp: Pace | undefined;
  readonly #queue: Turn[];
  readonly #running = new Set<AbortController>();
  #pause = new AbortController();
  #icmpHoldMs = ICMP_HOLD_MS;
  #next = 0;
  #done = 0;
  #sent = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(job: SweepJob, parts: AskParts, onProgress: (portsDone: number) => void, signal: AbortSignal) {
    this.#job = job;
    this.#parts = parts;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#codes = new Uint8Array(job.ports.length);
    this.#queue = Array.from(job.ports, (_, at) => ({ at, asked: 0, notBeforeMs: 0 }));
    const nowMs = parts.world.monotonicMs();
    const burst = Math.max(1, job.ratePerS / 100);
    this.#rate = new Pace({ perS: job.ratePerS, burst, tokens: burst }, nowMs);
    this.#icmp = job.transport === "udp" ? icmpPace(job, nowMs) : undefined;
  }

  async run(): Promise<SweepSeen> {
    const { address, source, ports } = this.#job;
    const way = await this.#parts.net.route(address, source);
    if (way.code === undefined) await this.#askAll();
    else this.#codes.fill(codeOf("no-route"));
    return {
      codes: this.#codes,
      offenderOf: new Uint16Array(ports.length),
      offenders: [],
      errorQueue: false,
      sent: this.#sent,
      ...(way.source !== undefined && { source: way.source }),
    };
  }

  async #askAll(): Promise<void> {
    this.#signal.addEventListener("abort", this.#stop, { once: true });
    while (!this.#signal.aborted && this.#failure === undefined) {
      const turn = this.#queue[this.#next];
      if (turn === undefined && this.#running.size === 0) break;
      const waitMs = this.#waitMs(turn);
      if (turn === undefined || waitMs > 0) {
        await this.#sleep(waitMs);
        continue;
      }
      this.#next++;
      this.#rate.take(this.#nowMs());
      this.#ask(turn).catch((error: unknown) => {
        this.#failure = { error };
        this.#stop();
      });
    }
    while (this.#running.size > 0) await this.#sleep(this.#job.replyTimeoutMs);
    this.#signal.removeEventListener("abort", this.#stop);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** How long until the turn may be taken. Waits for a running turn are cut short when one ends. */
  #waitMs(turn: Turn | undefined): number {
    if (turn === undefined || this.#running.size >= FLOWS_MAX) return this.#job.replyTimeoutMs;
    const nowMs = this.#nowMs();
    return Math.max(turn.notBeforeMs - nowMs, this.#rate.waitMs(nowMs), this.#icmp?.waitMs(nowMs) ?? 0);
  }

  async #ask(turn: Turn): Promise<void> {
    const stop = new AbortController();
    this.#running.add(stop);
    try {
      const startedMs = this.#nowMs();
      const token = this.#icmp && this.#takeToken(this.#icmp);
      const seen = await askPort(this.#job, this.#job.ports[turn.at]!, this.#parts, stop);
      const reason = reasonOfObservation(seen);
      token?.settle(seen, this.#stateOf(reason));
      this.#note(turn, reason, startedMs);
    } finally {
      this.#running.delete(stop);
      this.#wake();
    }
  }

  /** Takes one of the target's ICMP errors, and gives it back when the port does not use it. */
  #takeToken(icmp: Pace): { settle(seen: Observation, state: string): void } {
    const hold = new AbortController();
    let held = true;
    icmp.take(this.#nowMs());
    const release = () => {
      if (!held) return;
      held = false;
      icmp.giveBack();
      this.#wake();
    };
    void this.#parts.world.sleep(this.#icmpHoldMs, hold.signal).then(release);
    return {
      settle: (seen, state) => {
        if (state === "closed" || state === "filtered") {
          this.#icmpHoldMs = Math.max(this.#icmpHoldMs, 2 * (seen.endedMs - seen.startedMs));
          if (!held) icmp.take(this.#nowMs());
          held = false;
        }
        release();
        hold.abort();
      },
    };
  }

  #note(turn: Turn, reason: Reason, startedMs: number): void {
    const state = this.#stateOf(reason);
    if (state !== "unknown") this.#sent++;
    if (reason === "no-response") {
      // A silence that was cut short says nothing.
      if (this.#signal.aborted) return;
      const asked = turn.asked + 1;
      const notBeforeMs = this.#icmp === undefined ? 0 : startedMs + UDP_REPEAT_MS;
      if (asked < this.#job.attempts) {
        this.#queue.push({ at: turn.at, asked, notBeforeMs });
        return;
      }
    }
    this.#codes[turn.at] = codeOf(reason);
    this.#onProgress(++this.#done);
  }

  #stateOf(reason: Reason): string {
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
    for (const running of this.#running) running.abort();
    this.#wake();
  };
}

function icmpPace({ icmpBudget: { tokens, perS } }: SweepJob, nowMs: number): Pace {
  return new Pace({ perS: perS * ICMP_MARGIN, burst: Math.max(1, tokens), tokens }, nowMs);
}

function codeOf(reason: Reason): number {
  return REASONS.indexOf(reason) + 1;
}
