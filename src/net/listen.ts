/** Listeners for stand-ins and tests: a far end on a loopback port, seen through the same simple objects as our own end. */
import { createSocket } from "node:dgram";
import { createServer, isIPv6, type Socket } from "node:net";
import type { Endpoint } from "../model/ports.ts";
import type { Connection } from "../model/prober.ts";
import { Life } from "./life.ts";
import { TcpStream } from "./tcp.ts";

export interface Listener {
  readonly local: Endpoint;
  /** Stops listening and drops every connection; resolves when the port is free. */
  close(): Promise<void>;
}

/** One accepted connection. */
export interface Accepted extends Omit<Connection, "startTls" | "tls"> {
  readonly remote: Endpoint;
  /** Ends with FIN. */
  close(): void;
  /** Ends with RST. */
  reset(): void;
}

/**
 * Listens for TCP; port 0 takes a free one. Rejects when the port cannot be had. A handler that throws or rejects
 * hangs up on its peer and disturbs nobody else.
 */
export function listenTcp(
  address: string,
  port: number,
  onConnection: (connection: Accepted) => void | Promise<void>,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const accepted = accept(socket);
    const handle = async () => onConnection(accepted);
    handle().catch(() => accepted.reset());
  });
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      for (const socket of sockets) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      if (bound === null || typeof bound === "string") throw new TypeError("a TCP listener has an address and a port");
      resolve({ local: { transport: "tcp", address: bound.address, port: bound.port }, close });
    });
  });
}

function accept(socket: Socket): Accepted {
  const remote: Endpoint = { transport: "tcp", address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  // Nobody asks a far end when it saw what.
  const life = new Life(remote, () => 0);
  life.connected({ address: socket.localAddress ?? "", port: socket.localPort ?? 0 });
  const stream = new TcpStream(socket, life);
  return {
    remote,
    local: stream.local,
    send: (bytes) => stream.send(bytes),
    receive: (frameLength, capBytes) => stream.receive(frameLength, capBytes),
    pending: () => stream.pending(),
    close: () => stream.close(),
    reset: () => void socket.resetAndDestroy(),
  };
}

/** Listens for UDP; port 0 takes a free one. `reply` answers from the listener's own port. Rejects as listenTcp does. */
export function listenUdp(
  address: string,
  port: number,
  onDatagram: (bytes: Uint8Array, from: Endpoint, reply: (bytes: Uint8Array) => void) => void,
): Promise<Listener> {
  const socket = createSocket(isIPv6(address) ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
  let open = true;
  socket.on("message", (message, sender) => {
    const from: Endpoint = { transport: "udp", address: sender.address, port: sender.port };
    onDatagram(new Uint8Array(message), from, (bytes) => {
      // A reply that cannot be sent is lost, as datagrams are.
      if (open) socket.send(bytes, sender.port, sender.address, () => {});
    });
  });
  const close = () =>
    new Promise<void>((closed) => {
      open = false;
      socket.close(() => closed());
    });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port, exclusive: true }, () => {
      const bound = socket.address();
      resolve({ local: { transport: "udp", address: bound.address, port: bound.port }, close });
    });
  });
}
