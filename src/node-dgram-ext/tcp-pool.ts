/**
 * Many TCP handshakes with one address at the same time, for whoever asks thousands of ports: sockets are used again
 * and again (a second connect() gives the verdict, a connect to nowhere resets), so that a port costs three system
 * calls. Everything happens inside the caller's own calls; nothing is on Node's event loop.
 */
import { Arena, type Block } from "./arena.ts";
import type { IcmpError } from "./endpoint.ts";
import { Epoll } from "./epoll.ts";
import { ErrorQueue } from "./error-queue.ts";
import type { Native } from "./native.ts";
import { closeSocket, openSocket, type SocketOptions } from "./socket.ts";
import { type Family, familyOf, writeSocketAddress } from "./socket-address.ts";
import { SocketError } from "./socket-error.ts";
import { AF_UNSPEC, EALREADY, EINPROGRESS, EISCONN, EPOLLET, EPOLLIN, EPOLLOUT, SOCKET_ADDRESS_BYTES } from "./sys.ts";

export interface TcpPoolOptions extends Omit<SocketOptions, "sourcePort"> {
  readonly address: string;
  /** The most sockets that are open at the same time. Fewer, where the system gives no more. */
  readonly sockets: number;
  /**
   * How a handshake ended: 0 for a connection, which was reset at once, or the error number and the ICMP error behind
   * it. Called during `step` and `giveUp` only.
   */
  onVerdict(port: number, errno: number, icmp: IcmpError | undefined): void;
}

const EVENTS = 512;
const ARENA_BYTES = 64 * 1024;
const IDLE = 0;
const CLOSED = -1;
const NO_ICMP = { errno: 0, icmp: undefined };

export class TcpPool {
  readonly #native: Native;
  readonly #options: TcpPoolOptions;
  readonly #family: Family;
  readonly #arena: Arena;
  readonly #epoll: Epoll;
  readonly #errors: ErrorQueue;
  readonly #target: Block;
  readonly #targetBytes: number;
  readonly #nowhere: Block;
  readonly #fds: Int32Array;
  /** The port that a socket asks; IDLE for none. */
  readonly #ports: Uint16Array;
  /** Sockets that ask nobody. The one that was used last is used next, so that few are ever opened. */
  readonly #idle: number[] = [];
  /** Sockets whose handshake ended as it began. */
  #ended: { readonly socket: number; readonly result: number }[] = [];
  #opened = 0;
  /** Inside of step: a close has to wait for its end, because it still looks at the memory. */
  #stepping = false;
  #limit: number;

  /** Throws SocketError when the system has no descriptor or the address is none. */
  constructor(native: Native, options: TcpPoolOptions) {
    this.#native = native;
    this.#options = options;
    this.#family = familyOf(options.address);
    this.#limit = options.sockets;
    this.#fds = new Int32Array(options.sockets);
    this.#ports = new Uint16Array(options.sockets);
    this.#arena = new Arena(native.sys, ARENA_BYTES);
    try {
      this.#target = this.#arena.take(SOCKET_ADDRESS_BYTES);
      this.#nowhere = this.#arena.take(SOCKET_ADDRESS_BYTES);
      this.#nowhere.data.setUint16(0, AF_UNSPEC, true);
      this.#errors = new ErrorQueue(native, this.#arena, 1);
      this.#targetBytes = writeSocketAddress(native, this.#target, 0, { address: options.address, port: 0 });
      this.#epoll = new Epoll(native, Epoll.memoryFor(this.#arena, EVENTS));
    } catch (error) {
      this.#arena.close();
      throw error;
    }
  }

  /** How many handshakes could be started now. */
  get room(): number {
    return this.#idle.length + this.#limit - this.#opened;
  }

  /** How many handshakes are under way. */
  get busy(): number {
    return this.#opened - this.#idle.length;
  }

  /**
   * Starts a handshake and gives the number by which it can be given up; undefined when no socket is to be had now.
   * Throws SocketError when not even one can be opened.
   */
  start(port: number): number | undefined {
    if (this.#limit === CLOSED) return undefined;
    const socket = this.#idle.pop() ?? this.#open();
    if (socket === undefined) return undefined;
    this.#ports[socket] = port;
    const result = this.#connect(socket, port);
    if (result !== -EINPROGRESS) this.#ended.push({ socket, result });
    return socket;
  }

  /**
   * Tells of the handshakes that have ended, waiting so long for the first when none has. True: more may have ended,
   * so that no deadline should be looked at before the next step.
   */
  step(timeoutMs: number): boolean {
    if (this.#stepping) throw new Error("step cannot be called from onVerdict");
    if (this.#limit === CLOSED) return false;
    this.#stepping = true;
    try {
      return this.#step(timeoutMs);
    } finally {
      this.#stepping = false;
      if (this.#limit === CLOSED) this.#freeAll();
    }
  }

  #step(timeoutMs: number): boolean {
    const ended = this.#ended;
    this.#ended = [];
    for (const { socket, result } of ended) if (this.#limit !== CLOSED) this.#conclude(socket, result);
    const count = this.#epoll.wait(ended.length > 0 ? 0 : timeoutMs);
    for (let event = 0; event < count && this.#limit !== CLOSED; event++) this.#ask(this.#epoll.key(event));
    return count === this.#epoll.capacity;
  }

  /** Ends a handshake. True when it had a verdict at the last moment, which was told. */
  giveUp(socket: number): boolean {
    if (this.#limit === CLOSED || this.#ports[socket] === IDLE || this.#ask(socket)) return true;
    this.#reset(socket);
    this.#release(socket);
    return false;
  }

  close(): void {
    if (this.#limit === CLOSED) return;
    this.#limit = CLOSED;
    if (!this.#stepping) this.#freeAll();
  }

  #freeAll(): void {
    for (let socket = 0; socket < this.#opened; socket++) closeSocket(this.#native, this.#fds[socket]!);
    this.#epoll.close();
    this.#arena.close();
  }

  #open(): number | undefined {
    if (this.#opened >= this.#limit) return undefined;
    let fd = -1;
    try {
      fd = openSocket(this.#native, "tcp", this.#family, this.#options);
      this.#epoll.add(fd, EPOLLIN | EPOLLOUT | EPOLLET, this.#opened);
    } catch (error) {
      if (fd >= 0) closeSocket(this.#native, fd);
      if (!(error instanceof SocketError) || this.#opened === 0) throw error;
      this.#limit = this.#opened;
      return undefined;
    }
    this.#fds[this.#opened] = fd;
    return this.#opened++;
  }

  #connect(socket: number, port: number): number {
    this.#target.data.setUint16(2, port, false);
    return this.#native.sys.connect(this.#fds[socket]!, this.#target.at, this.#targetBytes);
  }

  /** Asks how a handshake stands; true when it has ended, which was told. An idle socket would connect: it is not asked. */
  #ask(socket: number): boolean {
    const port = this.#ports[socket]!;
    return port !== IDLE && this.#conclude(socket, this.#connect(socket, port));
  }

  #conclude(socket: number, result: number): boolean {
    if (result === 0 || result === -EISCONN) {
      this.#reset(socket);
      this.#tell(socket, 0, undefined);
      return true;
    }
    const { errno, icmp } = this.#icmpFor(socket);
    if (result === -EALREADY || result === -EINPROGRESS) {
      // An error that came while the kernel had the socket locked is in the queue only.
      if (icmp === undefined) return false;
      this.#reset(socket);
      this.#tell(socket, errno, icmp);
    } else {
      this.#tell(socket, -result, icmp);
    }
    return true;
  }

  /** The ICMP error in the socket's queue; one for a port that it asked before is not for this one. */
  #icmpFor(socket: number): { readonly errno: number; readonly icmp: IcmpError | undefined } {
    while (this.#errors.readOne(this.#fds[socket]!)) {
      const icmp = this.#errors.port(0) === this.#ports[socket] ? this.#errors.icmp(0) : undefined;
      if (icmp !== undefined) return { errno: this.#errors.errno(0), icmp };
    }
    return NO_ICMP;
  }

  #tell(socket: number, errno: number, icmp: IcmpError | undefined): void {
    const port = this.#ports[socket]!;
    this.#release(socket);
    this.#options.onVerdict(port, errno, icmp);
  }

  #release(socket: number): void {
    this.#ports[socket] = IDLE;
    this.#idle.push(socket);
  }

  /** Ends what the socket does: a connection by a reset, a handshake without a word. */
  #reset(socket: number): void {
    this.#native.sys.connect(this.#fds[socket]!, this.#nowhere.at, SOCKET_ADDRESS_BYTES);
  }
}
