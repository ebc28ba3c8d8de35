/**
 * SYNs by the hundred to the ports of one address, over one raw socket (CAP_NET_RAW), and what comes of them: a SYN-ACK,
 * which the kernel resets because it knows nothing of it, a reset, or an ICMP error. Of an answer it tells the hop limit
 * too: a reset that came from elsewhere often bears another. Everything happens inside the caller's own calls.
 */
import { Batch } from "./batch.ts";
import type { Endpoint, IcmpError } from "./endpoint.ts";
import type { Native } from "./native.ts";
import {
  bindSocket,
  closeSocket,
  connectSocket,
  localEndpoint,
  openSocket,
  type SocketOptions,
  setOption,
} from "./socket.ts";
import { addressBytes, type Family, familyOf } from "./socket-address.ts";
import { SocketError } from "./socket-error.ts";
import { IPPROTO_IPV6, IPV6_RECVHOPLIMIT } from "./sys.ts";
import { ACK, pseudoHeaderSum, RST, readSegment, SYN, SYN_BYTES, TCP_HEADER_BYTES, writeSyn } from "./tcp-segment.ts";

export interface SynBatchOptions extends Omit<SocketOptions, "sourcePort"> {
  readonly address: string;
  /** 32 random bits: whoever has not seen a SYN cannot answer it. */
  readonly seed: number;
  /**
   * An answer to a SYN, with the hops that it had left. This and onError are called during `flush` and `step`, and must
   * not call them.
   */
  onAnswer(port: number, answer: "syn-ack" | "reset", hopLimit: number): void;
  /** Why a SYN did not arrive: the error number, and the ICMP error where one came. */
  onError(port: number, errno: number, icmp: IcmpError | undefined): void;
}

const SHAPE = { outgoingBytes: SYN_BYTES, incomingBytes: 128, controlBytes: 64 };
const CONTROL_HEADER_BYTES = 16;
const IPV4_HOP_LIMIT_AT = 8;
/** Spreads the ports over the sequence numbers: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;

export class SynBatch {
  readonly local: Endpoint;
  readonly #native: Native;
  readonly #options: SynBatchOptions;
  readonly #family: Family;
  readonly #batch: Batch;
  /** A TCP socket that does nothing: no other can have its port while it lives. */
  #reserved: number;
  readonly #pseudoHeader: number;

  /** Throws SocketError: EPERM without CAP_NET_RAW, ENETUNREACH without a route. */
  constructor(native: Native, options: SynBatchOptions) {
    this.#native = native;
    this.#options = options;
    this.#family = familyOf(options.address);
    const fd = openRaw(native, options);
    try {
      this.#reserved = reservePort(native, fd, this.#family);
    } catch (error) {
      closeSocket(native, fd);
      throw error;
    }
    this.local = localEndpoint(native, this.#reserved) ?? { address: "", port: 0 };
    this.#pseudoHeader = pseudoHeaderSum(
      addressBytes(native, this.local.address),
      addressBytes(native, options.address),
    );
    this.#batch = new Batch(native, fd, SHAPE, {
      onMessage: (slot) => this.#onMessage(slot),
      onIcmp: (slot, icmp) => this.#onIcmp(slot, icmp),
      onRefused: (slot, errno) => options.onError(this.#portOf(slot), errno, undefined),
    });
  }

  /** How many SYNs can be added before the next flush. */
  get room(): number {
    return this.#batch.room;
  }

  /** Adds a SYN to what the next flush sends. Throws RangeError when there is no room for it. */
  add(port: number): void {
    const slot = this.#batch.add();
    const { outgoing } = this.#batch;
    const ports = { source: this.local.port, target: port };
    writeSyn(outgoing.data, outgoing.dataOf(slot), ports, this.#sequence(port), this.#pseudoHeader);
    outgoing.setLengths(slot, SYN_BYTES, 0);
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
    if (this.#reserved >= 0) closeSocket(this.#native, this.#reserved);
    this.#reserved = -1;
  }

  #sequence(port: number): number {
    return (this.#options.seed + Math.imul(port, SPREAD)) >>> 0;
  }

  #portOf(slot: number): number {
    const { outgoing } = this.#batch;
    return outgoing.data.data.getUint16(outgoing.dataOf(slot) + 2, false);
  }

  #onMessage(slot: number): void {
    const { incoming } = this.#batch;
    const start = incoming.dataOf(slot);
    // Over IPv4 a raw socket is given the IP header too, over IPv6 it is not (RFC 3542 section 3).
    const header = this.#family === 4 ? (incoming.data.data.getUint8(start) & 0x0f) * 4 : 0;
    if (incoming.moved(slot) < header + TCP_HEADER_BYTES) return;
    const { sourcePort, targetPort, acknowledged, flags } = readSegment(incoming.data.data, start + header);
    const isOurs = targetPort === this.local.port && acknowledged === (this.#sequence(sourcePort) + 1) >>> 0;
    if ((flags & ACK) === 0 || !isOurs) return;
    const hopLimit =
      this.#family === 4
        ? incoming.data.data.getUint8(start + IPV4_HOP_LIMIT_AT)
        : incoming.control.data.getUint32(incoming.controlOf(slot) + CONTROL_HEADER_BYTES, true);
    if ((flags & RST) !== 0) this.#options.onAnswer(sourcePort, "reset", hopLimit);
    else if ((flags & SYN) !== 0) this.#options.onAnswer(sourcePort, "syn-ack", hopLimit);
  }

  #onIcmp(slot: number, icmp: IcmpError): void {
    const { errors } = this.#batch;
    const packet = errors.packet(slot);
    // An ICMP error carries at least eight bytes of what caused it (RFC 792): both ports and the sequence number.
    if (packet.byteLength < 8 || packet.getUint16(0, false) !== this.local.port) return;
    const port = packet.getUint16(2, false);
    if (packet.getUint32(4, false) === this.#sequence(port)) this.#options.onError(port, errors.errno(slot), icmp);
  }
}

function openRaw(native: Native, options: SynBatchOptions): number {
  const family = familyOf(options.address);
  const fd = openSocket(native, "raw", family, options);
  // Connected: other hosts' segments are not copied to us.
  const connected = connectSocket(native, fd, { address: options.address, port: 0 });
  if (connected >= 0 && family === 6) setOption(native, fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  if (connected >= 0) return fd;
  closeSocket(native, fd);
  throw new SocketError(native.sys.errorName(connected), "connect");
}

/** Opens a TCP socket on a free port of the address from which the raw socket sends. */
function reservePort(native: Native, raw: number, family: Family): number {
  const fd = openSocket(native, "tcp", family, {});
  try {
    bindSocket(native, fd, { address: localEndpoint(native, raw)?.address ?? "", port: 0 });
    return fd;
  } catch (error) {
    closeSocket(native, fd);
    throw error;
  }
}
