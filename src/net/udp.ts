/**
 * One UDP socket for one attempt, on a random source port unless one is asked for. A connected socket ("same") hears
 * the peer alone, an unconnected one ("any") every sender. Where the error queue is at hand both are told of ICMP
 * errors; without it a connected one learns of some by errno, and an unconnected one of none.
 */
import { isIPv6 } from "node:net";
import type { Endpoint as Address, Sockets, UdpError, UdpSocket } from "#node-dgram-ext";
import type { Icmp, Observation } from "../model/observation.ts";
import type { UdpAttempt, UdpOptions } from "../model/parts.ts";
import type { Endpoint } from "../model/ports.ts";
import { Life } from "./life.ts";
import { route } from "./route.ts";

/** What sockets are made with, and what their lives are timed by. */
export interface UdpMeans {
  readonly sockets: Pick<Sockets, "openUdp">;
  monotonicMs(): number;
}

/** What Linux makes of ICMP errors (icmp(7), RFC 4443). Our own side gives some of these codes too, but never on receiving. */
const CODES_OF_ICMP: ReadonlySet<string> = new Set([
  "EACCES",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "EMSGSIZE",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "EOPNOTSUPP",
  "EPROTO",
]);

/** Opens the socket; resolves when it can send, failed, or the signal aborted. An abort later ends the attempt. */
export async function openUdp(
  to: Endpoint,
  how: UdpOptions,
  signal: AbortSignal,
  means: UdpMeans,
): Promise<UdpAttempt> {
  const flow = new UdpFlow(to, how, means);
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
  readonly #sockets: UdpMeans["sockets"];
  readonly #life: Life;
  #socket: UdpSocket | undefined;

  constructor(to: Endpoint, how: UdpOptions, { sockets, monotonicMs }: UdpMeans) {
    this.#to = to;
    this.#how = how;
    this.#sockets = sockets;
    this.#life = new Life(to, () => monotonicMs());
  }

  get ended(): Promise<void> {
    return this.#life.over;
  }

  async open(): Promise<void> {
    const source = await this.#source();
    if (this.#life.isOver) return;
    const { address, port } = this.#to;
    const opened = await this.#sockets.openUdp({
      family: isIPv6(address) ? 6 : 4,
      ...(this.#how.replyFrom === "same" && { remote: { address, port } }),
      ...(source !== undefined && { source }),
      ...(this.#how.sourcePort !== undefined && { sourcePort: this.#how.sourcePort }),
      onDatagram: this.#hear,
      onError: this.#fail,
    });
    this.#life.errorQueue = opened.errorQueue;
    if (opened.local === undefined) {
      if (opened.syscall === "connect") this.#life.phase = "connect";
      return this.finish(opened.code);
    }
    if (this.#life.isOver) return opened.close();
    this.#socket = opened;
    this.local = { transport: "udp", ...opened.local };
    this.#life.local = this.local;
    this.#life.phase = "exchange";
  }

  readonly send = (bytes: Uint8Array): void => {
    const socket = this.#socket;
    if (this.#life.isOver || socket === undefined) return;
    this.#life.sent();
    if (this.#how.replyFrom === "same") socket.send(bytes);
    else socket.send(bytes, this.#to);
  };

  seen(): Observation {
    return this.#life.seen();
  }

  close(): void {
    if (!this.#life.isOver && this.#life.phase === "exchange") this.#life.phase = "done";
    this.finish();
  }

  /** Ends the attempt; without a code our own side ended it. */
  finish(code?: string, icmp?: Icmp): void {
    if (this.#life.isOver) return;
    this.#life.end(code, icmp);
    this.#socket?.close();
  }

  /** An unconnected socket is bound to the address that the route would choose, so that `local` is what peers see. */
  async #source(): Promise<string | undefined> {
    if (this.#how.source !== undefined || this.#how.replyFrom === "same") return this.#how.source;
    const way = await route(this.#to.address);
    if (way.code !== undefined) this.finish(way.code);
    return way.source;
  }

  readonly #fail = ({ code, syscall, icmp }: UdpError): void => {
    if (icmp !== undefined) {
      // The packet was too long for the path: the system has learned that, and a resend goes in fragments.
      if (code !== "EMSGSIZE") this.finish(code, icmp);
      return;
    }
    // The queue had no room for the ICMP error behind this code: who sent it is lost, and a resend asks again.
    const lost = this.#life.errorQueue && syscall === "receive" && CODES_OF_ICMP.has(code);
    if (!lost) this.finish(code);
  };

  readonly #hear = (bytes: Uint8Array, { address, port }: Address): void => {
    if (this.#life.isOver) return;
    const atMs = this.#life.heard(bytes);
    this.#how.onDatagram(bytes, { transport: "udp", address, port }, atMs);
  };
}
