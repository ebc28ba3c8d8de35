/**
 * The far end: a control channel over TLS 1.3 with a pre-shared key or certificates, and for each prober that has what
 * it takes the ports that it asks for. Before that is shown nothing is sent but TLS's own handshake and alerts.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { Sockets } from "#node-dgram-ext";
import type { Endpoint } from "../model/ports.ts";
import type { World } from "../model/prober.ts";
import type { Transport } from "../model/words.ts";
import type { Span } from "../wire/responder.ts";
import { encodeServerMessage } from "../wire/responder.ts";
import { plainAddress } from "./address.ts";
import { Admission } from "./admission.ts";
import { Channel } from "./channel.ts";
import { type Credentials, serverTls, tokenKeyOf, whyNotLetIn } from "./credentials.ts";
import { PortClaims } from "./port-claims.ts";
import { type Listed, Session, type SessionEnd, SILENCE_MS } from "./session.ts";

export const SESSIONS_MAX = 8;
const HANDSHAKE_TIMEOUT_MS = 5_000;
const END_GRACE_MS = 1_000;
/** Descriptors that are left for everything but data ports, where there are enough. */
const DESCRIPTORS_KEPT = 2_560;
const DESCRIPTORS_USUAL = 1_024;

export type ResponderOptions = Credentials & {
  /** Where the control channel listens: every address of this machine when none is said; port 0 takes a free one. */
  readonly listen: { readonly address?: string; readonly port: number };
  /** The only ports that are ever bound or sent to. */
  readonly listed: Listed;
  /** How long a session may last. */
  readonly ttlMs: number;
  /** Name and version of the program. */
  readonly tool: string;
  /** Blocks of addresses from which tokens may count beside the prober's own, where the prober names them too. */
  readonly dataSource?: readonly string[];
  allows(address: string): boolean;
};

/** What happens, for people: nothing in it is secret. */
export type ResponderEvent =
  | { readonly what: "connected"; readonly peer: string }
  | { readonly what: "ports"; readonly peer: string; readonly transport: Transport; readonly bound: readonly Span[] }
  | { readonly what: "ended"; readonly peer: string; readonly why: SessionEnd }
  | { readonly what: "turned-away"; readonly peer: string; readonly why: string };

export interface ResponderParts {
  readonly world: World;
  readonly sockets: Sockets;
  tell(event: ResponderEvent): void;
}

export interface Responder {
  readonly local: Endpoint;
  /** Ends every session and releases every port. */
  close(): Promise<void>;
}

/** Starts to listen. Rejects with the system's error when the control port cannot be had. */
export async function startResponder(options: ResponderOptions, parts: ResponderParts): Promise<Responder> {
  const server = new ResponderServer(options, parts);
  return await server.start();
}

class ResponderServer {
  readonly #options: ResponderOptions;
  readonly #parts: ResponderParts;
  readonly #admission: Admission;
  readonly #claims: PortClaims;
  readonly #tcp: Server;
  readonly #tls: TlsServer;
  /** Every connection, by the peer's address and port. */
  readonly #raw = new Map<string, Socket>();
  readonly #sessions = new Map<Session, Promise<void>>();
  #isClosing = false;

  constructor(options: ResponderOptions, parts: ResponderParts) {
    this.#options = options;
    this.#parts = parts;
    const { world, tell } = parts;
    this.#claims = new PortClaims(world.monotonicMs, options.listed);
    this.#admission = new Admission({
      allows: options.allows,
      monotonicMs: world.monotonicMs,
      tell: (peer, why) => tell({ what: "turned-away", peer, why }),
    });
    this.#tcp = createServer({ noDelay: true }, (socket) => this.#knock(socket));
    this.#tls = createTlsServer({ ...serverTls(options), handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, (socket) =>
      this.#welcome(socket),
    );
    this.#tls.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      this.#notProven(this.#raw.get(flowOf(socket)), whyNotProven(error.code, options));
      socket.destroy();
    });
  }

  async start(): Promise<Responder> {
    const { address, port } = this.#options.listen;
    const host = address === undefined ? {} : { host: address };
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once("error", reject);
      this.#tcp.listen({ ...host, port, exclusive: true }, () => resolve());
    });
    // A connection that the system could not hand over (no memory) is that connection's loss, and ends nothing.
    this.#tcp.removeAllListeners("error").on("error", () => {});
    const bound = this.#tcp.address();
    if (bound === null || typeof bound === "string") throw new TypeError("a TCP listener has an address and a port");
    return { local: { transport: "tcp", address: bound.address, port: bound.port }, close: () => this.#close() };
  }

  #knock(socket: Socket): void {
    socket.on("error", () => {});
    // A socket knows its peer no more once it is closed: what is needed later is taken now.
    const { remoteAddress } = socket;
    const flow = flowOf(socket);
    if (remoteAddress === undefined || !this.#admission.enter(plainAddress(remoteAddress), socket)) {
      socket.resetAndDestroy();
      return;
    }
    this.#raw.set(flow, socket);
    socket.once("close", () => {
      if (this.#raw.get(flow) === socket) this.#raw.delete(flow);
      this.#notProven(socket, whyNotProven(undefined, this.#options));
    });
    this.#tls.emit("connection", socket);
  }

  /** Tells of a connection that ends before it has shown the key, unless that was told. */
  #notProven(socket: Socket | undefined, why: string): void {
    const address = socket && this.#admission.leave(socket);
    if (address !== undefined && !this.#isClosing) this.#admission.turnAway(address, why);
  }

  #welcome(socket: TLSSocket): void {
    const raw = this.#raw.get(flowOf(socket));
    const peer = raw && this.#admission.leave(raw);
    if (peer === undefined) {
      socket.destroy();
      return;
    }
    const why = whyNotLetIn(this.#options, socket);
    if (why !== undefined) {
      this.#admission.turnAway(peer, why);
      socket.destroy();
      return;
    }
    const silence = setTimeout(() => session.end("silence"), SILENCE_MS);
    const channel = new Channel(socket, () => silence.refresh());
    const { world, sockets, tell } = this.#parts;
    const session = new Session(channel, {
      ...this.#options,
      key: tokenKeyOf(this.#options, socket),
      address: plainAddress(socket.localAddress),
      peer,
      claims: this.#claims,
      capacity: capacityOf(sockets),
      world,
      sockets,
      onPorts: (transport, bound) => tell({ what: "ports", peer, transport, bound }),
      onRefused: (address, why) => this.#admission.turnAway(address, why),
    });
    if (this.#sessions.size >= SESSIONS_MAX) {
      clearTimeout(silence);
      const detail = `${SESSIONS_MAX} sessions are all that it serves at once`;
      channel.send(encodeServerMessage({ type: "refused", reason: "sessions", detail }));
      channel.end(END_GRACE_MS);
      return;
    }
    tell({ what: "connected", peer });
    const ended = session.run().then((why) => {
      clearTimeout(silence);
      this.#sessions.delete(session);
      tell({ what: "ended", peer, why });
    });
    this.#sessions.set(session, ended);
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    const ends = [...this.#sessions.values()];
    for (const session of this.#sessions.keys()) session.end("shutdown");
    await Promise.all(ends);
    for (const socket of this.#raw.values()) socket.destroy();
    await closed;
  }
}

function whyNotProven(code = "", { key }: Credentials): string {
  const wanted = key === undefined ? "a certificate" : "the key";
  if (code === "ERR_TLS_HANDSHAKE_TIMEOUT") return `did not show ${wanted} in time`;
  return code.startsWith("ERR_SSL") ? `does not have ${wanted}` : `hung up before it showed ${wanted}`;
}

function flowOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function capacityOf({ features }: Sockets): number {
  const descriptors = features.descriptors ?? DESCRIPTORS_USUAL;
  return descriptors - Math.min(DESCRIPTORS_KEPT, Math.floor(descriptors / 2));
}
