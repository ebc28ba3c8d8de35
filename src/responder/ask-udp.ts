/** Sends each UDP port its token from one fresh port, and again to those that stay silent. */
import type { PortError } from "../model/far-end.ts";
import type { Ask, Asked, AskParts, Question } from "./ask.ts";
import { type Datagrams, openDatagrams } from "./datagrams.ts";
import { type FreshSource, openFresh } from "./fresh-source.ts";
import { tokenAt } from "./key.ts";

/** The shortest wait for replies, after the first round and after a later one: a short fault does not take all tries. */
const FIRST_WAIT_MS = 25;
const LATER_WAIT_MS = 50;
/** How long a reply may be late that must have been sent. */
const LATE_REPLY_MS = 100;
/** A request counts as under way for so many usual round trips; it is only asked again in the next round. */
const HOLD_ROUND_TRIPS = 3;
/** The share of a new sample in the usual round trip (RFC 6298 section 2). */
const GAIN = 1 / 8;
const IDLE_MS = 1;
/**
 * Where packets are lost by chance, ports are asked so many times more, until no more than this many are expected to
 * have lost every try.
 */
const MORE_ATTEMPTS = 2;
const WRONG_EXPECTED = 0.001;
/** Where some packets are lost by chance, and no more ports than this share lose every reply, all of those are asked more. */
const FEW_SHARE = 0.005;

export const askUdp: Ask = async (question, parts, signal) => {
  const asking = new Asking(question, parts.world, signal);
  const { source, address } = question;
  const fresh = await openFresh(question, (sourcePort) =>
    openDatagrams(
      {
        source,
        address,
        ...(sourcePort !== undefined && { sourcePort }),
        onReply: (port, bytes) => asking.heard(port, bytes),
        onError: (port, error, isUnsent) => asking.failed(port, error, isUnsent),
      },
      parts.sockets,
    ),
  );
  if (typeof fresh === "string") return { ...asking.asked(), failed: fresh };
  try {
    asking.leaveOut(fresh);
    await asking.run(fresh.datagrams);
  } finally {
    fresh.datagrams.close();
  }
  return asking.asked();
};

class Asking {
  readonly #question: Question;
  readonly #world: AskParts["world"];
  readonly #signal: AbortSignal;
  readonly #indexOf: ReadonlyMap<number, number>;
  readonly #answered: Uint8Array;
  readonly #unsent: Uint8Array;
  readonly #met: Uint8Array;
  readonly #errors = new Map<number, PortError>();
  readonly #tries: Uint8Array;
  readonly #sentMs: Float64Array;
  /** 1 for each port that the line counts as under way. */
  readonly #underWay: Uint8Array;
  #arrived: Uint8Array | undefined;
  #packets = 0;
  /** 1 for each port that must not be asked from our socket. */
  #mirrored: Uint8Array;
  #toAsk: number;
  #left: number;
  /** Ports that replied, but not to their first request. */
  #recovered = 0;
  /** Those of them at which no earlier one had arrived. */
  #lostRequests = 0;
  #usualMs: number;
  #slowestMs: number;

  constructor(question: Question, world: AskParts["world"], signal: AbortSignal) {
    const { ports, rttMs } = question;
    this.#question = question;
    this.#world = world;
    this.#signal = signal;
    this.#indexOf = new Map(Array.from(ports, (port, index) => [port, index]));
    this.#answered = new Uint8Array(ports.length);
    this.#unsent = new Uint8Array(ports.length);
    this.#met = new Uint8Array(ports.length);
    this.#tries = new Uint8Array(ports.length);
    this.#underWay = new Uint8Array(ports.length);
    this.#sentMs = new Float64Array(ports.length);
    this.#mirrored = new Uint8Array(ports.length);
    this.#toAsk = ports.length;
    this.#left = ports.length;
    this.#usualMs = rttMs;
    this.#slowestMs = rttMs;
  }

  asked(): Asked {
    const arrived = this.#arrived;
    return {
      answered: this.#answered,
      unsent: this.#unsent,
      mirrored: this.#mirrored,
      met: this.#met,
      errors: this.#errors,
      packets: this.#packets,
      ...(arrived !== undefined && { arrived }),
    };
  }

  /** Ports that are not asked. */
  leaveOut({ mirrored, mirrors }: FreshSource): void {
    this.#mirrored = mirrored;
    this.#toAsk -= mirrors;
    this.#left -= mirrors;
  }

  async run(datagrams: Datagrams): Promise<void> {
    for (let round = 0; !this.#signal.aborted; round++) {
      const due = this.#due(round);
      if (due.length === 0) break;
      await this.#send(due, datagrams);
      await this.#wait(datagrams, round === 0 ? FIRST_WAIT_MS : LATER_WAIT_MS);
      if (this.#left > 0) this.#question.replied?.(this.#question.ports.filter((_, index) => this.#answered[index]));
      if (this.#question.arrivals === undefined) await this.#wait(datagrams, 2 * this.#slowestMs);
      else if (!(await this.#hearArrivals(datagrams, this.#question.arrivals))) return;
    }
    if (this.#arrived?.some((flag, index) => flag !== 0 && this.#answered[index] === 0) === true) {
      await this.#wait(datagrams, Math.max(LATE_REPLY_MS, 2 * this.#slowestMs));
    }
  }

  heard(port: number, bytes: Uint8Array): void {
    const index = this.#indexOf.get(port);
    if (index === undefined || this.#answered[index] !== 0) return;
    const { tokens, line } = this.#question;
    if (Buffer.compare(bytes, tokenAt(tokens.reply, index)) !== 0) {
      this.#met[index] = 1;
      return;
    }
    this.#answered[index] = 1;
    this.#left--;
    const ms = this.#world.monotonicMs() - this.#sentMs[index]!;
    const isUnderWay = this.#underWay[index] !== 0;
    this.#underWay[index] = 0;
    if (this.#tries[index]! > 1) {
      // To which of its requests this is the reply, nobody knows (Karn's algorithm).
      this.#recovered++;
      if (this.#arrived?.[index] === 0) this.#lostRequests++;
      if (isUnderWay) line.forget(1);
      return;
    }
    this.#usualMs += (ms - this.#usualMs) * GAIN;
    this.#slowestMs = Math.max(this.#slowestMs, ms);
    if (isUnderWay) line.answered(ms);
  }

  failed(port: number, error: PortError, isUnsent: boolean): void {
    const index = this.#indexOf.get(port);
    if (index === undefined) return;
    this.#errors.set(port, error);
    if (!isUnsent || this.#unsent[index] !== 0) return;
    this.#unsent[index] = 1;
    this.#packets--;
  }

  /**
   * The ports to ask in a round: all that are silent, and after the last attempt those that a loss by chance may have
   * hit every time. Of a port at which nothing arrived only the losses of requests count: there are fewer of them. Those
   * at which something arrived are mostly so few that asking them costs nothing.
   */
  #due(round: number): Uint32Array {
    const { attempts, ports } = this.#question;
    const isSilent = (index: number) => this.#answered[index] === 0 && this.#mirrored[index] === 0;
    const silent = Uint32Array.from(ports.keys()).filter(isSilent);
    if (round < attempts) return silent;
    if (round >= attempts + MORE_ATTEMPTS) return new Uint32Array();
    const replied = this.#toAsk - this.#left;
    const mayBeChance = (losses: number) => replied * (losses / replied) ** round > WRONG_EXPECTED;
    const reached = silent.filter((index) => this.#arrived?.[index] !== 0);
    const areFew = this.#recovered > 0 && reached.length <= FEW_SHARE * this.#toAsk;
    if (mayBeChance(this.#lostRequests)) return silent;
    return areFew || mayBeChance(this.#recovered) ? reached : new Uint32Array();
  }

  /** Asks ports, as fast as the line takes it. */
  async #send(silent: Uint32Array, datagrams: Datagrams): Promise<void> {
    const { line } = this.#question;
    let [oldest, next] = [0, 0];
    while (next < silent.length && !this.#signal.aborted) {
      const mayHaveMore = datagrams.step();
      const nowMs = this.#world.monotonicMs();
      if (!mayHaveMore) oldest = this.#expire(silent, oldest, next, nowMs);
      const before = next;
      while (next < silent.length && datagrams.room > 0 && line.hasRoom(nowMs)) {
        this.#ask(silent[next++]!, nowMs, datagrams);
      }
      await this.#turn(mayHaveMore || next > before);
    }
    datagrams.step();
    line.forget(this.#underWay.reduce((sum, flag) => sum + flag, 0));
    this.#underWay.fill(0);
  }

  #ask(index: number, nowMs: number, datagrams: Datagrams): void {
    if (this.#answered[index] !== 0) return;
    const { ports, tokens, line } = this.#question;
    this.#sentMs[index] = nowMs;
    this.#unsent[index] = 0;
    this.#tries[index]!++;
    this.#underWay[index] = 1;
    this.#packets++;
    line.sent(nowMs);
    datagrams.send(ports[index]!, tokenAt(tokens.request, index));
  }

  /** Lets go of requests that have been under way for long; gives the first one that has not. */
  #expire(silent: Uint32Array, oldest: number, next: number, nowMs: number): number {
    const holdMs = Math.max(FIRST_WAIT_MS, HOLD_ROUND_TRIPS * this.#usualMs);
    let at = oldest;
    for (; at < next; at++) {
      const index = silent[at]!;
      if (this.#underWay[index] === 0) continue;
      if (nowMs - this.#sentMs[index]! < holdMs) break;
      this.#underWay[index] = 0;
      this.#question.line.silent();
    }
    return at;
  }

  /** Reads replies for so long, or until all are there. A wait ends only when everything that came was read. */
  async #wait(datagrams: Datagrams, ms: number): Promise<void> {
    const untilMs = this.#world.monotonicMs() + ms;
    while (this.#left > 0 && !this.#signal.aborted) {
      const mayHaveMore = datagrams.step();
      if (!mayHaveMore && this.#world.monotonicMs() >= untilMs) return;
      await this.#turn(mayHaveMore);
    }
  }

  /** What arrived on the other side, while replies are read. False: that side is lost. */
  async #hearArrivals(datagrams: Datagrams, arrivals: () => Promise<Uint8Array | undefined>): Promise<boolean> {
    if (this.#left === 0 || this.#signal.aborted) return true;
    let isKnown = false;
    const asked = arrivals().then((arrived) => {
      this.#arrived = arrived;
      isKnown = true;
    });
    while (!isKnown && !this.#signal.aborted) await this.#turn(datagrams.step());
    if (this.#signal.aborted) return true;
    await asked;
    await this.#wait(datagrams, 0);
    return this.#arrived !== undefined;
  }

  /** Lets the event loop turn; where nothing is to be done, a little later. */
  async #turn(isBusy: boolean): Promise<void> {
    if (isBusy) await new Promise((turned) => setImmediate(turned));
    else await this.#world.sleep(IDLE_MS, this.#signal);
  }
}
