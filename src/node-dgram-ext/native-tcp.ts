/**
 * A TCP connection by system call up to the end of its handshake, so that an ICMP error which ends it is seen with its
 * type, code and sender; then the descriptor becomes a socket of Node's.
 */
import { Socket } from "node:net";
import type { Endpoint, IcmpError } from "./endpoint.ts";
import type { ErrorQueue } from "./error-queue.ts";
import type { Native } from "./native.ts";
import { closeSocket, connectSocket, dropErrorQueue, localEndpoint, openSocket } from "./socket.ts";
import { familyOf } from "./socket-address.ts";
import { SocketError } from "./socket-error.ts";
import { EALREADY, EINPROGRESS, EISCONN, EPOLLOUT } from "./sys.ts";
import { ABORTED, type ConnectTcp, type TcpConnected, type TcpFailed } from "./tcp.ts";
import type { Watch, Watcher } from "./watcher.ts";

export function nativeTcp(native: Native, watcher: Watcher, errors: ErrorQueue): ConnectTcp {
  return async (options) => {
    let fd = -1;
    try {
      fd = openSocket(native, "tcp", familyOf(options.address), options);
      const handshake = new Handshake(native, errors, fd, options);
      const failed = await untilEnded(handshake, watcher, options.signal);
      if (failed === undefined) return handshake.handOver();
      closeSocket(native, fd);
      return failed;
    } catch (error) {
      if (fd >= 0) closeSocket(native, fd);
      if (error instanceof SocketError) return { code: error.code, syscall: error.syscall, errorQueue: true };
      throw error;
    }
  };
}

/** Resolves with undefined once connected, else with why not. Throws SocketError when the socket cannot be watched. */
function untilEnded(
  handshake: Handshake,
  watcher: Watcher,
  signal: AbortSignal | undefined,
): Promise<TcpFailed | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return resolve(handshake.failure(ABORTED));
    if (handshake.ended()) return resolve(handshake.failed);
    let watch: Watch | undefined;
    const settle = (failed: TcpFailed | undefined): void => {
      watch?.end();
      signal?.removeEventListener("abort", abort);
      resolve(failed);
    };
    const onEvents = (): void => {
      if (handshake.ended()) settle(handshake.failed);
    };
    // What came in time counts, also when the event loop had no turn to tell of it before the deadline.
    const abort = (): void => settle(handshake.ended() ? handshake.failed : handshake.failure(ABORTED));
    try {
      // Errors and hang-ups are told without being asked for.
      watch = watcher.watch(handshake.fd, EPOLLOUT, onEvents);
      signal?.addEventListener("abort", abort, { once: true });
    } catch (error) {
      reject(error);
    }
  });
}

class Handshake {
  readonly fd: number;
  /** Why there will be no connection, once the handshake ended without one. */
  failed: TcpFailed | undefined;
  readonly #native: Native;
  readonly #errors: ErrorQueue;
  readonly #to: Endpoint;
  /** Noted while the handshake goes on: the kernel forgets it when it fails. */
  #local: Endpoint | undefined;

  constructor(native: Native, errors: ErrorQueue, fd: number, to: Endpoint) {
    this.#native = native;
    this.#errors = errors;
    this.fd = fd;
    this.#to = to;
  }

  /** Starts the handshake, or asks how it stands. */
  ended(): boolean {
    const result = connectSocket(this.#native, this.fd, this.#to);
    if (result === 0 || result === -EISCONN) return true;
    const goesOn = result === -EINPROGRESS || result === -EALREADY;
    if (goesOn) this.#local ??= localEndpoint(this.#native, this.fd);
    const queued = this.#firstIcmp();
    // An error that came while the kernel had the socket locked is in the queue only, and the handshake seems to go on.
    if (goesOn && queued === undefined) return false;
    const code = this.#native.sys.errorName(goesOn && queued !== undefined ? queued.errno : result);
    this.failed = { ...this.failure(code), ...(queued !== undefined && { icmp: queued.icmp }) };
    return true;
  }

  failure(code: string): TcpFailed {
    return { code, syscall: "connect", errorQueue: true, ...(this.#local !== undefined && { local: this.#local }) };
  }

  /** Node reads no error queue, and would be woken for ever by what is in it: that ends here. */
  handOver(): TcpConnected {
    dropErrorQueue(this.#native, this.fd, familyOf(this.#to.address));
    const local = localEndpoint(this.#native, this.fd) ?? { address: "", port: 0 };
    const socket = new Socket({ fd: this.fd, readable: true, writable: true });
    this.#native.arena.letGo();
    return { socket, local, errorQueue: true };
  }

  #firstIcmp(): { readonly errno: number; readonly icmp: IcmpError } | undefined {
    const count = this.#errors.read(this.fd);
    for (let slot = 0; slot < count; slot++) {
      const icmp = this.#errors.icmp(slot);
      if (icmp !== undefined) return { errno: this.#errors.errno(slot), icmp };
    }
    return undefined;
  }
}
