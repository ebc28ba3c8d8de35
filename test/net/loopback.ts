/** What the tests of net/ and sweep/ share: a clock, byte shorthands, raw peers and a count of open sockets. */
import { createSocket } from "node:dgram";
import { readdirSync, readlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, vi } from "vitest";
import { openSockets } from "#node-dgram-ext";
import type { Endpoint } from "../../src/model/ports.ts";
import { createNet } from "../../src/net/net.ts";
import { closedUdpPort } from "../node-dgram-ext/loopback.ts";

const clock = { monotonicMs: () => performance.now() };
const noKoffi = () => Promise.reject(new Error("not for this test"));

export const net = createNet(clock, await openSockets());
/** Over Node's own sockets, as where no error queue is to be had. */
const portable = createNet(clock, await openSockets(noKoffi));

/** Both ways that sockets are made. They differ in what they see of ICMP errors, on Linux. */
export const WAYS = [
  { way: "with the error queue", net, errorQueue: process.platform === "linux" },
  { way: "without the error queue", net: portable, errorQueue: false },
] as const;
export const never = new AbortController().signal;

export const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("latin1");
export const bytesOf = (words: string) => new Uint8Array(Buffer.from(words, "latin1"));

/** A frame of so many bytes. */
export const exactly = (length: number) => () => length;

/** A line that ends with a line feed. */
export const line = (buffered: Uint8Array) => {
  const at = buffered.indexOf(10);
  return at === -1 ? undefined : at + 1;
};

export interface Peer extends AsyncDisposable {
  readonly local: Endpoint;
  /** How many connections it still holds. */
  held(): number;
}

/** A TCP peer on a free loopback port that may misbehave as it likes; gone at the end of the block. */
export async function peer(onSocket: (socket: Socket) => void, address = "127.0.0.1"): Promise<Peer> {
  return serve(
    createServer((socket) => {
      socket.on("error", () => {});
      onSocket(socket);
    }),
    address,
  );
}

/** Starts any server on a free port; `await using` ends it with all its connections. */
export async function serve(server: Server, address = "127.0.0.1"): Promise<Peer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(0, address, listening));
  const bound = server.address() as { port: number };
  return {
    local: { transport: "tcp", address, port: bound.port },
    held: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/**
 * A port that nothing listens on. Over TCP it was free a moment ago, and Linux lends out others to those who connect; over
 * UDP a socket that hears nobody but itself holds it until the test ends.
 */
export async function closedPort(transport: "tcp" | "udp" = "tcp", address = "127.0.0.1"): Promise<Endpoint> {
  if (transport === "udp") {
    const held = await closedUdpPort(address);
    onTestFinished(() => held[Symbol.asyncDispose]());
    return { transport, address, port: held.port };
  }
  const server = await peer(() => {}, address);
  await server[Symbol.asyncDispose]();
  return server.local;
}

/** A UDP port that is free now. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  const { port } = socket.address();
  await new Promise<void>((closed) => socket.close(closed));
  return port;
}

/** Sockets of any origin on Linux; elsewhere those that Node knows of. */
function socketCount(): number {
  if (process.platform === "linux") return readdirSync("/proc/self/fd").filter(isSocket).length;
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|UDP|TLS)/.test(name)).length;
}

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("socket:");
  } catch {
    // The one that the folder was read with.
    return false;
  }
}

/** Runs the work, then waits until no more sockets are open than before and those that the peers hold. */
export async function leavesNoSocket(work: () => Promise<void>, peers: readonly Peer[] = []): Promise<void> {
  const ours = () => socketCount() - peers.reduce((sum, each) => sum + each.held(), 0);
  const before = ours();
  await work();
  await vi.waitFor(() => expect(ours()).toBeLessThanOrEqual(before), { timeout: 30_000, interval: 20 });
}

/** A promise that somebody else resolves. */
export function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve: (value) => resolve(value) };
}
