/**
 * Many UDP ports by system call: a descriptor each and nothing else, all of them behind one epoll descriptor that the
 * event loop watches. 9,968 of them add 3 MB to the process where as many socket objects add 27 MB.
 */
import { Arena, type Block } from "./arena.ts";
import { ARRIVAL_BYTES, askForArrival, readArrival } from "./arrival.ts";
import type { Endpoint } from "./endpoint.ts";
import { Epoll } from "./epoll.ts";
import { MessageVector } from "./message-vector.ts";
import type { Native } from "./native.ts";
import { closeSocket, type OwnSocketOptions, openSocket } from "./socket.ts";
import { type Family, familyOf, readSocketAddress, writeSocketAddress } from "./socket-address.ts";
import { SocketError } from "./socket-error.ts";
import { EPOLLIN, SOCKET_ADDRESS_BYTES } from "./sys.ts";
import { UNTOLD } from "./udp.ts";
import { type OpenUdpPorts, OUT_OF_DESCRIPTORS, type UdpPorts, type UdpPortsOptions } from "./udp-ports.ts";
import type { Watch, Watcher } from "./watcher.ts";

/** Ports that are looked at in one turn of the event loop, and datagrams that are read from each of them. */
const EVENTS = 512;
const SLOTS = 16;
/** Ports that are bound in one turn: 512 take some 6 ms. */
const BINDS_A_TURN = 512;
/** Headers, addresses and control messages of one slot, in both vectors. */
const SLOT_BYTES = 512;
const NAME_BYTES = { 4: 16, 6: 28 } as const;
/** Where the port stands in a socket address. */
const PORT_AT = 2;
const PORTS = 65_536;

export function nativeUdpPorts(native: Native, watcher: Watcher): OpenUdpPorts {
  return (options) => new NativeUdpPorts(native, watcher, options);
}

class NativeUdpPorts implements UdpPorts {
  readonly #native: Native;
  readonly #options: UdpPortsOptions;
  readonly #family: Family;
  readonly #arena: Arena;
  readonly #epoll: Epoll;
  readonly #watch: Watch;
  /** Our own address, written once; each port is put into it when it is bound. */
  readonly #name: Block;
  readonly #socketOptions: OwnSocketOptions;
  readonly #incoming: MessageVector;
  readonly #outgoing: MessageVector;
  /** By port; 0 for one that is not bound. */
  readonly #descriptors = new Int32Array(PORTS);
  #size = 0;
  /** Who sent the last datagram: mostly the sender of the next one. */
  readonly #lastName: Uint8Array;
  #lastAddress = "";
  #closed = false;
  /** Inside of a callback: a close has to wait for its end, because it still looks at the memory. */
  #working = false;

  constructor(native: Native, watcher: Watcher, options: UdpPortsOptions) {
    const { address, datagramBytes, tos, tellArrival = false } = options;
    this.#native = native;
    this.#options = options;
    this.#family = familyOf(address);
    this.#lastName = new Uint8Array(NAME_BYTES[this.#family]);
    this.#arena = new Arena(native.sys, EVENTS * 64 + SLOTS * (SLOT_BYTES + 2 * datagramBytes) + 4096);
    try {
      const shape = { slots: SLOTS, dataBytes: datagramBytes, controlBytes: 0 };
      this.#incoming = new MessageVector(this.#arena, { ...shape, controlBytes: tellArrival ? ARRIVAL_BYTES : 0 });
      this.#outgoing = new MessageVector(this.#arena, shape);
      this.#epoll = new Epoll(native, Epoll.memoryFor(this.#arena, EVENTS));
      this.#name = this.#arena.take(SOCKET_ADDRESS_BYTES);
      const length = writeSocketAddress(native, this.#name, 0, { address, port: 0 });
      const name = { at: this.#name.at, length };
      this.#socketOptions = { name, errorQueue: false, ...(tos !== undefined && { tos }) };
    } catch (error) {
      this.#arena.close();
      throw error;
    }
    try {
      // An epoll descriptor is readable while one of its own is.
      this.#watch = watcher.watch(this.#epoll.fd, EPOLLIN, this.#onEvents);
    } catch (error) {
      this.#epoll.close();
      this.#arena.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  async bind(ports: Iterable<number>): Promise<ReadonlyMap<number, string>> {
    const refused = new Map<number, string>();
    let code: string | undefined;
    let bound = 0;
    for (const port of ports) {
      if (this.#descriptors[port] !== 0) continue;
      if (code === undefined || !OUT_OF_DESCRIPTORS.has(code)) code = this.#bind(port);
      if (code !== undefined) refused.set(port, code);
      if (++bound % BINDS_A_TURN === 0) await new Promise((turned) => setImmediate(turned));
    }
    return refused;
  }

  release(ports: Iterable<number>): void {
    for (const port of ports) {
      const fd = this.#descriptors[port]!;
      if (fd === 0) continue;
      // The kernel forgets a descriptor that is closed in epoll too.
      closeSocket(this.#native, fd);
      this.#descriptors[port] = 0;
      this.#size--;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.release(this.#descriptors.keys());
    this.#watch.end();
    this.#epoll.close();
    if (!this.#working) this.#arena.close();
  }

  /** Why the port cannot be bound, or undefined when it is. */
  #bind(port: number): string | undefined {
    if (this.#closed) return "ERR_CLOSED";
    let fd = -1;
    try {
      this.#name.data.setUint16(PORT_AT, port, false);
      fd = openSocket(this.#native, "udp", this.#family, this.#socketOptions);
      if (this.#options.tellArrival === true) askForArrival(this.#native, fd, this.#family);
      this.#epoll.add(fd, EPOLLIN, port);
      this.#descriptors[port] = fd;
      this.#size++;
      return undefined;
    } catch (error) {
      if (fd >= 0) closeSocket(this.#native, fd);
      if (error instanceof SocketError) return error.code;
      throw error;
    }
  }

  readonly #onEvents = (): void => {
    const count = this.#epoll.wait(0);
    const ports = Array.from({ length: count }, (_, event) => this.#epoll.key(event));
    this.#working = true;
    try {
      // What is left after one batch is told again in the next turn.
      for (const port of ports) this.#serve(port);
    } finally {
      this.#working = false;
      if (this.#closed) this.#arena.close();
    }
  };

  /** Reads one batch of datagrams to a port and sends the answers back. */
  #serve(port: number): void {
    const fd = this.#descriptors[port]!;
    if (fd === 0) return;
    const count = this.#native.sys.recvmmsg(fd, this.#incoming.at(0), SLOTS, 0);
    let answers = 0;
    for (let slot = 0; slot < count && this.#descriptors[port] === fd; slot++) {
      if (this.#answer(port, slot, answers)) answers++;
    }
    this.#incoming.makeRoom(0, Math.max(0, count));
    // An answer that the system's buffers have no room for is lost, as datagrams are.
    if (answers > 0 && this.#descriptors[port] === fd) {
      this.#native.sys.sendmmsg(fd, this.#outgoing.at(0), answers, 0);
    }
  }

  /** Whether the datagram in a slot has an answer, which is then in a slot to be sent. */
  #answer(port: number, slot: number, free: number): boolean {
    const [incoming, outgoing] = [this.#incoming, this.#outgoing];
    const from = this.#sender(incoming.nameOf(slot));
    if (from === undefined) return false;
    const start = incoming.dataOf(slot);
    const bytes = incoming.data.bytes.subarray(start, start + incoming.moved(slot));
    const arrival = this.#options.tellArrival === true ? readArrival(this.#native, incoming, slot) : UNTOLD;
    const answer = this.#options.onDatagram(port, bytes, from, arrival);
    if (answer === undefined) return false;
    outgoing.data.bytes.set(answer.subarray(0, this.#options.datagramBytes), outgoing.dataOf(free));
    const name = incoming.nameOf(slot);
    const nameBytes = NAME_BYTES[this.#family];
    outgoing.names.bytes.set(incoming.names.bytes.subarray(name, name + nameBytes), outgoing.nameOf(free));
    outgoing.setLengths(free, Math.min(answer.length, this.#options.datagramBytes), nameBytes);
    return true;
  }

  /** The endpoint at this offset of the incoming names. */
  #sender(name: number): Endpoint | undefined {
    const { names } = this.#incoming;
    for (let at = 0; at < this.#lastName.length; at++) {
      if (at === PORT_AT || at === PORT_AT + 1 || names.bytes[name + at] === this.#lastName[at]) continue;
      const from = readSocketAddress(this.#native, names, name);
      this.#lastName.set(names.bytes.subarray(name, name + this.#lastName.length));
      this.#lastAddress = from?.address ?? "";
      return from;
    }
    return { address: this.#lastAddress, port: names.data.getUint16(name + PORT_AT, false) };
  }
}
