/**
 * The error queue of a socket (ip(7), IP_RECVERR): the kernel keeps there each ICMP error that met what the socket
 * sent, with its type, its code, its sender, and the destination of the packet that caused it.
 */
import type { Arena } from "./arena.ts";
import type { Endpoint, IcmpError } from "./endpoint.ts";
import { MessageVector } from "./message-vector.ts";
import type { Native } from "./native.ts";
import { readSocketAddress } from "./socket-address.ts";
import { IP_RECVERR, IPPROTO_IP, IPPROTO_IPV6, IPV6_RECVERR, MSG_ERRQUEUE } from "./sys.ts";

/** Of the packet that caused the error: IP and TCP header. */
const DATA_BYTES = 64;
const CONTROL_BYTES = 256;
/** `struct sock_extended_err`, after which the sender's address stands. */
const EXTENDED_ERROR_BYTES = 16;
const ORIGIN_AT = 4;
const TYPE_AT = 5;
const CODE_AT = 6;
const ORIGIN_ICMP = 2;
const ORIGIN_ICMP6 = 3;

export class ErrorQueue {
  readonly #native: Native;
  readonly #vector: MessageVector;
  #used: number;

  /** Room for so many errors a read, taken from the arena. */
  constructor(native: Native, arena: Arena, slots: number) {
    this.#native = native;
    this.#vector = new MessageVector(arena, { slots, dataBytes: DATA_BYTES, controlBytes: CONTROL_BYTES });
    this.#used = 0;
  }

  /** Takes errors out of the socket's queue; gives how many, 0 when none is left. They stay until the next read. */
  read(fd: number): number {
    this.#vector.makeRoom(0, this.#used);
    const count = this.#native.sys.recvmmsg(fd, this.#vector.at(0), this.#vector.shape.slots, MSG_ERRQUEUE);
    this.#used = Math.max(0, count);
    return this.#used;
  }

  /** Takes one error; true when there was one. Cheaper than `read` where hardly ever one is expected. */
  readOne(fd: number): boolean {
    this.#vector.makeRoom(0, this.#used);
    this.#used = this.#native.sys.recvmsg(fd, this.#vector.at(0), MSG_ERRQUEUE) < 0 ? 0 : 1;
    return this.#used > 0;
  }

  /** The error number, as the calls on the socket would give it. 0 when the kernel gave none. */
  errno(slot: number): number {
    const at = this.#extendedError(slot);
    return at === undefined ? 0 : this.#vector.control.data.getUint32(at, true);
  }

  /** The ICMP error and its sender. Undefined for an error of our own side, for instance a datagram too long. */
  icmp(slot: number): IcmpError | undefined {
    const at = this.#extendedError(slot);
    const { control } = this.#vector;
    if (at === undefined) return undefined;
    const origin = control.data.getUint8(at + ORIGIN_AT);
    if (origin !== ORIGIN_ICMP && origin !== ORIGIN_ICMP6) return undefined;
    const from = readSocketAddress(this.#native, control, at + EXTENDED_ERROR_BYTES);
    if (from === undefined) return undefined;
    return {
      type: control.data.getUint8(at + TYPE_AT),
      code: control.data.getUint8(at + CODE_AT),
      from: from.address,
    };
  }

  /** Where the packet was going that caused the error. */
  destination(slot: number): Endpoint | undefined {
    return readSocketAddress(this.#native, this.#vector.names, this.#vector.nameOf(slot));
  }

  /** The destination's port alone. */
  port(slot: number): number {
    return this.#vector.names.data.getUint16(this.#vector.nameOf(slot) + 2, false);
  }

  /** The beginning of the packet that caused the error, good until the next read. */
  packet(slot: number): DataView {
    const { data } = this.#vector;
    const length = Math.min(this.#vector.moved(slot), DATA_BYTES);
    return new DataView(data.data.buffer, data.data.byteOffset + this.#vector.dataOf(slot), length);
  }

  /** Offset of the extended error among the control messages of a slot. */
  #extendedError(slot: number): number | undefined {
    const vector = this.#vector;
    return (
      vector.controlData(slot, IPPROTO_IP, IP_RECVERR, EXTENDED_ERROR_BYTES) ??
      vector.controlData(slot, IPPROTO_IPV6, IPV6_RECVERR, EXTENDED_ERROR_BYTES)
    );
  }
}
