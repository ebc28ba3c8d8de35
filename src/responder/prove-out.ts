/**
 * Which ports of the far end pass, and where they do not, whether the request or the reply was lost. Where the far end
 * is lost in the middle, what is known by then stays known, and the other ports are not in the proof.
 */
import type { Proof } from "../model/far-end.ts";
import type { PortsBound } from "./answers.ts";
import type { AskParts } from "./ask.ts";
import { askTcp } from "./ask-tcp.ts";
import { askUdp } from "./ask-udp.ts";
import type { ResponderSession } from "./client.ts";
import { Line } from "./line.ts";
import { emptyProof, type Growing, note, noteAnswered, noteWays, type Wish } from "./proof.ts";

/** Ports that are held at the same time, and how many windows they make: while one is asked others are bound. */
const HELD_MAX = 16_384;
const WINDOWS_HELD = 8;
/** Windows that are being bound: the far end is never without one, and what it is asked next waits for no more. */
const BINDS_AT_ONCE = 2;
/** Windows that are under way, many of them with a few silent ports only; each has a socket of ours. */
const WINDOWS_AT_ONCE = 32;

/** Asks ports of the far end, as many at a time as it can hold. */
export async function proveOut(
  session: ResponderSession,
  wish: Wish,
  parts: AskParts,
  signal: AbortSignal,
): Promise<Proof> {
  const proving = new Outgoing(session, wish, parts, signal);
  return await proving.run();
}

class Outgoing {
  readonly #session: ResponderSession;
  readonly #wish: Wish;
  readonly #parts: AskParts;
  readonly #signal: AbortSignal;
  readonly #line: Line;
  readonly #proof: Growing = emptyProof();
  /** Windows of ports that have not been tried, or could not be held when they were. */
  readonly #waiting: Uint16Array[] = [];
  #underWay = 0;
  #binding = 0;
  /** How many ports may be held at the same time, and how many are. */
  readonly #room: number;
  #held = 0;
  /** Who waits for room. */
  #wakers: (() => void)[] = [];
  #lost: string | undefined;

  constructor(session: ResponderSession, wish: Wish, parts: AskParts, signal: AbortSignal) {
    this.#session = session;
    this.#wish = wish;
    this.#parts = parts;
    this.#signal = signal;
    this.#line = new Line(wish.pace.perSecond, parts.world.monotonicMs());
    this.#room = Math.min(HELD_MAX, session.portsMax);
    const size = Math.max(1, Math.floor(this.#room / WINDOWS_HELD));
    for (let at = 0; at < wish.ports.length; at += size) this.#waiting.push(wish.ports.subarray(at, at + size));
  }

  async run(): Promise<Proof> {
    await Promise.all(Array.from({ length: WINDOWS_AT_ONCE }, () => this.#work()));
    return this.#lost === undefined ? this.#proof : { ...this.#proof, lost: this.#lost };
  }

  /** One window after the other. Whoever could not have all of its ports leaves the rest to others that free theirs. */
  async #work(): Promise<void> {
    while (this.#lost === undefined && !this.#signal.aborted) {
      const ports = this.#waiting[0];
      if (ports === undefined) return;
      if (!this.#hasRoom(ports)) {
        await new Promise<void>((wake) => this.#wakers.push(wake));
        continue;
      }
      this.#waiting.shift();
      const isAlone = this.#underWay === 0;
      this.#underWay++;
      const left = await this.#prove(ports);
      this.#underWay--;
      this.#wake();
      if (left.length === 0) continue;
      if (isAlone && left.length === ports.length) {
        // Where not one port could be held while we held nothing else, there is no use in asking again.
        note(this.#proof.fates, left, "no-resources");
        continue;
      }
      this.#waiting.push(left);
      if (this.#underWay > 0) return;
    }
  }

  /** Whether these may be bound now; whatever the room, one window may. */
  #hasRoom(ports: Uint16Array): boolean {
    if (this.#underWay === 0) return true;
    return this.#binding < BINDS_AT_ONCE && this.#held + ports.length <= this.#room;
  }

  /** Binds, asks and frees the ports; gives those that the far end could not hold. */
  async #prove(ports: Uint16Array): Promise<Uint16Array> {
    this.#held += ports.length;
    this.#binding++;
    const bound = await this.#session.bind(this.#wish.transport, ports);
    this.#binding--;
    this.#wake();
    if ("lost" in bound) return this.#lose(bound.lost);
    this.#held -= ports.length - bound.bound.length;
    this.#noteRefused(bound);
    if (bound.bound.length > 0) await this.#ask(bound.bound);
    return bound.noResources;
  }

  /** Gives ports back. What is asked of the far end next comes after it, and needs no word of it. */
  #free(ports: Uint16Array): void {
    if (ports.length === 0) return;
    void this.#session.release(this.#wish.transport, ports);
    this.#held -= ports.length;
    this.#wake();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #noteRefused({ inUse, busy, notListed, notPermitted }: PortsBound): void {
    const { fates } = this.#proof;
    note(fates, inUse, "in-use");
    note(fates, busy, "busy");
    note(fates, notListed, "not-listed");
    note(fates, notPermitted, "not-permitted");
  }

  async #ask(ports: Uint16Array): Promise<void> {
    const session = this.#session;
    const { transport, pace } = this.#wish;
    const ask = transport === "udp" ? askUdp : askTcp;
    const held = new Set(ports);
    const free = (some: Uint16Array) => this.#free(some.filter((port) => held.delete(port)));
    let elsewhere: Uint8Array | undefined;
    const question = {
      ports,
      source: session.local,
      address: session.address,
      tokens: session.tokens(transport, "out", ports),
      rttMs: session.rttMs,
      attempts: pace.attempts,
      line: this.#line,
      mayUse: (own: number, far: number) => !session.flows.has(transport, own, far),
      replied: free,
      arrivals: async () => {
        const told = await session.arrivals(transport, ports);
        if ("lost" in told) {
          this.#lose(told.lost);
          return undefined;
        }
        elsewhere = told.elsewhere;
        return told.arrived;
      },
    };
    const asked = await ask(question, this.#parts, this.#signal);
    free(ports);
    const { fates, errors, intercepted } = this.#proof;
    this.#proof.packets += asked.packets;
    for (const [port, error] of asked.errors) errors.set(port, error);
    // Where our own side had no socket to ask from, nothing is known of the network.
    if (asked.failed !== undefined) note(fates, ports, "no-resources");
    else if (asked.arrived === undefined) noteAnswered(fates, ports, asked);
    else noteWays(fates, ports, asked.arrived, asked, elsewhere);
    for (const [index, port] of ports.entries()) if (asked.met[index] !== 0) intercepted.add(port);
  }

  #lose(why: string): Uint16Array {
    this.#lost ??= why;
    return new Uint16Array();
  }
}
