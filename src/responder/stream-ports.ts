/**
 * The answering side of streams: each has a port, and answers every packet of it that was announced, once, with one as
 * long (docs/responder-protocol.md, "Streams").
 */
import type { Sockets, UdpPorts } from "#node-dgram-ext";
import type { StreamAsk } from "../model/media-stream.ts";
import type { World } from "../model/prober.ts";
import { codeOf } from "../net/life.ts";
import type { StreamedMessage } from "../wire/responder.ts";
import { tokensFor } from "./key.ts";
import type { NoteRefused } from "./refused.ts";
import { StreamMeter, ticksOf } from "./stream-meter.ts";
import { answerSsrc, readStreamPacket, writeStreamPacket } from "./stream-packet.ts";

/** Streams that one session may have at once. */
export const STREAMS_MAX = 64;
/** At least so many packets of a port are read in one turn of the event loop. */
const PACKETS_A_TURN = 16;
const JITTER_US_MAX = 2 ** 32;

export interface StreamPortsOptions {
  /** The address of ours at which the ports are bound. */
  readonly address: string;
  /** Whether an address is heard. */
  hears(address: string): boolean;
  readonly key: Uint8Array;
  readonly session: string;
  readonly world: Pick<World, "monotonicMs">;
  readonly sockets: Pick<Sockets, "openUdpPorts">;
  /** Told of what is no packet of the stream. */
  readonly onRefused: NoteRefused;
}

interface Stream {
  readonly port: UdpPorts;
  readonly meter: StreamMeter;
  readonly marked: boolean;
  readonly packets: number;
}

export class StreamPorts {
  readonly #options: StreamPortsOptions;
  readonly #streams = new Map<number, Stream>();
  #closed = false;

  constructor(options: StreamPortsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#streams.size;
  }

  has(port: number): boolean {
    return this.#streams.has(port);
  }

  /** Binds the port of a stream that is not there yet; gives the system's word where it cannot. */
  async begin(ask: StreamAsk): Promise<string | undefined> {
    const marked = await this.#begin(ask, true);
    // Where the system cannot mark packets they go without.
    return marked === "ENOTSUP" ? await this.#begin(ask, false) : marked;
  }

  /**
   * Ends a stream and frees its port; undefined where there was none. Whatever the system holds unread counts: in each
   * turn of the event loop some packets are read.
   */
  async end(port: number): Promise<StreamedMessage | undefined> {
    const stream = this.#streams.get(port);
    if (stream === undefined) return undefined;
    const turns = 2 + Math.ceil(stream.packets / PACKETS_A_TURN);
    for (let turn = 0; turn < turns; turn++) await new Promise((turned) => setImmediate(turned));
    this.#streams.delete(port);
    stream.port.close();
    const { received, duplicates, reordered, jitterMs, dscpSeen } = stream.meter;
    const dscp = dscpSeen?.map(({ dscp, packets }) => [dscp, packets] as const) ?? null;
    const jitterUs = Math.min(JITTER_US_MAX, Math.round(jitterMs * 1_000));
    return { type: "streamed", received, duplicates, reordered, jitterUs, marked: stream.marked, dscp };
  }

  close(): void {
    this.#closed = true;
    for (const { port } of this.#streams.values()) port.close();
    this.#streams.clear();
  }

  async #begin({ port, packets, bytes, dscp }: StreamAsk, marked: boolean): Promise<string | undefined> {
    const { address, hears, key, onRefused, session, sockets, world } = this.#options;
    const use = { transport: "udp", direction: "out", kind: "stream" } as const;
    const { request, reply } = tokensFor(key, session, use, Uint16Array.of(port));
    const meter = new StreamMeter(packets);
    try {
      const ports = sockets.openUdpPorts({
        address,
        // One byte more shows that a datagram is longer than was said.
        datagramBytes: bytes + 1,
        ...(marked && { tos: dscp << 2 }),
        tellArrival: true,
        onDatagram: (_, datagram, from, arrival) => {
          const isHeard = hears(from.address);
          const mark = isHeard ? readStreamPacket(datagram, request, bytes) : undefined;
          if (mark === undefined || mark.sequence >= packets) {
            onRefused(isHeard ? "no-token" : "foreign-sender", from.address);
            return undefined;
          }
          const nowMs = world.monotonicMs();
          if (meter.heard(mark.sequence, mark.timestamp, nowMs, arrival) === undefined) return undefined;
          const answer = { sequence: mark.sequence, timestamp: ticksOf(nowMs), ssrc: answerSsrc(mark.ssrc) };
          return writeStreamPacket(answer, reply, bytes);
        },
      });
      const code = (await ports.bind([port])).get(port) ?? (this.#closed ? "ERR_CLOSED" : undefined);
      if (code === undefined) this.#streams.set(port, { port: ports, meter, marked, packets });
      else ports.close();
      return code;
    } catch (error) {
      return codeOf(error);
    }
  }
}
