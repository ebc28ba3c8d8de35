/** A UDP socket by system call: batches in, and every ICMP error with its type, its code and its sender. */
import { ARRIVAL_BYTES, askForArrival, readArrival } from "./arrival.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ErrorQueue } from "./error-queue.ts";
import { MessageVector } from "./message-vector.ts";
import type { Native } from "./native.ts";
import { closeSocket, connectSocket, localEndpoint, openSocket } from "./socket.ts";
import { readSocketAddress, writeSocketAddress } from "./socket-address.ts";
import { SocketError } from "./socket-error.ts";
import { EAGAIN, EINVAL, EMSGSIZE, EPERM, EPOLLIN, EPOLLOUT } from "./sys.ts";
import { type Arrival, type OpenUdp, type UdpError, type UdpOptions, type UdpSocket, UNTOLD } from "./udp.ts";
import type { Watch, Watcher } from "./watcher.ts";

const DATAGRAM_BYTES = 65_536;
const SLOTS = 16;
/** What one socket may be read in one turn of the event loop, so that no sender starves the others. */
const READS_A_TURN = 8;
/** How often a datagram is offered while errors of earlier ones come back instead. */
const SEND_TRIES = 16;
/** Datagrams kept while the system's send buffer is full; further ones are lost, as on the way. */
const WAITING_MAX = 1_024;

/** Memory that all UDP sockets of a thread share: each call uses it from its beginning to its end. */
export interface UdpMemory {
  readonly incoming: MessageVector;
  readonly outgoing: MessageVector;
  readonly errors: ErrorQueue;
}

export function takeUdpMemory({ arena }: Native, errors: ErrorQueue): UdpMemory {
  return {
    incoming: new MessageVector(arena, { slots: SLOTS, dataBytes: DATAGRAM_BYTES, controlBytes: ARRIVAL_BYTES }),
    outgoing: new MessageVector(arena, { slots: 1, dataBytes: DATAGRAM_BYTES, controlBytes: 0 }),
    errors,
  };
}

export function nativeUdp(native: Native, watcher: Watcher, memory: UdpMemory): OpenUdp {
  return async (options) => {
    let fd = -1;
    try {
      fd = openSocket(native, "udp", options.family, options);
      const connected = options.remote === undefined ? 0 : connectSocket(native, fd, options.remote);
      if (options.tellArrival === true) askForArrival(native, fd, options.family);
      if (connected < 0) throw new SocketError(native.sys.errorName(connected), "connect");
      return new NativeUdp(native, watcher, memory, fd, options);
    } catch (error) {
      if (fd >= 0) closeSocket(native, fd);
      if (error instanceof SocketError) return { code: error.code, syscall: error.syscall, errorQueue: true };
      throw error;
    }
  };
}

interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: Endpoint | undefined;
  readonly arrival: Arrival;
}

interface Outgoing {
  readonly bytes: Uint8Array;
  readonly to: Endpoint | undefined;
}

class NativeUdp implements UdpSocket {
  readonly local: Endpoint;
  readonly errorQueue = true;
  readonly #native: Native;
  readonly #memory: UdpMemory;
  readonly #fd: number;
  readonly #options: UdpOptions;
  readonly #watch: Watch;
  #waiting: Outgoing[] = [];
  #untold: UdpError[] = [];
  #closed = false;

  constructor(native: Native, watcher: Watcher, memory: UdpMemory, fd: number, options: UdpOptions) {
    this.#native = native;
    this.#memory = memory;
    this.#fd = fd;
    this.#options = options;
    this.local = localEndpoint(native, fd) ?? { address: "", port: 0 };
    this.#watch = watcher.watch(fd, EPOLLIN, this.#onEvents);
  }

  send(bytes: Uint8Array, to?: Endpoint): void {
    if (this.#closed) return;
    if (this.#waiting.length > 0 || !this.#sendNow(bytes, to)) this.#wait({ bytes: bytes.slice(), to });
    if (this.#untold.length > 0) setImmediate(this.#tell);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.end();
    closeSocket(this.#native, this.#fd);
  }

  readonly #onEvents = (): void => {
    this.#sendWaiting();
    // A reply that came before an error is told before it.
    for (let reads = 0; reads < READS_A_TURN && !this.#closed; reads++) if (!this.#receive()) break;
    if (this.#closed) return;
    this.#takeErrors();
    this.#tell();
  };

  /** Reads one batch and tells of it; false when nothing more waits. */
  #receive(): boolean {
    const { incoming } = this.#memory;
    const count = this.#native.sys.recvmmsg(this.#fd, incoming.at(0), SLOTS, 0);
    if (count < 0) {
      if (count === -EAGAIN) return false;
      // An ICMP error is told to whoever calls next; the queue says more about it.
      if (this.#takeErrors() === 0) this.#untold.push({ code: this.#native.sys.errorName(count), syscall: "receive" });
      return true;
    }
    const datagrams = Array.from({ length: count }, (_, slot) => this.#datagram(slot));
    incoming.makeRoom(0, count);
    for (const { bytes, from, arrival } of datagrams) {
      if (!this.#closed && from !== undefined) this.#options.onDatagram(bytes, from, arrival);
    }
    return count === SLOTS;
  }

  #datagram(slot: number): Datagram {
    const { incoming } = this.#memory;
    const start = incoming.dataOf(slot);
    return {
      bytes: incoming.data.bytes.slice(start, start + incoming.moved(slot)),
      from: readSocketAddress(this.#native, incoming.names, incoming.nameOf(slot)),
      arrival: this.#options.tellArrival === true ? readArrival(this.#native, incoming, slot) : UNTOLD,
    };
  }

  /** Moves ICMP errors from the queue to what has to be told; gives how many those were. */
  #takeErrors(): number {
    const { errors } = this.#memory;
    const before = this.#untold.length;
    for (let reads = 0; reads < READS_A_TURN; reads++) {
      const count = errors.read(this.#fd);
      if (count === 0) break;
      for (let slot = 0; slot < count; slot++) this.#noteQueued(slot);
    }
    return this.#untold.length - before;
  }

  #noteQueued(slot: number): void {
    const { errors } = this.#memory;
    const icmp = errors.icmp(slot);
    // What our own side refused was told to the call that asked for it.
    if (icmp === undefined) return;
    const to = errors.destination(slot);
    const code = this.#native.sys.errorName(errors.errno(slot));
    this.#untold.push({ code, syscall: "receive", icmp, ...(to !== undefined && { to }) });
  }

  readonly #tell = (): void => {
    const untold = this.#untold;
    this.#untold = [];
    for (const error of untold) if (!this.#closed) this.#options.onError(error);
  };

  /** False when the system's send buffer is full. */
  #sendNow(bytes: Uint8Array, to: Endpoint | undefined): boolean {
    let untraced: string | undefined;
    for (let tries = 0; tries < SEND_TRIES; tries++) {
      const result = this.#sendOnce(bytes, to);
      if (result === -EAGAIN) return false;
      if (result >= 0) {
        if (untraced !== undefined) this.#untold.push({ code: untraced, syscall: "receive" });
        return true;
      }
      const code = this.#native.sys.errorName(result);
      const told = this.#takeErrors();
      // EPERM is the number of no ICMP error: our own firewall refused this very datagram, and may have queued an error
      // for it. Else the system may have told us of an earlier datagram instead of sending this one: only what fails
      // again with nothing new in the queue is this one's own.
      if (result !== -EPERM && told > 0) continue;
      const isOwn = result === -EPERM || untraced === code;
      untraced = code;
      if (isOwn) break;
    }
    if (untraced !== undefined) this.#untold.push({ code: untraced, syscall: "send", ...(to !== undefined && { to }) });
    return true;
  }

  #sendOnce(bytes: Uint8Array, to: Endpoint | undefined): number {
    const { outgoing } = this.#memory;
    if (bytes.length > DATAGRAM_BYTES) return -EMSGSIZE;
    outgoing.data.bytes.set(bytes);
    const nameBytes = to === undefined ? 0 : writeSocketAddress(this.#native, outgoing.names, 0, to);
    if (to !== undefined && nameBytes === 0) return -EINVAL;
    outgoing.setLengths(0, bytes.length, nameBytes);
    return this.#native.sys.sendmmsg(this.#fd, outgoing.at(0), 1, 0);
  }

  #wait(datagram: Outgoing): void {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#untold.push({ code: "ENOBUFS", syscall: "send", ...(datagram.to !== undefined && { to: datagram.to }) });
      return;
    }
    this.#waiting.push(datagram);
    if (this.#waiting.length === 1) this.#watch.change(EPOLLIN | EPOLLOUT);
  }

  #sendWaiting(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    const refused = waiting.findIndex(({ bytes, to }) => !this.#sendNow(bytes, to));
    this.#waiting = refused < 0 ? [] : waiting.slice(refused);
    if (refused < 0) this.#watch.change(EPOLLIN);
  }
}
