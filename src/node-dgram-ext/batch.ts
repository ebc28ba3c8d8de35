/**
 * One socket that sends and receives by the hundred: what UDP datagrams and raw TCP segments have in common. Its user
 * says what a message and an error mean.
 */
import { Arena, type Block } from "./arena.ts";
import type { IcmpError } from "./endpoint.ts";
import { ErrorQueue } from "./error-queue.ts";
import { MessageVector } from "./message-vector.ts";
import type { Native } from "./native.ts";
import { closeSocket } from "./socket.ts";
import { EAGAIN, ENOBUFS, EPERM, POLLFD_BYTES, POLLIN, POLLOUT } from "./sys.ts";

const SLOTS = 128;
/** What is read in one step, so that it ends under any storm. */
const READS_A_STEP = 32;
/** Headers, addresses and errors of one slot. */
const SLOT_BYTES = 1024;
/** How often sending is tried again while errors of earlier messages come back instead. */
const SEND_TRIES = 64;

export interface BatchShape {
  /** The longest message that will be sent. */
  readonly outgoingBytes: number;
  /** What of a message is kept; the rest of a longer one is lost. */
  readonly incomingBytes: number;
  /** Room for control messages with what comes in. */
  readonly controlBytes: number;
}

export interface BatchHandlers {
  onMessage(slot: number): void;
  /** An ICMP error in this slot of the error queue. */
  onIcmp(slot: number, icmp: IcmpError): void;
  /** Our own side does not let the message in this slot out. */
  onRefused(slot: number, errno: number): void;
}

export class Batch {
  readonly incoming: MessageVector;
  readonly outgoing: MessageVector;
  readonly errors: ErrorQueue;
  readonly #native: Native;
  readonly #handlers: BatchHandlers;
  readonly #arena: Arena;
  readonly #poll: Block;
  readonly #fd: number;
  /** Messages from #first to before #last wait to be sent. */
  #first = 0;
  #last = 0;
  #closed = false;
  /** Inside of flush or step: a close has to wait for their end, because they still look at the memory. */
  #working = false;

  /** Takes the descriptor over: it is closed with the batch, also when making the batch fails. */
  constructor(native: Native, fd: number, shape: BatchShape, handlers: BatchHandlers) {
    const { outgoingBytes, incomingBytes, controlBytes } = shape;
    this.#native = native;
    this.#handlers = handlers;
    this.#fd = fd;
    try {
      this.#arena = new Arena(native.sys, SLOTS * (outgoingBytes + incomingBytes + controlBytes + SLOT_BYTES));
    } catch (error) {
      closeSocket(native, fd);
      throw error;
    }
    this.outgoing = new MessageVector(this.#arena, { slots: SLOTS, dataBytes: outgoingBytes, controlBytes: 0 });
    this.incoming = new MessageVector(this.#arena, { slots: SLOTS, dataBytes: incomingBytes, controlBytes });
    this.errors = new ErrorQueue(native, this.#arena, SLOTS);
    this.#poll = this.#arena.take(POLLFD_BYTES);
    this.#poll.data.setInt32(0, fd, true);
  }

  /** How many messages can be added before the next flush. */
  get room(): number {
    return SLOTS - this.#last;
  }

  get slots(): number {
    return SLOTS;
  }

  /** The slot of one more message to send, to be filled by the caller. Throws RangeError when there is none. */
  add(): number {
    if (this.#closed || this.room === 0) throw new RangeError("no room in the batch: flush it");
    return this.#last++;
  }

  /** Sends what was added. Gives how much is left because the system's buffers are full; the next flush begins there. */
  flush(): number {
    return this.#work(() => this.#flush()) ?? 0;
  }

  #flush(): number {
    let refused = -1;
    for (let tries = 0; this.#first < this.#last && tries < SEND_TRIES && !this.#closed; tries++) {
      const sent = this.#native.sys.sendmmsg(this.#fd, this.outgoing.at(this.#first), this.#last - this.#first, 0);
      if (sent === -EAGAIN || sent === -ENOBUFS) break;
      if (sent > 0) this.#first += sent;
      // The number of no ICMP error: our own firewall refused this very message, and may have queued an error for it.
      else if (sent === -EPERM) this.#handlers.onRefused(this.#first++, EPERM);
      // The system may have told of an earlier message instead of sending this one: only what fails again with nothing
      // in the queue is this one's own.
      else if (this.#readErrors() > 0) continue;
      else if (refused !== this.#first) refused = this.#first;
      else this.#handlers.onRefused(this.#first++, -sent);
    }
    if (this.#first === this.#last) {
      this.#first = 0;
      this.#last = 0;
    }
    return this.#last - this.#first;
  }

  /**
   * Reads messages and errors, waiting so long for the first when none is there; while messages wait to be sent it
   * waits for room too. True: more may have come, so that no deadline should be looked at before the next step.
   */
  step(timeoutMs: number): boolean {
    return this.#work(() => this.#step(timeoutMs)) ?? false;
  }

  #step(timeoutMs: number): boolean {
    this.#poll.data.setInt16(4, this.#first < this.#last ? POLLIN | POLLOUT : POLLIN, true);
    if (this.#native.sys.poll(this.#poll.at, 1, timeoutMs) <= 0) return false;
    for (let reads = 0; reads < READS_A_STEP && !this.#closed; reads++) {
      // Errors first: one that waits is told to the next call instead of what that call is for.
      const moreErrors = this.#readErrors() === SLOTS;
      if (!this.#readMessages() && !moreErrors) return false;
    }
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#working) this.#release();
  }

  #work<T>(task: () => T): T | undefined {
    if (this.#working) throw new Error("flush and step cannot be called from a callback of theirs");
    if (this.#closed) return undefined;
    this.#working = true;
    try {
      return task();
    } finally {
      this.#working = false;
      if (this.#closed) this.#release();
    }
  }

  #release(): void {
    closeSocket(this.#native, this.#fd);
    this.#arena.close();
  }

  #readErrors(): number {
    const count = this.errors.read(this.#fd);
    for (let slot = 0; slot < count && !this.#closed; slot++) {
      const icmp = this.errors.icmp(slot);
      // What our own side refused was told to the call that asked for it.
      if (icmp !== undefined) this.#handlers.onIcmp(slot, icmp);
    }
    return count;
  }

  /** True when more may wait. */
  #readMessages(): boolean {
    const count = this.#native.sys.recvmmsg(this.#fd, this.incoming.at(0), SLOTS, 0);
    for (let slot = 0; slot < count && !this.#closed; slot++) this.#handlers.onMessage(slot);
    this.incoming.makeRoom(0, Math.max(0, count));
    return count === SLOTS || (count < 0 && count !== -EAGAIN);
  }
}
