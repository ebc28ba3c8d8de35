/**
 * The data ports of one side: bound at one address, for one peer, each with a token of its own in and another one
 * out. Whatever is not its token gets no byte back (docs/responder-protocol.md, "Data ports").
 */
import type { Sockets, UdpPorts } from "#node-dgram-ext";
import type { Direction, Transport } from "../model/words.ts";
import { codeOf } from "../net/life.ts";
import { TOKEN_BYTES, tokensFor } from "./key.ts";
import type { NoteRefused } from "./refused.ts";
import { type Sender, TcpPorts } from "./tcp-ports.ts";
import { TokenBook } from "./token-book.ts";

/** At least so many ports are read in one turn of the event loop. */
const PORTS_A_TURN = 256;

export interface DataPortsOptions {
  readonly transport: Transport;
  readonly direction: Direction;
  /** The address of ours at which the ports are bound. */
  readonly address: string;
  /** Whether an address is heard. */
  hears(address: string): boolean;
  readonly key: Uint8Array;
  readonly session: string;
  readonly sockets: Pick<Sockets, "openUdpPorts">;
  /** Told of each port of ours that was reached, and from which port. */
  onReached?(port: number, from: number): void;
  /** Told of whatever gets no answer. */
  readonly onRefused?: NoteRefused;
}

export class DataPorts {
  readonly #options: DataPortsOptions;
  readonly #book = new TokenBook();
  readonly #tcp: TcpPorts | undefined;
  #udp: UdpPorts | undefined;
  #closed = false;

  constructor(options: DataPortsOptions) {
    this.#options = options;
    const { transport, address, hears, onRefused = () => {} } = options;
    const reply = (port: number, token: Uint8Array, from: Sender) => this.#reply(port, token, from);
    const onForeign = (port: number) => this.#book.noteElsewhere(port);
    if (transport === "tcp") this.#tcp = new TcpPorts({ address, hears, reply, onForeign, onRefused });
  }

  get size(): number {
    return this.#tcp?.size ?? this.#udp?.size ?? 0;
  }

  /** Binds ports; gives those that could not be bound, with the system's word. */
  async bind(ports: Uint16Array): Promise<ReadonlyMap<number, string>> {
    const { key, session } = this.#options;
    const refused = await this.#bind(ports);
    const bound = ports.filter((port) => !refused.has(port));
    if (bound.length > 0 && !this.#closed) this.#book.add(bound, tokensFor(key, session, this.#options, bound));
    return refused;
  }

  /**
   * How often the token of each port arrived since it was bound; whatever the system holds unread counts. In each turn of
   * the event loop some hundred ports are read.
   */
  async arrived(ports: Uint16Array): Promise<Uint8Array> {
    const turns = 2 + Math.ceil(this.size / PORTS_A_TURN);
    for (let turn = 0; turn < turns; turn++) await new Promise((turned) => setImmediate(turned));
    return this.#book.arrived(ports);
  }

  /** 1 for each port that was reached from an address that is not heard, as far as was read. */
  elsewhere(ports: Uint16Array): Uint8Array {
    return this.#book.elsewhere(ports);
  }

  /** Gives up ports; what arrived at them stays known. */
  release(ports: Uint16Array): void {
    this.#book.remove(ports);
    this.#tcp?.release(ports);
    this.#udp?.release(ports);
  }

  close(): void {
    this.#closed = true;
    this.#book.clear();
    this.#tcp?.close();
    this.#udp?.close();
  }

  async #bind(ports: Uint16Array): Promise<ReadonlyMap<number, string>> {
    if (this.#closed) return new Map(Array.from(ports, (port) => [port, "ERR_CLOSED"] as const));
    try {
      this.#udp ??= this.#tcp === undefined ? this.#openUdp() : undefined;
    } catch (error) {
      return new Map(Array.from(ports, (port) => [port, codeOf(error)] as const));
    }
    return (await (this.#tcp ?? this.#udp)?.bind(ports)) ?? new Map();
  }

  #openUdp(): UdpPorts {
    const { address, hears, onRefused, sockets } = this.#options;
    return sockets.openUdpPorts({
      address,
      // One byte more shows that a datagram is too long for a token.
      datagramBytes: TOKEN_BYTES + 1,
      onDatagram: (port, bytes, from) => {
        if (hears(from.address)) return this.#reply(port, bytes, from);
        this.#book.noteElsewhere(port, bytes);
        onRefused?.("foreign-sender", from.address);
        return undefined;
      },
    });
  }

  #reply(port: number, token: Uint8Array, from: Sender): Uint8Array | undefined {
    const reply = this.#book.reply(port, token);
    if (typeof reply === "string") {
      this.#options.onRefused?.(reply, from.address);
      return undefined;
    }
    if (reply !== undefined) this.#options.onReached?.(port, from.port);
    return reply;
  }
}
