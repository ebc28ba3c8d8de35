/**
 * A UDP socket through node:dgram, where the error queue is out of reach: of ICMP errors it tells what Node tells.
 * TOS can neither be set nor seen.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Endpoint } from "./endpoint.ts";
import { codeOf } from "./socket-error.ts";
import { type UdpFailed, type UdpOptions, type UdpSocket, UNTOLD } from "./udp.ts";

export async function plainUdp(options: UdpOptions): Promise<UdpSocket | UdpFailed> {
  const { family, receiveBufferBytes, ttl, tos } = options;
  if (tos !== undefined) return { code: "ENOTSUP", syscall: "socket", errorQueue: false };
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    ...(family === 6 && { ipv6Only: true }),
    ...(receiveBufferBytes !== undefined && { recvBufferSize: receiveBufferBytes }),
  });
  let syscall: UdpFailed["syscall"] = "bind";
  try {
    await bound(socket, options);
    syscall = "connect";
    await connected(socket, options.remote);
    syscall = "socket";
    if (ttl !== undefined) socket.setTTL(ttl);
    return new PlainUdp(socket, options);
  } catch (error) {
    socket.close();
    return { code: codeOf(error), syscall, errorQueue: false };
  }
}

function bound(socket: Socket, { source, sourcePort = 0 }: UdpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port: sourcePort, exclusive: true, ...(source !== undefined && { address: source }) }, () => {
      socket.removeListener("error", reject);
      resolve();
    });
  });
}

async function connected(socket: Socket, remote: Endpoint | undefined): Promise<void> {
  if (remote === undefined) return;
  await new Promise<void>((resolve, reject) => {
    socket.connect(remote.port, remote.address, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

class PlainUdp implements UdpSocket {
  readonly local: Endpoint;
  readonly errorQueue = false;
  readonly #socket: Socket;
  readonly #options: UdpOptions;
  #closed = false;

  constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket;
    this.#options = options;
    const { address, port } = socket.address();
    this.local = { address, port };
    socket.on("message", (bytes: Uint8Array, { address, port }: RemoteInfo) => {
      if (!this.#closed) options.onDatagram(new Uint8Array(bytes), { address, port }, UNTOLD);
    });
    socket.on("error", (error) => this.#tell(error, "receive"));
  }

  send(bytes: Uint8Array, to?: Endpoint): void {
    if (this.#closed) return;
    const done = (error: Error | null): void => {
      if (error) this.#tell(error, "send", to);
    };
    try {
      if (to === undefined) this.#socket.send(bytes, done);
      else this.#socket.send(bytes, to.port, to.address, done);
    } catch (error) {
      setImmediate(() => this.#tell(error, "send", to));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #tell(error: unknown, syscall: "send" | "receive", to?: Endpoint): void {
    if (!this.#closed) this.#options.onError({ code: codeOf(error), syscall, ...(to !== undefined && { to }) });
  }
}
