/**
 * Sockets on Node's event loop. All of them are registered with one epoll descriptor, and libuv watches that one: it
 * would stop watching a socket whose error queue holds something, and a descriptor of ours is all it has to know.
 * Nothing is polled and no thread waits. The epoll descriptor exists only while something is watched.
 */
import type { Block } from "./arena.ts";
import { Epoll } from "./epoll.ts";
import type { Native } from "./native.ts";
import type { LoopWatch, Sys } from "./sys.ts";

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
  readonly #watch: NonNullable<Sys["watch"]>;
  readonly #memory: Block;
  /** By a number that is never used again, so that an event of a closed socket finds nobody. */
  readonly #handlers = new Map<number, () => void>();
  #next = 1;
  #open: { readonly epoll: Epoll; readonly loop: LoopWatch } | undefined;

  constructor(native: Native, watch: NonNullable<Sys["watch"]>) {
    this.#native = native;
    this.#watch = watch;
    this.#memory = Epoll.memoryFor(native.arena, EVENTS_MAX);
  }

  /**
   * Calls the handler in every turn of the event loop in which one of the events holds. Throws SocketError when no
   * descriptor is left to watch with.
   */
  watch(fd: number, events: number, onEvents: () => void): Watch {
    this.#open ??= this.#start();
    const { epoll } = this.#open;
    const key = this.#next++;
    try {
      epoll.add(fd, events, key);
      this.#handlers.set(key, onEvents);
    } finally {
      this.#stopIfIdle();
    }
    return {
      change: (wanted) => epoll.change(fd, wanted, key),
      end: () => {
        if (!this.#handlers.delete(key)) return;
        epoll.remove(fd);
        this.#stopIfIdle();
      },
    };
  }

  #start(): { readonly epoll: Epoll; readonly loop: LoopWatch } {
    const epoll = new Epoll(this.#native, this.#memory);
    try {
      return { epoll, loop: this.#watch(epoll.fd, this.#dispatch) };
    } catch (error) {
      epoll.close();
      throw error;
    }
  }

  #stopIfIdle(): void {
    if (this.#handlers.size > 0 || this.#open === undefined) return;
    this.#open.loop.close();
    this.#open.epoll.close();
    this.#open = undefined;
  }

  /**
   * Handlers run at once, so that a deadline which is looked at after this turn of the loop finds everything read.
   * koffi calls us outside of what Node opens around its own callbacks: promises that handlers resolve, and errors that
   * they throw, are seen to by an immediate.
   */
  readonly #dispatch = (): void => {
    let afterwards = (): void => {};
    try {
      for (const key of this.#ready()) this.#handlers.get(key)?.();
    } catch (error) {
      afterwards = () => {
        throw error;
      };
    }
    setImmediate(afterwards);
  };

  #ready(): readonly number[] {
    const { epoll } = this.#open ?? {};
    if (epoll === undefined) return [];
    return Array.from({ length: epoll.wait(0) }, (_, event) => epoll.key(event));
  }
}
