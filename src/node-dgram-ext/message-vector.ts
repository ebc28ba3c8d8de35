/**
 * A vector of `struct mmsghdr`, built once and used for every call: each slot has an address, bytes and, where it is
 * wanted, room for control messages, all in the arena. Layout of 64-bit Linux.
 */
import type { Arena, Block } from "./arena.ts";
import { SOCKET_ADDRESS_BYTES } from "./sys.ts";

const SLOT_BYTES = 64;
const NAME_AT = 0;
const NAME_LENGTH_AT = 8;
const VECTOR_AT = 16;
const VECTOR_LENGTH_AT = 24;
const CONTROL_AT = 32;
const CONTROL_LENGTH_AT = 40;
const FLAGS_AT = 48;
/** After the 56 bytes of `struct msghdr`: how many bytes were moved. */
const MOVED_AT = 56;
const IOVEC_BYTES = 16;
const NAME_STRIDE = 32;
/** `struct cmsghdr`: length (64 bits), level, type. */
const CONTROL_HEADER_BYTES = 16;

export interface VectorShape {
  readonly slots: number;
  /** Room for the bytes of one message. */
  readonly dataBytes: number;
  /** Room for control messages; 0 for none. */
  readonly controlBytes: number;
}

export class MessageVector {
  readonly shape: VectorShape;
  readonly names: Block;
  readonly data: Block;
  readonly control: Block;
  readonly #headers: Block;
  readonly #iovecs: Block;

  constructor(arena: Arena, shape: VectorShape) {
    const { slots, dataBytes, controlBytes } = shape;
    this.shape = shape;
    this.#headers = arena.take(slots * SLOT_BYTES);
    this.#iovecs = arena.take(slots * IOVEC_BYTES);
    this.names = arena.take(slots * NAME_STRIDE);
    this.data = arena.take(slots * dataBytes);
    this.control = arena.take(slots * controlBytes);
    for (let slot = 0; slot < slots; slot++) {
      const header = slot * SLOT_BYTES;
      setPointer(this.#headers, header + NAME_AT, this.names.at + slot * NAME_STRIDE);
      setPointer(this.#headers, header + VECTOR_AT, this.#iovecs.at + slot * IOVEC_BYTES);
      setPointer(this.#headers, header + VECTOR_LENGTH_AT, 1);
      setPointer(this.#headers, header + CONTROL_AT, controlBytes === 0 ? 0 : this.control.at + slot * controlBytes);
      setPointer(this.#iovecs, slot * IOVEC_BYTES, this.data.at + slot * dataBytes);
    }
    this.makeRoom(0, slots);
  }

  /** Where the kernel finds a slot, and those after it. */
  at(slot: number): number {
    return this.#headers.at + slot * SLOT_BYTES;
  }

  /** Readies slots for receiving: the kernel wrote over the lengths when it used them last. */
  makeRoom(from: number, to: number): void {
    for (let slot = from; slot < to; slot++) {
      const header = slot * SLOT_BYTES;
      this.#headers.data.setUint32(header + NAME_LENGTH_AT, SOCKET_ADDRESS_BYTES, true);
      setPointer(this.#headers, header + CONTROL_LENGTH_AT, this.shape.controlBytes);
      setPointer(this.#iovecs, slot * IOVEC_BYTES + 8, this.shape.dataBytes);
    }
  }

  /** Sets how many bytes of a slot are to be sent, and how long its address is (0: the socket is connected). */
  setLengths(slot: number, dataBytes: number, nameBytes: number): void {
    this.#headers.data.setUint32(slot * SLOT_BYTES + NAME_LENGTH_AT, nameBytes, true);
    setPointer(this.#headers, slot * SLOT_BYTES + CONTROL_LENGTH_AT, 0);
    setPointer(this.#iovecs, slot * IOVEC_BYTES + 8, dataBytes);
  }

  /** Offset of a slot's address in `names`. */
  nameOf(slot: number): number {
    return slot * NAME_STRIDE;
  }

  /** Offset of a slot's bytes in `data`. */
  dataOf(slot: number): number {
    return slot * this.shape.dataBytes;
  }

  /** Offset of a slot's control messages in `control`. */
  controlOf(slot: number): number {
    return slot * this.shape.controlBytes;
  }

  /** How many bytes the kernel moved in this slot. */
  moved(slot: number): number {
    return this.#headers.data.getUint32(slot * SLOT_BYTES + MOVED_AT, true);
  }

  flags(slot: number): number {
    return this.#headers.data.getUint32(slot * SLOT_BYTES + FLAGS_AT, true);
  }

  /**
   * Offset in `control` of what the kernel tells of a slot in a control message of this kind (cmsg(3)), where there are
   * at least so many bytes of it; undefined when it told nothing.
   */
  controlData(slot: number, level: number, type: number, bytes: number): number | undefined {
    const { data } = this.control;
    const length = this.#headers.data.getUint32(slot * SLOT_BYTES + CONTROL_LENGTH_AT, true);
    const end = this.controlOf(slot) + Math.min(length, this.shape.controlBytes);
    for (let at = this.controlOf(slot); at + CONTROL_HEADER_BYTES + bytes <= end; ) {
      if (data.getUint32(at + 8, true) === level && data.getUint32(at + 12, true) === type) {
        return at + CONTROL_HEADER_BYTES;
      }
      at += Math.max(CONTROL_HEADER_BYTES, Math.ceil(data.getUint32(at, true) / 8) * 8);
    }
    return undefined;
  }
}

/** Pointers and `size_t` are 64 bits wide; both stay far below 2^53 here. */
function setPointer(block: Block, offset: number, value: number): void {
  block.data.setUint32(offset, value % 2 ** 32, true);
  block.data.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}
