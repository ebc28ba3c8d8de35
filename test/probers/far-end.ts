/**
 * A far end on loopback that does as it is told: over TCP, over TLS or over UDP, with one shape for all three, so that
 * a way to misbehave is written once. It counts what the prober sent.
 */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Endpoint } from "../../src/model/ports.ts";
import { serve } from "../net/loopback.ts";

export type Wire = "tcp" | "tls" | "udp";

/** One prober's connection, or over UDP what came from one port of it. */
export interface Talk {
  /** The next whole request; pending for ever once the prober is gone. */
  next(): Promise<Uint8Array>;
  /** Resolves when the bytes are handed on, so that an endless stream is held up; false when the prober is gone. */
  send(bytes: Uint8Array): Promise<boolean>;
  /** The same so many times, in one write or as so many datagrams. */
  sendTimes(bytes: Uint8Array, times: number): Promise<boolean>;
  /** UDP: answers from a port that was never asked. */
  sendFromElsewhere(bytes: Uint8Array): Promise<void>;
  /** TCP: ends with FIN. */
  hangUp(): void;
  /** TCP: ends with RST. */
  reset(): void;
}

export type Behaviour = (talk: Talk) => void | Promise<void>;

/** Where a request ends; for UDP that is where the datagram ends. */
export type FrameLength = (buffered: Uint8Array) => number | undefined;

export interface FarEnd extends AsyncDisposable {
  readonly local: Endpoint;
  /** Whole requests, and all bytes, that came so far. */
  readonly received: { readonly requests: number; readonly bytes: number };
  /** Resolves when every connection that there was is closed, and all that came through it was read. */
  gone(): Promise<void>;
}

/** Listens on a free loopback port and behaves so towards everybody who comes. */
export async function farEnd(wire: Wire, behave: Behaviour, frameLength: FrameLength = whole): Promise<FarEnd> {
  return wire === "udp" ? udpEnd(behave) : tcpEnd(wire, behave, frameLength);
}

/** For peers that need not know where a request ends: whatever is there. */
function whole(buffered: Uint8Array): number | undefined {
  return buffered.length === 0 ? undefined : buffered.length;
}

/** Requests in the order in which they came, for a reader who may be early or late. */
class Requests {
  readonly #come: Uint8Array[] = [];
  readonly #waiting: ((request: Uint8Array) => void)[] = [];

  add(request: Uint8Array): void {
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#come.push(request);
    else reader(request);
  }

  next(): Promise<Uint8Array> {
    const come = this.#come.shift();
    return come === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(come);
  }
}

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));

async function tcpEnd(wire: "tcp" | "tls", behave: Behaviour, frameLength: FrameLength): Promise<FarEnd> {
  const received = { requests: 0, bytes: 0 };
  const raws = new Map<number | undefined, Socket>();
  const closings: Promise<void>[] = [];
  const meet = (socket: Socket) => {
    socket.on("error", () => {});
    const requests = new Requests();
    let buffered: Uint8Array = new Uint8Array(0);
    socket.on("data", (chunk) => {
      received.bytes += chunk.length;
      buffered = Buffer.concat([buffered, chunk]);
      for (let request = head(buffered, frameLength); request !== undefined; request = head(buffered, frameLength)) {
        received.requests++;
        requests.add(request);
        buffered = buffered.subarray(request.length);
      }
    });
    void behave(tcpTalk(socket, requests, () => raws.get(socket.remotePort)?.resetAndDestroy()));
  };
  const server =
    wire === "tcp" ? createServer(meet) : createTlsServer({ key: pem("key"), cert: pem("self-signed") }, meet);
  server.on("connection", (raw: Socket) => {
    raws.set(raw.remotePort, raw);
    closings.push(new Promise((closed) => raw.once("close", () => closed())));
  });
  // A prober that gives up in the middle of a handshake is not the far end's business.
  server.on("tlsClientError", () => {});
  const listening = await serve(server);
  return {
    local: listening.local,
    received,
    gone: async () => void (await Promise.all(closings)),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

/** The first whole request, as a copy. */
function head(buffered: Uint8Array, frameLength: FrameLength): Uint8Array | undefined {
  const length = buffered.length === 0 ? undefined : frameLength(buffered);
  return length !== undefined && length <= buffered.length ? new Uint8Array(buffered.subarray(0, length)) : undefined;
}

function tcpTalk(socket: Socket, requests: Requests, reset: () => void): Talk {
  const send = (bytes: Uint8Array) =>
    new Promise<boolean>((resolve) => {
      // An error of the write is the prober's end: the callback comes in any case.
      socket.write(bytes, (error) => void turn().then(() => resolve(!error && socket.writable)));
    });
  return {
    next: () => requests.next(),
    send,
    sendTimes: (bytes, times) => send(Buffer.concat(Array.from({ length: times }, () => bytes))),
    sendFromElsewhere: () => Promise.reject(new TypeError("a connection has no elsewhere")),
    hangUp: () => void socket.end(),
    reset,
  };
}

async function udpEnd(behave: Behaviour): Promise<FarEnd> {
  const received = { requests: 0, bytes: 0 };
  const talks = new Map<number, Requests>();
  const [socket, elsewhere] = await Promise.all([boundSocket(), boundSocket()]);
  let open = true;
  const sendFrom = (from: DatagramSocket, bytes: Uint8Array, port: number) =>
    new Promise<void>((sent) => (open ? from.send(bytes, port, "127.0.0.1", () => sent()) : sent()));
  socket.on("message", (message, { port }) => {
    received.requests++;
    received.bytes += message.length;
    const known = talks.get(port);
    const requests = known ?? new Requests();
    requests.add(new Uint8Array(message));
    if (known !== undefined) return;
    talks.set(port, requests);
    const sendTimes = async (bytes: Uint8Array, times: number) => {
      await Promise.all(Array.from({ length: times }, () => sendFrom(socket, bytes, port)));
      await turn();
      return open;
    };
    void behave({
      next: () => requests.next(),
      send: (bytes) => sendTimes(bytes, 1),
      sendTimes,
      sendFromElsewhere: (bytes) => sendFrom(elsewhere, bytes, port),
      hangUp: () => {},
      reset: () => {},
    });
  });
  return {
    local: { transport: "udp", address: "127.0.0.1", port: socket.address().port },
    received,
    gone: () => Promise.resolve(),
    [Symbol.asyncDispose]: async () => {
      open = false;
      await Promise.all([socket, elsewhere].map((each) => new Promise<void>((closed) => each.close(closed))));
    },
  };
}

/** A turn of the event loop: an endless sender must not starve those who listen in the same process. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function boundSocket(): Promise<DatagramSocket> {
  const socket = createSocket("udp4");
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  return socket;
}
