/** TCP ports of one session: each accepts its owner, exchanges one token for another and closes. */
import { createServer, isIPv6, type Server, type Socket } from "node:net";
import { codeOf } from "../net/life.ts";
import { ReceiveBuffer } from "../net/receive-buffer.ts";
import { plainAddress } from "./address.ts";
import { TOKEN_BYTES } from "./key.ts";
import type { NoteRefused, RefusedKind } from "./refused.ts";

/** How long an accepted connection may take to bring its token. */
export const TOKEN_TIMEOUT_MS = 2_000;
/**
 * Connections of one session that are open at the same time; further ones are reset. Twice what a prober has under way
 * (sweep/window.ts): a port whose connection is reset looks filtered, and those that it has closed may still be closing here.
 */
export const CONNECTIONS_MAX = 2_048;
const BINDS_AT_ONCE = 128;
const OUT_OF_DESCRIPTORS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

export interface Sender {
  readonly address: string;
  readonly port: number;
}

export interface TcpPortsOptions {
  /** The address of ours at which the ports listen. */
  readonly address: string;
  /** Whether an address is heard. */
  hears(address: string): boolean;
  /** The reply to a token, or undefined when it is none. */
  reply(port: number, token: Uint8Array, from: Sender): Uint8Array | undefined;
  /** Told of each connection from an address that is not heard. */
  onForeign?(port: number): void;
  /** Told of what `reply` is not asked about. */
  readonly onRefused?: NoteRefused;
}

export class TcpPorts {
  readonly #options: TcpPortsOptions;
  readonly #servers = new Map<number, Server>();
  readonly #connections = new Map<Socket, number>();
  #closed = false;

  constructor(options: TcpPortsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#servers.size;
  }

  /** Gives the ports that could not be bound, with the system's word. */
  async bind(ports: Iterable<number>): Promise<ReadonlyMap<number, string>> {
    const refused = new Map<number, string>();
    const wanted = [...ports].filter((port) => !this.#servers.has(port));
    let last = "";
    for (let at = 0; at < wanted.length; at += BINDS_AT_ONCE) {
      const some = wanted.slice(at, at + BINDS_AT_ONCE);
      if (OUT_OF_DESCRIPTORS.has(last)) for (const port of some) refused.set(port, last);
      else await Promise.all(some.map((port) => this.#bind(port, refused)));
      last = [...refused.values()].at(-1) ?? "";
    }
    return refused;
  }

  release(ports: Iterable<number>): void {
    const gone = new Set(ports);
    for (const port of gone) {
      this.#servers.get(port)?.close();
      this.#servers.delete(port);
    }
    for (const [socket, port] of this.#connections) if (gone.has(port)) socket.resetAndDestroy();
  }

  close(): void {
    this.#closed = true;
    this.release([...this.#servers.keys()]);
  }

  async #bind(port: number, refused: Map<number, string>): Promise<void> {
    const { address } = this.#options;
    const server = createServer({ noDelay: true }, (socket) => this.#serve(port, socket));
    const code = await new Promise<string | undefined>((settle) => {
      server.on("error", (error) => settle(codeOf(error)));
      server.listen({ host: address, port, exclusive: true, ipv6Only: isIPv6(address) }, () => settle(undefined));
    });
    if (code === undefined && !this.#closed) {
      this.#servers.set(port, server);
      return;
    }
    server.close();
    refused.set(port, code ?? "ERR_CLOSED");
  }

  #serve(port: number, socket: Socket): void {
    socket.on("error", () => {});
    const { hears, onForeign, onRefused, reply } = this.#options;
    // A socket knows its peer no more once it is closed.
    const from = { address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
    const refuse = (kind: RefusedKind) => {
      if (from.port !== 0) onRefused?.(kind, from.address);
      socket.resetAndDestroy();
    };
    const isHeard = hears(from.address);
    if (!isHeard) onForeign?.(port);
    if (!isHeard || this.#connections.size >= CONNECTIONS_MAX) {
      refuse(isHeard ? "too-many" : "foreign-sender");
      return;
    }
    this.#connections.set(socket, port);
    let isAnswered = false;
    const timer = setTimeout(() => (isAnswered ? socket.resetAndDestroy() : refuse("no-token")), TOKEN_TIMEOUT_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      this.#connections.delete(socket);
    });
    const heard = new ReceiveBuffer();
    socket.on("data", (chunk: Uint8Array) => {
      heard.append(chunk);
      if (heard.length < TOKEN_BYTES) return;
      socket.pause().removeAllListeners("data");
      if (heard.length > TOKEN_BYTES) {
        refuse("no-token");
        return;
      }
      const answer = reply(port, heard.take(TOKEN_BYTES), from);
      isAnswered = answer !== undefined;
      if (answer === undefined) socket.resetAndDestroy();
      else socket.resume().end(answer);
    });
  }
}
