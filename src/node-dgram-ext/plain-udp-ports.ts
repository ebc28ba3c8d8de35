/** Many UDP ports through node:dgram, a socket object each. */
import { createSocket, type Socket } from "node:dgram";
import { familyOf } from "./socket-address.ts";
import { codeOf } from "./socket-error.ts";
import { UNTOLD } from "./udp.ts";
import { type OpenUdpPorts, OUT_OF_DESCRIPTORS, type UdpPorts, type UdpPortsOptions } from "./udp-ports.ts";

/** Ports that are bound between two looks at whether descriptors ran out. */
const BINDS_AT_ONCE = 128;

export const plainUdpPorts: OpenUdpPorts = (options) => new PlainUdpPorts(options);

class PlainUdpPorts implements UdpPorts {
  readonly #options: UdpPortsOptions;
  readonly #sockets = new Map<number, Socket>();
  #closed = false;

  constructor(options: UdpPortsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sockets.size;
  }

  async bind(ports: Iterable<number>): Promise<ReadonlyMap<number, string>> {
    const refused = new Map<number, string>();
    const wanted = [...new Set(ports)].filter((port) => !this.#sockets.has(port));
    if (this.#options.tos !== undefined) return new Map(wanted.map((port) => [port, "ENOTSUP"]));
    for (let at = 0; at < wanted.length; at += BINDS_AT_ONCE) {
      const last = [...refused.values()].at(-1) ?? "";
      const some = wanted.slice(at, at + BINDS_AT_ONCE);
      if (OUT_OF_DESCRIPTORS.has(last)) for (const port of some) refused.set(port, last);
      else await Promise.all(some.map((port) => this.#bind(port, refused)));
    }
    return refused;
  }

  release(ports: Iterable<number>): void {
    for (const port of ports) {
      this.#sockets.get(port)?.close();
      this.#sockets.delete(port);
    }
  }

  close(): void {
    this.#closed = true;
    this.release([...this.#sockets.keys()]);
  }

  async #bind(port: number, refused: Map<number, string>): Promise<void> {
    const { address, datagramBytes, onDatagram } = this.#options;
    const socket = createSocket(familyOf(address) === 6 ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
    const code = await new Promise<string | undefined>((settle) => {
      socket.on("error", (error) => settle(codeOf(error)));
      socket.bind({ port, address, exclusive: true }, () => settle(undefined));
    });
    if (code !== undefined || this.#closed) {
      socket.close();
      refused.set(port, code ?? "ERR_CLOSED");
      return;
    }
    this.#sockets.set(port, socket);
    socket.on("message", (bytes, from) => {
      if (this.#sockets.get(port) !== socket) return;
      const answer = onDatagram(port, new Uint8Array(bytes.subarray(0, datagramBytes)), from, UNTOLD);
      // An answer that cannot be sent is lost, as datagrams are.
      if (answer !== undefined && this.#sockets.get(port) === socket) {
        socket.send(answer, from.port, from.address, () => {});
      }
    });
  }
}
