/** The prober's side of the control channel. */
import type { TLSSocket } from "node:tls";
import type { Sockets } from "#node-dgram-ext";
import type { FarEndPace, NoFarEnd, PortError } from "../model/far-end.ts";
import type { World } from "../model/prober.ts";
import type { Direction, Transport } from "../model/words.ts";
import { WireError } from "../wire/bytes.ts";
import {
  type ClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  RESPONDER_VERSION,
  SEND_RTT_MAX_MS,
  type ServerMessage,
} from "../wire/responder.ts";
import { plainAddress, seenHere } from "./address.ts";
import type { FarEndArrivals, FarEndLost, FarEndSent, PortsBound, PortTokens } from "./answers.ts";
import { Channel } from "./channel.ts";
import { type Credentials, tokenKeyOf } from "./credentials.ts";
import { Flows } from "./flows.ts";
import { tokensFor } from "./key.ts";
import { secure } from "./secure.ts";
import { flagsIn, portsIn, spansOf } from "./spans.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** How long an answer may take; the far end may be sending for a while first. */
const ANSWER_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 120_000;
const END_GRACE_MS = 500;

const ENDED_BY_US: FarEndLost = { lost: "the session was ended by us" };

export type ClientOptions = Credentials & {
  /** Where the control channel is. */
  readonly address: string;
  readonly port: number;
  /** Our own address. */
  readonly source?: string;
  readonly tool: string;
  /** Blocks of addresses from which our tokens may arrive beside our own: at most 8, which the responder names too. */
  readonly dataSource?: readonly string[];
};

export interface ClientParts {
  readonly world: World;
  readonly sockets: Sockets;
}

export type Answer<K extends ServerMessage["type"]> = Extract<ServerMessage, { type: K }>;

/** Connects, shows the key or the certificate, opens a session. Never throws for what a network does. */
export async function connectResponder(
  options: ClientOptions,
  parts: ClientParts,
): Promise<ResponderSession | NoFarEnd> {
  const until = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  const { address, port, source } = options;
  const startedMs = parts.world.monotonicMs();
  const made = await parts.sockets.connectTcp({
    address,
    port,
    signal: until,
    ...(source !== undefined && { source }),
  });
  if (made.socket === undefined) {
    const by = made.icmp === undefined ? "" : `, by ${made.icmp.from}`;
    const code = until.aborted ? `no answer within ${CONNECT_TIMEOUT_MS / 1000} s` : made.code;
    return { failure: "unreachable", detail: `${code}${by}` };
  }
  const rttMs = parts.world.monotonicMs() - startedMs;
  const local = plainAddress(made.socket.localAddress);
  const secured = await secure(made.socket.setNoDelay(), options, until);
  if (typeof secured === "string") return { failure: "not-authenticated", detail: secured };
  const session = new ResponderSession(secured, options, { local, rttMs });
  return (await session.open()) ?? session;
}

export class ResponderSession {
  /** Our own address in the control channel, where data ports of ours listen. */
  readonly local: string;
  /** The address that was asked, to which tokens go. */
  readonly address: string;
  /** How long the control channel's handshake took. */
  readonly rttMs: number;
  /** By which the far end reached us in this session. */
  readonly flows = new Flows();
  /** What tokens are made of. */
  readonly key: Uint8Array;
  readonly #options: ClientOptions;
  readonly #channel: Channel;
  #welcome: Answer<"welcome"> | undefined;
  #waiting: ((answer: ServerMessage | FarEndLost) => void)[] = [];
  #lost: FarEndLost | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(socket: TLSSocket, options: ClientOptions, seen: { readonly local: string; readonly rttMs: number }) {
    this.#options = options;
    this.key = tokenKeyOf(options, socket);
    this.#channel = new Channel(socket, () => {});
    this.address = options.address;
    this.local = seen.local;
    this.rttMs = seen.rttMs;
  }

  /** Our own address as the far end sees it: another than ours behind NAT. */
  get seenAs(): string {
    return seenHere(this.#welcome?.seenAs ?? "", this.local);
  }

  /** Ports that it can hold at once. */
  get portsMax(): number {
    return this.#welcome?.portsMax ?? 0;
  }

  /** The session's id: tokens are good in it alone. */
  get id(): string {
    return this.#welcome?.session ?? "";
  }

  /** Why the far end is of no more use; undefined while it is. */
  get lost(): FarEndLost | undefined {
    return this.#lost;
  }

  /** Says hello; gives why there is no session, or undefined. */
  async open(): Promise<NoFarEnd | undefined> {
    void this.#read();
    const hello = { type: "hello", versions: [RESPONDER_VERSION], tool: this.#options.tool } as const;
    const answer = await this.#request(hello, ANSWER_TIMEOUT_MS);
    if ("lost" in answer) return this.#notWelcome(answer.lost);
    if (answer.type === "refused") return { failure: "refused", detail: `${answer.reason}: ${answer.detail}` };
    if (answer.type !== "welcome" || answer.version !== RESPONDER_VERSION) {
      this.#lose("it did not say welcome");
      return { failure: "refused", detail: `version: it answered with ${answer.type}` };
    }
    this.#welcome = answer;
    const refused = await this.#agreeOnSource(this.#options.dataSource ?? []);
    if (refused !== undefined) return refused;
    this.#renewal = setInterval(() => this.#renew(), Math.max(100, answer.silenceMs / 4)).unref();
    return undefined;
  }

  /** Names the blocks from which tokens count; gives why the far end does not agree. */
  async #agreeOnSource(blocks: readonly string[]): Promise<NoFarEnd | undefined> {
    if (blocks.length === 0) return undefined;
    const answer = await this.#request({ type: "dataSource", blocks }, ANSWER_TIMEOUT_MS);
    if ("lost" in answer) return { failure: "lost", detail: answer.lost };
    if (answer.type === "agreed") return undefined;
    const { lost } = this.#unexpected("agreed", answer);
    return { failure: "refused", detail: lost };
  }

  /** A responder verifies our certificate after our own end of the handshake is over, and then only hangs up. */
  #notWelcome(lost: string): NoFarEnd {
    if (this.#options.certificates === undefined) return { failure: "lost", detail: lost };
    const why = this.#channel.failure ?? "it hung up";
    return { failure: "not-authenticated", detail: `${why}: it may not let our certificate in` };
  }

  /** At most 16,384 ports. */
  async bind(transport: Transport, ports: Uint16Array): Promise<PortsBound | FarEndLost> {
    const answer = await this.ask({ type: "bind", transport, ports: spansOf(ports) }, "bound");
    if ("lost" in answer) return answer;
    const { bound, inUse, busy, notListed, notPermitted, noResources } = answer;
    return {
      bound: portsIn(bound),
      inUse: portsIn(inUse),
      busy: portsIn(busy),
      notListed: portsIn(notListed),
      notPermitted: portsIn(notPermitted),
      noResources: portsIn(noResources),
    };
  }

  /** Gives ports back. What arrived at them is known until the session ends. */
  async release(transport: Transport, ports: Uint16Array): Promise<FarEndLost | undefined> {
    const answer = await this.ask({ type: "release", transport, ports: spansOf(ports) }, "released");
    return "lost" in answer ? answer : undefined;
  }

  tokens(transport: Transport, direction: Direction, ports: Uint16Array): PortTokens {
    return tokensFor(this.key, this.id, { transport, direction }, ports);
  }

  async arrivals(transport: Transport, ports: Uint16Array): Promise<FarEndArrivals | FarEndLost> {
    const answer = await this.ask({ type: "arrivals", transport, ports: spansOf(ports) }, "arrived");
    if ("lost" in answer) return answer;
    const [arrived, elsewhere] = [answer.arrived, answer.elsewhere].map((bits) => flagsIn(bits, ports.length));
    if (arrived !== undefined && elsewhere !== undefined) return { arrived, elsewhere };
    return this.#lose("it told of another number of ports");
  }

  /** Lets the far end send request tokens to ports of ours, from ports of its own that are fresh. */
  async send(transport: Transport, ports: Uint16Array, pace: FarEndPace): Promise<FarEndSent | FarEndLost> {
    const { attempts, perSecond } = pace;
    const rttMs = Math.min(SEND_RTT_MAX_MS, Math.ceil(this.rttMs));
    const message = { type: "send", transport, ports: spansOf(ports), attempts, perSecond, rttMs } as const;
    const answer = await this.#request(message, SEND_TIMEOUT_MS);
    if ("lost" in answer) return answer;
    if (answer.type !== "sent") return this.#unexpected("sent", answer);
    return sentOf(answer, ports) ?? this.#lose("it told of another number of ports");
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#renewal);
    this.#channel.send(encodeClientMessage({ type: "end" }));
    this.#channel.end(END_GRACE_MS);
    await this.#channel.closed;
  }

  /** One message and the answer that it has to have; any other means that the far end is lost. */
  async ask<K extends ServerMessage["type"]>(message: ClientMessage, type: K): Promise<Answer<K> | FarEndLost> {
    const answer = await this.#request(message, ANSWER_TIMEOUT_MS);
    if ("lost" in answer || answer.type === type) return answer as Answer<K> | FarEndLost;
    return this.#unexpected(type, answer);
  }

  #unexpected(type: string, answer: ServerMessage): FarEndLost {
    const why = answer.type === "refused" ? `refused, ${answer.reason}: ${answer.detail}` : `answered ${answer.type}`;
    return this.#lose(`it was asked for "${type}" and ${why}`);
  }

  /** Shows that we are there. What is under way has a time limit of its own, and this is answered after it. */
  #renew(): void {
    void this.#request({ type: "renew" }, this.#waiting.length === 0 ? ANSWER_TIMEOUT_MS : SEND_TIMEOUT_MS);
  }

  /** Answers come in the order of the messages. */
  #request(message: ClientMessage, timeoutMs: number): Promise<ServerMessage | FarEndLost> {
    if (this.#lost !== undefined) return Promise.resolve(this.#lost);
    if (this.#ended) return Promise.resolve(ENDED_BY_US);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#lose(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
      this.#waiting.push((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#channel.send(encodeClientMessage(message));
    });
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.#channel.receive();
        if (frame === undefined) break;
        const message = decodeServerMessage(frame);
        if (message.type === "ending") this.#lose(`it ended the session: ${message.reason}`);
        else this.#waiting.shift()?.(message);
      }
      this.#lose("it closed the connection");
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#lose(`it does not keep the protocol: ${error.message}`);
    }
  }

  /** Only the first reason counts, and none once we ended it. Whoever waits is told. */
  #lose(why: string): FarEndLost {
    if (!this.#ended) this.#lost ??= { lost: why };
    const lost = this.#lost ?? ENDED_BY_US;
    clearInterval(this.#renewal);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const settle of waiting) settle(lost);
    this.#channel.end(END_GRACE_MS);
    return lost;
  }
}

/** Undefined where it does not speak of the ports that were asked. */
function sentOf(answer: Answer<"sent">, ports: Uint16Array): FarEndSent | undefined {
  const [answered, unsent, mirrored] = [answer.answered, answer.unsent, answer.mirrored].map((bits) =>
    flagsIn(bits, ports.length),
  );
  if (answered === undefined || unsent === undefined || mirrored === undefined) return undefined;
  const errors = new Map<number, PortError>();
  for (const port of portsIn(answer.resets)) errors.set(port, { code: "ECONNREFUSED" });
  for (const [from, type, code, spans] of answer.rejections) {
    for (const port of portsIn(spans)) errors.set(port, { code: "EHOSTUNREACH", icmp: { from, type, code } });
  }
  const { notListed, packets } = answer;
  return { answered, unsent, mirrored, errors, notListed: portsIn(notListed), packets };
}
