/** What the tests of the module share: both backends, peers on loopback, counts of what a process holds. */
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { platform } from "node:os";
import { type Bulk, openSockets, type UdpError, type UdpFailed, type UdpSocket } from "#node-dgram-ext";

/** By system calls where this machine can (Linux), and always through Node. */
export const native = await openSockets();
export const portable = await openSockets(() => import("koffi-that-is-not-installed" as string));

/** Whether the way by system calls can be tested here; on Linux it has to be. */
export const hasNative = platform() === "linux";

export const BACKENDS = [
  { backend: "system calls", sockets: native },
  { backend: "node:net and node:dgram", sockets: portable },
] as const;

export interface TcpPeer extends AsyncDisposable {
  readonly port: number;
}

/** A TCP server on a free port, gone at the end of the block; so many connections may wait for it. */
export async function tcpPeer(address: string, onSocket: (socket: Socket) => void, backlog = 511): Promise<TcpPeer> {
  const held = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    held.add(socket.on("error", () => {}));
    onSocket(socket);
  });
  await new Promise<void>((listening) => server.listen(0, address, backlog, listening));
  return {
    port: (server.address() as { readonly port: number }).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of held) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** A UDP peer on a free port that answers each datagram; without an answer it takes its port and hears nothing. */
export async function udpPeer(
  address: string,
  answer: (bytes: Buffer) => Uint8Array | undefined,
): Promise<TcpPeer & { readonly heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
  socket.on("message", (bytes, { address: from, port }) => {
    heard.push(bytes);
    const reply = answer(bytes);
    if (reply !== undefined) socket.send(reply, port, from);
  });
  await new Promise<void>((bound) => socket.bind(0, address, bound));
  return {
    port: socket.address().port,
    heard,
    [Symbol.asyncDispose]: () => new Promise((closed) => socket.close(closed)),
  };
}

/** A UDP port of ours that is closed to everybody, because it hears nobody but itself; gone at the end of the block. */
export async function closedUdpPort(address: string): Promise<TcpPeer> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  await new Promise<void>((bound) => socket.bind(0, address, bound));
  const { port } = socket.address();
  await new Promise<void>((connected) => socket.connect(port, address, connected));
  return { port, [Symbol.asyncDispose]: () => new Promise((closed) => socket.close(closed)) };
}

/** A socket that has to open. */
export function opened(socket: UdpSocket | UdpFailed): UdpSocket {
  if (socket.local === undefined) throw new Error(`${socket.syscall}: ${socket.code}`);
  return socket;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Options of a socket that must hear nothing. */
export const deaf = {
  onDatagram: (): void => {
    throw new Error("a datagram came");
  },
  onError: (error: UdpError): void => {
    throw new Error(`${error.syscall}: ${error.code}`);
  },
};

export const familyOf = (address: string): 4 | 6 => (address.includes(":") ? 6 : 4);

/** How many files and sockets this process has open; Linux. */
export const descriptors = (): number => readdirSync("/proc/self/fd").length;

/** How many pieces of memory this process has mapped; Linux. */
export const mappings = (): number => readFileSync("/proc/self/maps", "utf8").split("\n").length;

/**
 * What this process takes of a CPU in 300 ms of doing nothing, in the quietest of a few such spans: its garbage collector
 * and compiler work in some of them, and a loop that never rests in all.
 */
export async function idleCpuMs(): Promise<number> {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let span = 0; span < 5; span++) {
    const before = process.cpuUsage();
    await new Promise((over) => setTimeout(over, 300));
    const { user, system } = process.cpuUsage(before);
    leastMs = Math.min(leastMs, (user + system) / 1000);
  }
  return leastMs;
}

/** Pools and batches, where they have to be there. */
export function bulk(): Bulk {
  if (native.bulk === undefined) throw new Error(native.features.native.detail);
  return native.bulk;
}

/** So many ports that were free a moment ago. */
export async function closedPorts(address: string, count: number): Promise<readonly number[]> {
  const peers = await openPorts(address, count);
  await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
  return peers.map(({ port }) => port);
}

/** The same for UDP. */
export async function freeUdpPorts(address: string, count: number): Promise<readonly number[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => udpPeer(address, () => undefined)));
  await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
  return peers.map(({ port }) => port);
}

export async function openPorts(address: string, count: number): Promise<readonly TcpPeer[]> {
  return await Promise.all(Array.from({ length: count }, () => tcpPeer(address, () => {})));
}
