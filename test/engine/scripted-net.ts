/**
 * A network that does what the test says, in held time: names, routes, and what each port does. It keeps a record of
 * what the engine opened. Where loopback can show the same, tests use the real network.
 */
import type { Observation } from "../../src/model/observation.ts";
import type { Net, TcpAttempt, TcpOptions, UdpAttempt, UdpOptions } from "../../src/model/parts.ts";
import type { Endpoint } from "../../src/model/ports.ts";
import type { Connection } from "../../src/model/prober.ts";
import type { HeldClock } from "./held-clock.ts";

/** What a port does. `answers`: one byte, the number of the send or turn, so long after it was asked. */
export type Port =
  | { readonly does: "answers"; readonly afterMs: number; readonly ignores?: number }
  | { readonly does: "refuses"; readonly afterMs: number }
  | { readonly does: "stays silent" }
  | { readonly does: "drops" };

export const answers = (afterMs = 10, ignores = 0): Port => ({ does: "answers", afterMs, ignores });
export const refuses = (afterMs = 10): Port => ({ does: "refuses", afterMs });
/** TCP: accepts and says nothing. UDP: says nothing. */
export const silent: Port = { does: "stays silent" };
/** TCP: not even the connection is answered. */
export const drops: Port = { does: "drops" };

export interface Scene {
  /** How often a port was opened before, from 0. */
  port(to: Endpoint, before: number): Port;
  names?: Readonly<Record<string, readonly string[]>>;
  /** Addresses without a way there. */
  noRoute?: readonly string[];
  /** How long the resolver takes; never answers without. */
  resolveMs?: number;
}

export interface Opened {
  readonly to: Endpoint;
  readonly atMs: number;
  endedMs?: number;
  readonly sends: number[];
  /** Places in the order of everything that was opened and closed. */
  readonly openedAs: number;
  closedAs?: number;
}

export interface ScriptedNet extends Net {
  readonly opened: Opened[];
  /** The most that were open at once, of those that the filter lets through. */
  mostAtOnce(which?: (to: Endpoint) => boolean): number;
}

/** Where packets are sent from. */
export const OWN = "192.0.2.200";

export function scriptedNet(clock: HeldClock, scene: Scene): ScriptedNet {
  const opened: Opened[] = [];
  const turns = { count: 0, next: () => turns.count++ };
  const open = (to: Endpoint) => {
    const before = opened.filter((each) => each.to.port === to.port && each.to.address === to.address).length;
    const record: Opened = { to, atMs: clock.nowMs, sends: [], openedAs: turns.next() };
    opened.push(record);
    return { record, port: scene.port(to, before), closes: () => turns.next() };
  };
  return {
    opened,
    mostAtOnce: (which = () => true) => mostAtOnce(opened.filter(({ to }) => which(to))),
    async resolve(name, signal) {
      if (scene.resolveMs === undefined && scene.names === undefined) throw new TypeError(`${name} was looked up`);
      await clock.sleep(scene.resolveMs ?? 0, signal);
      return signal.aborted ? [] : (scene.names?.[name] ?? []);
    },
    route: async (address) => (scene.noRoute?.includes(address) ? { code: "ENETUNREACH" } : { source: OWN }),
    tcp: async (to, how, signal) => new ScriptedSocket(clock, open(to), signal).connect(how),
    udp: async (to, how, signal) => new ScriptedSocket(clock, open(to), signal).bind(how),
  };
}

function mostAtOnce(opened: readonly Opened[]): number {
  const openWith = ({ openedAs }: Opened) =>
    opened.filter((each) => each.openedAs <= openedAs && (each.closedAs ?? Infinity) > openedAs).length;
  return Math.max(0, ...opened.map(openWith));
}

/** What one opening has to do with the network as a whole. */
interface Opening {
  readonly record: Opened;
  readonly port: Port;
  /** The place of its closing. */
  closes(): number;
}

/** One socket of either kind: what it was asked to do, and what it saw. */
class ScriptedSocket {
  readonly ended: Promise<void>;
  readonly #clock: HeldClock;
  readonly #record: Opened;
  readonly #port: Port;
  #end: (code?: string) => void = () => {};
  #seen: Observation;

  constructor(clock: HeldClock, { record, port, closes }: Opening, signal: AbortSignal) {
    this.#clock = clock;
    this.#record = record;
    this.#port = port;
    this.#seen = {
      remote: record.to,
      phase: "connect",
      startedMs: clock.nowMs,
      sentMs: record.sends,
      endedMs: clock.nowMs,
      errorQueue: false,
    };
    this.ended = new Promise((resolve) => {
      this.#end = (code) => {
        if (record.endedMs !== undefined) return;
        record.endedMs = clock.nowMs;
        record.closedAs = closes();
        this.#note({ endedMs: clock.nowMs, ...(code === undefined ? {} : { code }) });
        resolve();
      };
    });
    if (signal.aborted) this.#end();
    signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  async connect(_how: TcpOptions): Promise<TcpAttempt> {
    const attempt = { seen: () => this.#seen, noteHandshake: () => {}, close: () => this.#end() };
    if (this.#port.does === "refuses") {
      await Promise.race([this.#clock.sleep(this.#port.afterMs), this.ended]);
      this.#end("ECONNREFUSED");
      return attempt;
    }
    if (this.#port.does === "drops") await this.ended;
    if (this.#record.endedMs !== undefined) return attempt;
    this.#note({ phase: "exchange", connectedMs: this.#clock.nowMs, local: this.#local() });
    return { ...attempt, connection: this.#connection() };
  }

  async bind(how: UdpOptions): Promise<UdpAttempt> {
    const local = this.#local();
    this.#note({ phase: "exchange", local });
    return {
      local,
      ended: this.ended,
      send: () => this.#asked((bytes) => how.onDatagram(bytes, this.#record.to, this.#clock.nowMs)),
      seen: () => this.#seen,
      close: () => this.#end(),
    };
  }

  #connection(): Connection {
    let come: Uint8Array = new Uint8Array(0);
    let look = () => {};
    const receive: Connection["receive"] = (frameLength) =>
      new Promise((resolve, reject) => {
        void this.ended.then(() => resolve(undefined));
        look = () => {
          try {
            const length = come.length === 0 ? undefined : frameLength(come);
            if (length === undefined || length > come.length) return;
            resolve(come.slice(0, length));
            come = come.slice(length);
          } catch (error) {
            reject(error);
          }
        };
        look();
      });
    const send = () =>
      this.#asked((bytes) => {
        come = Uint8Array.of(...come, ...bytes);
        look();
      });
    return { local: this.#local(), send, receive, pending: () => come, startTls: async () => undefined };
  }

  /** A request went out: the port does what it does. */
  #asked(hear: (bytes: Uint8Array) => void): void {
    if (this.#record.endedMs !== undefined) return;
    this.#record.sends.push(this.#clock.nowMs);
    const number = this.#record.sends.length;
    const port = this.#port;
    if (port.does === "refuses") this.#clock.at(this.#clock.nowMs + port.afterMs, () => this.#end("ECONNREFUSED"));
    if (port.does !== "answers" || number <= (port.ignores ?? 0)) return;
    this.#clock.at(this.#clock.nowMs + port.afterMs, () => {
      if (this.#record.endedMs !== undefined) return;
      this.#note({ repliedMs: this.#seen.repliedMs ?? this.#clock.nowMs });
      hear(Uint8Array.of(number));
    });
  }

  #local(): Endpoint {
    return { transport: this.#record.to.transport, address: OWN, port: 40_000 };
  }

  #note(more: Partial<Observation>): void {
    this.#seen = { ...this.#seen, ...more };
  }
}
