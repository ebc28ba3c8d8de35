/**
 * Datagrams by the hundred to the ports of one address, over one socket, and what comes of them: answers, and ICMP
 * errors with the port that they are for. Everything happens inside the caller's own calls; nothing is on Node's event
 * loop.
 */
import { Batch } from "./batch.ts";
import type { Endpoint, IcmpError } from "./endpoint.ts";
import type { Native } from "./native.ts";
import { getOption, localEndpoint, openSocket, type SocketOptions } from "./socket.ts";
import { familyOf, readSocketAddress, writeSocketAddress } from "./socket-address.ts";
import { SO_RCVBUF, SOL_SOCKET } from "./sys.ts";

export interface UdpBatchOptions extends SocketOptions {
  readonly address: string;
  /** The longest datagram that will be sent. */
  readonly payloadBytes: number;
  /** What of an answer is looked at; the rest of a longer one is lost. */
  readonly answerBytes: number;
  /**
   * An answer from a port. `from` is there only when another address than the one that was asked sent it. The bytes are
   * good until the callback returns. This and onError are called during `flush` and `step`, and must not call them.
   */
  onAnswer(port: number, bytes: Uint8Array, from: string | undefined): void;
  /** Why a datagram to a port did not arrive: the error number, and the ICMP error where one came. */
  onError(port: number, errno: number, icmp: IcmpError | undefined): void;
}

const PORT_AT = 2;

export class UdpBatch {
  readonly local: Endpoint;
  /** What the system gave for datagrams that wait to be read, room for its own records included. */
  readonly receiveBufferBytes: number;
  readonly #native: Native;
  readonly #options: UdpBatchOptions;
  readonly #batch: Batch;
  readonly #nameBytes: number;

  /** Throws SocketError when there is no socket to be had. */
  constructor(native: Native, options: UdpBatchOptions) {
    const { address, payloadBytes, answerBytes } = options;
    this.#native = native;
    this.#options = options;
    const fd = openSocket(native, "udp", familyOf(address), options);
    this.local = localEndpoint(native, fd) ?? { address: "", port: 0 };
    this.receiveBufferBytes = getOption(native, fd, SOL_SOCKET, SO_RCVBUF);
    const shape = { outgoingBytes: payloadBytes, incomingBytes: answerBytes, controlBytes: 0 };
    this.#batch = new Batch(native, fd, shape, {
      onMessage: (slot) => this.#onMessage(slot),
      onIcmp: (slot, icmp) => options.onError(this.#batch.errors.port(slot), this.#batch.errors.errno(slot), icmp),
      onRefused: (slot, errno) => options.onError(this.#portOf(slot), errno, undefined),
    });
    this.#nameBytes = this.#writeNames();
  }

  /** How many datagrams can be added before the next flush. */
  get room(): number {
    return this.#batch.room;
  }

  /** Adds a datagram to what the next flush sends. Throws RangeError when there is no room for it. */
  add(port: number, payload: Uint8Array): void {
    const { outgoing } = this.#batch;
    if (payload.length > outgoing.shape.dataBytes) throw new RangeError("the datagram is longer than was said");
    const slot = this.#batch.add();
    outgoing.names.data.setUint16(outgoing.nameOf(slot) + PORT_AT, port, false);
    outgoing.data.bytes.set(payload, outgoing.dataOf(slot));
    outgoing.setLengths(slot, payload.length, this.#nameBytes);
  }

  /** Sends what was added. Gives how much is left because the system's buffers are full; the next flush begins there. */
  flush(): number {
    return this.#batch.flush();
  }

  /**
   * Reads answers and errors, waiting so long for the first when none is there. True: more may have come, so that no
   * deadline should be looked at before the next step.
   */
  step(timeoutMs: number): boolean {
    return this.#batch.step(timeoutMs);
  }

  close(): void {
    this.#batch.close();
  }

  /** Writes the address into every slot once; what changes is the port. Gives its length. */
  #writeNames(): number {
    const { outgoing, slots } = this.#batch;
    const target = { address: this.#options.address, port: 0 };
    let length = 0;
    for (let slot = 0; slot < slots; slot++) {
      length = writeSocketAddress(this.#native, outgoing.names, outgoing.nameOf(slot), target);
    }
    return length;
  }

  #portOf(slot: number): number {
    const { outgoing } = this.#batch;
    return outgoing.names.data.getUint16(outgoing.nameOf(slot) + PORT_AT, false);
  }

  #onMessage(slot: number): void {
    const { incoming } = this.#batch;
    const name = incoming.nameOf(slot);
    const start = incoming.dataOf(slot);
    const port = incoming.names.data.getUint16(name + PORT_AT, false);
    const bytes = incoming.data.bytes.subarray(start, start + incoming.moved(slot));
    const from = this.#isTarget(name) ? undefined : readSocketAddress(this.#native, incoming.names, name)?.address;
    this.#options.onAnswer(port, bytes, from);
  }

  /** Whether the address at this offset of the incoming names is the one that is asked; its port does not matter. */
  #isTarget(name: number): boolean {
    const asked = this.#batch.outgoing.names.bytes;
    const heard = this.#batch.incoming.names.bytes;
    for (let at = 0; at < this.#nameBytes; at++) {
      if (at !== PORT_AT && at !== PORT_AT + 1 && heard[name + at] !== asked[at]) return false;
    }
    return true;
  }
}
