/**
 * Datagrams to the ports of one address, all of them from one port of ours: by the hundred where there are system
 * calls, else one by one through a socket of Node's.
 */
import type { SocketFailure, Sockets, UdpBatch, UdpError } from "#node-dgram-ext";
import type { PortError } from "../model/far-end.ts";
import { TOKEN_BYTES } from "./key.ts";

/** Many replies may be there before we look. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Datagrams that Node's socket is handed in one step. */
const SENDS_A_STEP = 64;

export interface DatagramsOptions {
  /** Our own address, and the one that is asked. */
  readonly source: string;
  readonly address: string;
  /** Our own port; the system chooses one where it is not said. */
  readonly sourcePort?: number;
  onReply(port: number, bytes: Uint8Array): void;
  /** `isUnsent`: our own side let the datagram not out. */
  onError(port: number, error: PortError, isUnsent: boolean): void;
}

export interface Datagrams {
  readonly localPort: number;
  /** How many may be sent before the next step. */
  readonly room: number;
  send(port: number, bytes: Uint8Array): void;
  /** Sends and reads what waits. True: more may have come, so that no silence is one yet. */
  step(): boolean;
  close(): void;
}

type Parts = Pick<Sockets, "openUdp" | "bulk" | "features">;

/** Gives why there is no socket, where there is none. */
export async function openDatagrams(options: DatagramsOptions, sockets: Parts): Promise<Datagrams | SocketFailure> {
  const { bulk, features } = sockets;
  const seesErrors = options.address.includes(":") ? features.udpErrorQueue6.has : features.udpErrorQueue4.has;
  if (bulk === undefined || !seesErrors) return await PlainDatagrams.open(options, sockets);
  try {
    return new BatchedDatagrams(options, bulk);
  } catch (error) {
    const { code = "EIO" } = error as { readonly code?: string };
    return { code, syscall: "socket" };
  }
}

class BatchedDatagrams implements Datagrams {
  readonly #batch: UdpBatch;

  constructor(options: DatagramsOptions, bulk: NonNullable<Parts["bulk"]>) {
    const { source, sourcePort, address, onReply, onError } = options;
    this.#batch = bulk.udpBatch({
      address,
      source,
      ...(sourcePort !== undefined && { sourcePort }),
      payloadBytes: TOKEN_BYTES,
      // One byte more shows that a reply is too long for a token.
      answerBytes: TOKEN_BYTES + 1,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      onAnswer: (port, bytes, from) => {
        if (from === undefined) onReply(port, bytes);
      },
      onError: (port, errno, icmp) => {
        const code = bulk.errorName(errno);
        onError(port, icmp === undefined ? { code } : { code, icmp }, icmp === undefined);
      },
    });
  }

  get localPort(): number {
    return this.#batch.local.port;
  }

  get room(): number {
    return this.#batch.room;
  }

  send(port: number, bytes: Uint8Array): void {
    this.#batch.add(port, bytes);
  }

  step(): boolean {
    this.#batch.flush();
    return this.#batch.step(0);
  }

  close(): void {
    this.#batch.close();
  }
}

class PlainDatagrams implements Datagrams {
  readonly #address: string;
  #socket!: Extract<Awaited<ReturnType<Sockets["openUdp"]>>, { send: unknown }>;
  #sent = 0;
  #heard = false;

  static async open(options: DatagramsOptions, { openUdp }: Parts): Promise<Datagrams | SocketFailure> {
    const { source, sourcePort, address, onReply, onError } = options;
    const own = new PlainDatagrams(address);
    const socket = await openUdp({
      family: address.includes(":") ? 6 : 4,
      source,
      ...(sourcePort !== undefined && { sourcePort }),
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      onDatagram: (bytes, from) => {
        own.#heard = true;
        if (from.address === address) onReply(from.port, bytes);
      },
      onError: ({ code, icmp, syscall, to }: UdpError) => {
        if (to !== undefined) onError(to.port, icmp === undefined ? { code } : { code, icmp }, syscall === "send");
      },
    });
    if (socket.local === undefined) return socket;
    own.#socket = socket;
    return own;
  }

  constructor(address: string) {
    this.#address = address;
  }

  get localPort(): number {
    return this.#socket.local.port;
  }

  get room(): number {
    return SENDS_A_STEP - this.#sent;
  }

  send(port: number, bytes: Uint8Array): void {
    this.#sent++;
    this.#socket.send(bytes, { address: this.#address, port });
  }

  /** The event loop itself sends and reads, between two steps. */
  step(): boolean {
    const wasBusy = this.#heard || this.#sent > 0;
    this.#heard = false;
    this.#sent = 0;
    return wasBusy;
  }

  close(): void {
    this.#socket.close();
  }
}
