/**
 * Sockets on Node's event loop. All of them are registered with one epoll descriptor, and libuv watches that one: it
 * would stop watching a socket whose error queue holds something, and a descriptor of ours is all it has to know.
 * Nothing is polled and no thread waits. The watcher exists only while something is watched.
 */
import type { Block } from "./arena.ts";
import type { Native } from "./native.ts";
import { SocketError } from "./socket-error.ts";
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, type Poll } from "./sys.ts";

const EVENTS_MAX = 64;

/** One socket under watch. */
export interface Watch {
  /** Waits for other events from now on. */
  change(events: number): void;
  /** Before the socket is closed or given away. */
  end(): void;
}

export class Watcher {
  readonly #native: Native;
  readonly #events: Block;
  readonly #layout: EventLayout;
  /** By a number that is never used again, so that an event of a closed socket finds nobody. */
  readonly #handlers = new Map<number, () => void>();
  #next = 1;
  #epoll = -1;
  #poll: Poll | undefined;

  constructor(native: Native, layout: EventLayout) {
    this.#native = native;
    this.#layout = layout;
    this.#events = native.arena.take(EVENTS_MAX * layout.bytes);
  }

  /**
   * Calls the handler in every turn of the event loop in which one of the events holds. Throws SocketError when no descriptor is left to watch with.
   */
  watch(fd: number, events: number, onEvents: () => void): Watch {
    this.#open();
    const key = this.#next++;
    const control = (operation: number, wanted: number): number => {
      this.#events.data.setUint32(0, wanted, true);
      this.#events.data.setUint32(this.#layout.dataAt, key, true);
      return this.#native.sys.epollControl(this.#epoll, operation, fd, this.#events.at);
    };
    const added = control(EPOLL_CTL_ADD, events);
    if (added < 0) {
      this.#closeIfIdle();
      throw new SocketError(this.#native.sys.errorName(added), "socket");
    }
    this.#handlers.set(key, onEvents);
    return {
      change: (wanted) => control(EPOLL_CTL_MOD, wanted),
      end: () => {
        if (!this.#handlers.delete(key)) return;
        control(EPOLL_CTL_DEL, 0);
        this.#closeIfIdle();
      },
    };
  }

  #open(): void {
    if (this.#epoll >= 0) return;
    const epoll = this.#native.sys.epollCreate();
    if (epoll < 0) throw new SocketError(this.#native.sys.errorName(epoll), "socket");
    try {
      this.#poll = this.#native.sys.poll(epoll, this.#dispatch);
      this.#epoll = epoll;
    } catch (error) {
      this.#native.sys.close(epoll);
      throw error;
    }
  }

  #closeIfIdle(): void {
    if (this.#handlers.size > 0) return;
    this.#poll?.close();
    this.#poll = undefined;
    this.#native.sys.close(this.#epoll);
    this.#epoll = -1;
  }

  /**
   * Handlers run at once, so that a deadline which is looked at after this turn of the loop finds everything read.
   * koffi calls us outside of what Node opens around its own callbacks: promises that handlers resolve, and errors that
   * they throw, are seen to by an immediate.
   */
  readonly #dispatch = (): void => {
    let failure: (() => never) | undefined;
    try {
      for (const key of this.#ready()) this.#handlers.get(key)?.();
    } catch (error) {
      failure = () => {
        throw error;
      };
    }
    setImmediate(failure ?? (() => {}));
  };

  #ready(): readonly number[] {
    const count = this.#native.sys.epollWait(this.#epoll, this.#events.at, EVENTS_MAX, 0);
    const { bytes, dataAt } = this.#layout;
    return Array.from({ length: Math.max(0, count) }, (_, event) =>
      this.#events.data.getUint32(event * bytes + dataAt, true),
    );
  }
}

/** `struct epoll_event` is packed on x64 and on no other architecture. */
export interface EventLayout {
  readonly bytes: number;
  readonly dataAt: number;
}

export function eventLayoutOf(architecture: string): EventLayout {
  return architecture === "x64" ? { bytes: 12, dataAt: 4 } : { bytes: 16, dataAt: 8 };
}
