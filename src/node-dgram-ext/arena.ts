/**
 * Memory for system calls. V8 may move a buffer, and the kernel would then write where it was; so everything that a
 * call is handed lies in pages that are mapped once, seen from JavaScript through views, and given back when their last user is done.
 */
import type { Sys } from "./sys.ts";

/** A piece of an arena. It must not be touched by whoever does not hold the arena: its pages may be gone. */
export interface Block {
  /** Where it lies, as the kernel knows it. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly data: DataView;
}

/** Cache lines: no structure of the kernel wants more. */
const ALIGNMENT = 64;

export class Arena {
  readonly #sys: Sys;
  readonly #at: number;
  readonly #length: number;
  readonly #memory: ArrayBuffer;
  #used = 0;
  /** Whoever still hands pieces of it to the kernel; the owner is one of them until it closes. */
  #users = 1;
  #closed = false;

  /** Maps so many bytes; pages that nobody touches cost nothing. Throws when the kernel has none to give. */
  constructor(sys: Sys, length: number) {
    this.#sys = sys;
    this.#length = length;
    this.#at = sys.mmap(length);
    if (this.#at === -1) throw new RangeError(`the system gives no ${length} bytes of memory`);
    this.#memory = sys.view(this.#at, length);
  }

  /** The next free piece, zeroed. It stays taken until the arena is closed. */
  take(length: number): Block {
    const start = this.#used;
    if (this.#closed || start + length > this.#length) throw new RangeError(`the arena has no ${length} bytes left`);
    this.#used = start + Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    return {
      at: this.#at + start,
      bytes: new Uint8Array(this.#memory, start, length),
      data: new DataView(this.#memory, start, length),
    };
  }

  /** Keeps the pages mapped for one more user, until it lets go. False once the arena was closed. */
  hold(): boolean {
    if (!this.#closed) this.#users++;
    return !this.#closed;
  }

  letGo(): void {
    if (--this.#users === 0) this.#sys.munmap(this.#at, this.#length);
  }

  /** Gives the pages back as soon as nobody holds them. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.letGo();
  }
}
