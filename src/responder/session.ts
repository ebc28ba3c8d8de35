/** One authenticated prober: what it asks for, and everything that is given back when it is gone. */
import type { Sockets } from "#node-dgram-ext";
import type { StreamAsk } from "../model/media-stream.ts";
import { holdsPort, type PortSpan } from "../model/ports.ts";
import type { World } from "../model/prober.ts";
import type { Transport } from "../model/words.ts";
import { WireError } from "../wire/bytes.ts";
import {
  type ClientMessage,
  decodeClientMessage,
  encodeServerMessage,
  RESPONDER_VERSION,
  SESSION_ID_BYTES,
  type ServerMessage,
  type Span,
} from "../wire/responder.ts";
import { boundMessage, type Fate, fateOf, nothingTold } from "./bound.ts";
import type { Channel } from "./channel.ts";
import { DataPorts } from "./data-ports.ts";
import { DataSource } from "./data-source.ts";
import type { PortClaims } from "./port-claims.ts";
import { type NoteRefused, tellOnce } from "./refused.ts";
import { type SendPace, sendRequests } from "./send.ts";
import { bitsOf, portsIn, spansOf } from "./spans.ts";
import { STREAMS_MAX, StreamPorts } from "./stream-ports.ts";

/** A prober that says nothing for so long is gone, and so are its ports. */
export const SILENCE_MS = 6_000;
const END_GRACE_MS = 1_000;

export type Listed = Readonly<Record<Transport, readonly PortSpan[]>>;

export interface SessionOptions {
  readonly key: Uint8Array;
  readonly tool: string;
  readonly listed: Listed;
  readonly ttlMs: number;
  /** Both ends of the control channel. */
  readonly address: string;
  readonly peer: string;
  readonly claims: PortClaims;
  /** Blocks of addresses from which tokens may count beside the peer. */
  readonly dataSource?: readonly string[];
  /** How many ports this machine can hold for all sessions. */
  readonly capacity: number;
  readonly world: World;
  readonly sockets: Sockets;
  /** Tells what the prober holds now. */
  onPorts(transport: Transport, bound: readonly Span[]): void;
  /** Tells of what was refused, each kind once. */
  onRefused(address: string, why: string): void;
}

/** Why a session ended. */
export type SessionEnd = "ended" | "lost" | "expired" | "silence" | "shutdown" | "refused";

type Refusal = Extract<ServerMessage, { type: "refused" }>["reason"];

export class Session {
  readonly #options: SessionOptions;
  readonly #channel: Channel;
  readonly #id: string;
  readonly #data: Readonly<Record<Transport, DataPorts>>;
  readonly #streams: StreamPorts;
  readonly #source: DataSource;
  readonly #noteRefused: NoteRefused;
  readonly #stop = new AbortController();
  readonly #expiresMs: number;
  #end: SessionEnd | undefined;

  constructor(channel: Channel, options: SessionOptions) {
    const { key, address, peer, sockets, world, ttlMs } = options;
    this.#channel = channel;
    this.#options = options;
    this.#id = Buffer.from(world.randomBytes(SESSION_ID_BYTES)).toString("hex");
    this.#expiresMs = world.monotonicMs() + ttlMs;
    this.#source = new DataSource(peer, options.dataSource ?? []);
    const { hears } = this.#source;
    const onRefused = tellOnce(options.onRefused);
    this.#noteRefused = onRefused;
    const shared = { key, address, hears, session: this.#id, sockets, onRefused };
    this.#data = {
      tcp: new DataPorts({ ...shared, direction: "out", transport: "tcp" }),
      udp: new DataPorts({ ...shared, direction: "out", transport: "udp" }),
    };
    this.#streams = new StreamPorts({ ...shared, world });
  }

  /** Serves the prober to its end. The ports are free again when it resolves. */
  async run(): Promise<SessionEnd> {
    const expiry = setTimeout(() => this.end("expired"), this.#options.ttlMs);
    const vanished = this.#channel.closed.then(() => this.#over("lost"));
    try {
      if (await this.#greet()) while (await this.#serveOne());
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#refuse("malformed", error.message);
    } finally {
      clearTimeout(expiry);
      this.#over("lost");
      this.#channel.end(END_GRACE_MS);
    }
    await vanished;
    return this.#end ?? "lost";
  }

  /** Ends it from this side, and says why. */
  end(reason: "expired" | "silence" | "shutdown"): void {
    if (this.#end !== undefined) return;
    this.#send({ type: "ending", reason });
    this.#over(reason);
    this.#channel.end(END_GRACE_MS);
  }

  /** Notes the end, and frees the ports at once. */
  #over(end: SessionEnd): void {
    this.#end ??= end;
    this.#stop.abort();
    this.#streams.close();
    for (const transport of ["tcp", "udp"] as const) {
      this.#data[transport].close();
      this.#options.claims.giveUp(transport, this);
    }
  }

  async #greet(): Promise<boolean> {
    const hello = await this.#receive();
    if (hello === undefined) return false;
    if (hello.type !== "hello") return this.#refuse("unexpected", "the first message is hello");
    if (!hello.versions.includes(RESPONDER_VERSION)) {
      return this.#refuse("version", `this responder speaks version ${RESPONDER_VERSION}`);
    }
    const { tool, peer, ttlMs } = this.#options;
    this.#send({
      type: "welcome",
      version: RESPONDER_VERSION,
      session: this.#id,
      tool,
      seenAs: peer,
      ttlMs,
      silenceMs: SILENCE_MS,
      portsMax: this.#room(),
    });
    return true;
  }

  /** False when that was the last message. */
  async #serveOne(): Promise<boolean> {
    await this.#channel.drained();
    const { world } = this.#options;
    const message = await this.#receive();
    if (message === undefined || this.#end !== undefined) return false;
    switch (message.type) {
      case "dataSource":
        this.#send(this.#hear(message.blocks));
        return true;
      case "bind":
        this.#send(await this.#bind(message.transport, message.ports));
        return true;
      case "release":
        this.#release(message.transport, portsIn(message.ports));
        this.#send({ type: "released" });
        return true;
      case "arrivals":
        this.#send(await this.#arrived(message.transport, portsIn(message.ports)));
        return true;
      case "send":
        this.#send(await this.#ask(message.transport, portsIn(message.ports), message));
        return true;
      case "stream":
        this.#send(await this.#beginStream(message));
        return true;
      case "endStream":
        return await this.#endStream(message.port);
      case "renew":
        this.#send({ type: "renewed", leftMs: Math.max(0, Math.round(this.#expiresMs - world.monotonicMs())) });
        return true;
      case "end":
        this.#end = "ended";
        return false;
      case "hello":
        return this.#refuse("unexpected", "hello was said");
    }
  }

  #release(transport: Transport, ports: Uint16Array): void {
    const { claims } = this.#options;
    const isOwn = (port: number) => claims.holder(transport, port) === this && !this.#isStream(transport, port);
    const own = ports.filter(isOwn);
    this.#data[transport].release(own);
    claims.giveUp(transport, this, own);
  }

  #hear(blocks: readonly string[]): ServerMessage {
    const outside = this.#source.agree(blocks);
    if (outside === undefined) return { type: "agreed" };
    return { type: "refused", reason: "data-source", detail: `${outside} is not in --data-source` };
  }

  async #receive(): Promise<ClientMessage | undefined> {
    const frame = await this.#channel.receive();
    return frame === undefined ? undefined : decodeClientMessage(frame);
  }

  #send(message: ServerMessage): void {
    if ("notListed" in message && message.notListed.length > 0) this.#noteRefused("not-listed", this.#options.peer);
    this.#channel.send(encodeServerMessage(message));
  }

  /** Says why nothing more is heard, and gives false. */
  #refuse(reason: Refusal, detail: string): false {
    this.#send({ type: "refused", reason, detail: detail.replaceAll(/\p{Cc}/gu, " ").slice(0, 200) });
    this.#end ??= "refused";
    return false;
  }

  #room(): number {
    return Math.max(0, this.#options.capacity - this.#options.claims.size);
  }

  async #bind(transport: Transport, spans: readonly Span[]): Promise<ServerMessage> {
    const { listed, claims, onPorts } = this.#options;
    const told = nothingTold();
    const wanted: number[] = [];
    const room = this.#room();
    for (const port of portsIn(spans)) {
      const holder = claims.holder(transport, port);
      if (!holdsPort(listed[transport], port)) told.notListed.push(port);
      else if (holder !== undefined && (holder !== this || this.#isStream(transport, port))) told.busy.push(port);
      else if (holder === undefined && wanted.length >= room) told.noResources.push(port);
      else wanted.push(port);
    }
    claims.claim(transport, wanted, this);
    const refused = await this.#data[transport].bind(Uint16Array.from(wanted));
    claims.giveUp(transport, this, refused.keys());
    for (const port of wanted) told[fateOf(refused.get(port))].push(port);
    if (this.#end !== undefined) claims.giveUp(transport, this);
    else onPorts(transport, spansOf(told.bound));
    return boundMessage(told);
  }

  #isStream(transport: Transport, port: number): boolean {
    return transport === "udp" && this.#streams.has(port);
  }

  async #beginStream(ask: StreamAsk): Promise<ServerMessage> {
    const told = nothingTold();
    told[await this.#streamFate(ask)].push(ask.port);
    return boundMessage(told);
  }

  async #streamFate(ask: StreamAsk): Promise<Fate> {
    const { listed, claims } = this.#options;
    const { port } = ask;
    if (!holdsPort(listed.udp, port)) return "notListed";
    if (claims.holder("udp", port) !== undefined) return "busy";
    if (this.#streams.size >= STREAMS_MAX || this.#room() === 0) return "noResources";
    claims.claim("udp", [port], this);
    const fate = fateOf(await this.#streams.begin(ask));
    if (fate !== "bound" || this.#end !== undefined) claims.giveUp("udp", this, [port]);
    return fate;
  }

  async #endStream(port: number): Promise<boolean> {
    const streamed = await this.#streams.end(port);
    if (streamed === undefined) return this.#refuse("unexpected", "no stream has that port");
    this.#options.claims.giveUp("udp", this, [port]);
    this.#send(streamed);
    return true;
  }

  async #arrived(transport: Transport, ports: Uint16Array): Promise<ServerMessage> {
    const data = this.#data[transport];
    const arrived = bitsOf(await data.arrived(ports));
    return { type: "arrived", arrived, elsewhere: bitsOf(data.elsewhere(ports)) };
  }

  /** Asks ports of the prober: the other direction. */
  async #ask(transport: Transport, wanted: Uint16Array, pace: SendPace): Promise<ServerMessage> {
    const { listed } = this.#options;
    const isListed = (port: number) => holdsPort(listed[transport], port);
    const { attempts, perSecond, rttMs } = pace;
    const options = { ...this.#options, attempts, perSecond, rttMs, session: this.#id };
    return await sendRequests(transport, wanted, isListed, options, this.#stop.signal);
  }
}
