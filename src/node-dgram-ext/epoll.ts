/** An epoll descriptor, and the events that one wait brought. */
import type { Arena, Block } from "./arena.ts";
import type { Native } from "./native.ts";
import { SocketError } from "./socket-error.ts";
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EVENT_BYTES_MAX } from "./sys.ts";

export class Epoll {
  readonly fd: number;
  /** How many events one wait brings at most. */
  readonly capacity: number;
  readonly #native: Native;
  readonly #events: Block;

  /** `events` comes from memoryFor(). Throws SocketError when no descriptor is left. */
  constructor(native: Native, events: Block) {
    const fd = native.sys.epollCreate();
    if (fd < 0) throw new SocketError(native.sys.errorName(fd), "socket");
    this.fd = fd;
    this.#native = native;
    this.#events = events;
    this.capacity = events.bytes.length / EVENT_BYTES_MAX - 1;
  }

  /** Memory for so many events, to be used by one epoll descriptor at a time. */
  static memoryFor(arena: Arena, capacity: number): Block {
    // One more, to say what is watched without touching the events of the last wait.
    return arena.take((capacity + 1) * EVENT_BYTES_MAX);
  }

  /** Watches a socket; its events carry the key. Throws SocketError. */
  add(fd: number, events: number, key: number): void {
    const result = this.#control(EPOLL_CTL_ADD, fd, events, key);
    if (result < 0) throw new SocketError(this.#native.sys.errorName(result), "socket");
  }

  change(fd: number, events: number, key: number): void {
    this.#control(EPOLL_CTL_MOD, fd, events, key);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /** Waits for events; gives how many there are. Their keys stay until the next wait. */
  wait(timeoutMs: number): number {
    return Math.max(0, this.#native.sys.epollWait(this.fd, this.#events.at, this.capacity, timeoutMs));
  }

  key(event: number): number {
    const { bytes, dataAt } = this.#native.eventLayout;
    return this.#events.data.getUint32(event * bytes + dataAt, true);
  }

  close(): void {
    this.#native.sys.close(this.fd);
  }

  #control(operation: number, fd: number, events: number, key: number): number {
    const offset = this.capacity * EVENT_BYTES_MAX;
    this.#events.data.setUint32(offset, events, true);
    this.#events.data.setUint32(offset + this.#native.eventLayout.dataAt, key, true);
    return this.#native.sys.epollControl(this.fd, operation, fd, this.#events.at + offset);
  }
}
