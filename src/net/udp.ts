/**
 * One UDP socket for one attempt, on a random source port unless one is asked for. A connected socket ("same") hears
 * the peer alone and is told of ICMP errors by errno; an unconnected one ("any") hears every sender and, on Linux, no
 * ICMP error.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Observation } from "../model/observation.ts";
import type { UdpAttempt, UdpOptions } from "../model/parts.ts";
import type { Endpoint } from "../model/ports.ts";
import { codeOf, Life } from "./life.ts";
import { route } from "./route.ts";

/** Opens the socket; resolves when it can send, failed, or the signal aborted. An abort later ends the attempt. */
export async function openUdp(
  to: Endpoint,
  how: UdpOptions,
  signal: AbortSignal,
  monotonicMs: () => number,
): Promise<UdpAttempt> {
  const flow = new UdpFlow(to, how, monotonicMs);
  const abort = () => flow.finish();
  signal.addEventListener("abort", abort, { once: true });
  void flow.ended.then(() => signal.removeEventListener("abort", abort));
  if (signal.aborted) flow.finish();
  else await Promise.race([flow.open(), flow.ended]);
  return flow;
}

class UdpFlow implements UdpAttempt {
  local?: Endpoint;
  readonly #to: Endpoint;
  readonly #how: UdpOptions;
  readonly #life: Life;
  #socket: Socket | undefined;

  constructor(to: Endpoint, how: UdpOptions, monotonicMs: () => number) {
    this.#to = to;
    this.#how = how;
    this.#life = new Life(to, monotonicMs);
  }

  get ended(): Promise<void> {
    return this.#life.over;
  }

  async open(): Promise<void> {
    try {
      const source = await this.#source();
      if (this.#life.isOver) return;
      const socket = createSocket(isIPv6(this.#to.address) ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
      this.#socket = socket;
      socket.on("error", this.#fail);
      socket.on("message", this.#hear);
      const port = this.#how.sourcePort ?? 0;
      await new Promise<void>((bound) => {
        socket.bind({ port, exclusive: true, ...(source !== undefined && { address: source }) }, bound);
      });
      if (this.#how.replyFrom === "same") await this.#connect(socket);
      if (this.#life.isOver) return;
      const own = socket.address();
      this.local = { transport: "udp", address: own.address, port: own.port };
      this.#life.local = this.local;
      this.#life.phase = "exchange";
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly send = (bytes: Uint8Array): void => {
    const socket = this.#socket;
    if (this.#life.isOver || socket === undefined) return;
    this.#life.sent();
    const done = (error: Error | null) => {
      if (error) this.#fail(error);
    };
    try {
      if (this.#how.replyFrom === "same") socket.send(bytes, done);
      else socket.send(bytes, this.#to.port, this.#to.address, done);
    } catch (error) {
      this.#fail(error);
    }
  };

  seen(): Observation {
    return this.#life.seen();
  }

  close(): void {
    if (!this.#life.isOver && this.#life.phase === "exchange") this.#life.phase = "done";
    this.finish();
  }

  /** Ends the attempt; without a code our own side ended it. */
  finish(code?: string): void {
    if (this.#life.isOver) return;
    this.#life.end(code);
    this.#socket?.close();
  }

  /** An unconnected socket is bound to the address that the route would choose, so that `local` is what peers see. */
  async #source(): Promise<string | undefined> {
    if (this.#how.source !== undefined || this.#how.replyFrom === "same") return this.#how.source;
    const way = await route(this.#to.address);
    if (way.code !== undefined) this.finish(way.code);
    return way.source;
  }

  #connect(socket: Socket): Promise<void> {
    this.#life.phase = "connect";
    return new Promise((connected, failed) => {
      socket.connect(this.#to.port, this.#to.address, (error?: unknown) => (error ? failed(error) : connected()));
    });
  }

  readonly #fail = (error: unknown): void => this.finish(codeOf(error));

  readonly #hear = (message: Uint8Array, sender: RemoteInfo): void => {
    if (this.#life.isOver) return;
    const bytes = new Uint8Array(message);
    const atMs = this.#life.heard(bytes);
    this.#how.onDatagram(bytes, { transport: "udp", address: sender.address, port: sender.port }, atMs);
  };
}
