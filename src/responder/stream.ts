/**
 * The asking side of a stream: paced packets that look like voice, of which the far end says what arrived, and whose
 * answers show the way back.
 */
import type { Sockets, UdpSocket } from "#node-dgram-ext";
import type { NoStream, StreamAsk, StreamSeen, StreamWay } from "../model/media-stream.ts";
import type { World } from "../model/prober.ts";
import type { StreamedMessage } from "../wire/responder.ts";
import type { ResponderSession } from "./client.ts";
import { tokensFor } from "./key.ts";
import { type Arrived, StreamMeter, ticksOf } from "./stream-meter.ts";
import { answerSsrc, readStreamPacket, writeStreamPacket } from "./stream-packet.ts";

/** The least time that a last packet and its answer are given. */
const LAST_PACKET_MS = 200;
/** How long an answer may be late that must have been sent. */
const LATE_ANSWER_MS = 100;
const LOOK_EVERY_MS = 5;

export interface StreamParts {
  readonly world: Pick<World, "monotonicMs" | "sleep" | "randomBytes">;
  readonly sockets: Pick<Sockets, "openUdp">;
}

/** One stream, from its announcement to what both ends saw of it. Never throws for what a network does. */
export async function runStream(
  session: ResponderSession,
  ask: StreamAsk,
  parts: StreamParts,
  signal: AbortSignal,
): Promise<StreamSeen | NoStream> {
  if (signal.aborted) return { why: "interrupted" };
  const told = await session.ask({ type: "stream", ...ask }, "bound");
  if ("lost" in told) return { why: "lost" };
  if (told.bound.length === 0) {
    if (told.inUse.length > 0) return { why: "in-use" };
    if (told.busy.length > 0) return { why: "busy" };
    if (told.notListed.length > 0) return { why: "not-listed" };
    return { why: told.notPermitted.length > 0 ? "not-permitted" : "no-resources" };
  }
  const stream = new Asking(session, ask, parts);
  const isOpen = await stream.open();
  try {
    if (isOpen) await stream.send(signal);
    const streamed = await session.ask({ type: "endStream", port: ask.port }, "streamed");
    if ("lost" in streamed) return { why: "lost" };
    if (signal.aborted) return { why: "interrupted" };
    return isOpen ? await stream.seen(streamed, signal) : { why: "no-resources" };
  } finally {
    stream.close();
  }
}

class Asking {
  readonly #session: ResponderSession;
  readonly #ask: StreamAsk;
  readonly #parts: StreamParts;
  readonly #tokens: { readonly request: Uint8Array; readonly reply: Uint8Array };
  readonly #ssrc: number;
  readonly #answers: StreamMeter;
  readonly #sentMs: Float64Array;
  readonly #roundTripsMs: number[] = [];
  #socket: UdpSocket | undefined;
  #marked = true;
  #sent = 0;
  #slowestMs: number;

  constructor(session: ResponderSession, ask: StreamAsk, parts: StreamParts) {
    this.#session = session;
    this.#ask = ask;
    this.#parts = parts;
    const use = { transport: "udp", direction: "out", kind: "stream" } as const;
    this.#tokens = tokensFor(session.key, session.id, use, Uint16Array.of(ask.port));
    this.#ssrc = new DataView(Uint8Array.from(parts.world.randomBytes(4)).buffer).getUint32(0);
    this.#answers = new StreamMeter(ask.packets);
    this.#sentMs = new Float64Array(ask.packets);
    this.#slowestMs = session.rttMs;
  }

  /** False when there is no socket to be had. */
  async open(): Promise<boolean> {
    const { local, address } = this.#session;
    const { port, dscp } = this.#ask;
    const options = {
      family: address.includes(":") ? 6 : 4,
      source: local,
      remote: { address, port },
      tellArrival: true,
      onDatagram: (bytes: Uint8Array, _: unknown, arrival: Arrived) => this.#heard(bytes, arrival),
      // What our own firewall or routes let not out is no loss; what a router says of a packet shows as one.
      onError: ({ syscall }: { readonly syscall: string }) => {
        if (syscall === "send") this.#sent--;
      },
    } as const;
    let made = await this.#parts.sockets.openUdp({ ...options, tos: dscp << 2 });
    if (made.local === undefined && made.code === "ENOTSUP") {
      this.#marked = false;
      made = await this.#parts.sockets.openUdp(options);
    }
    if (made.local !== undefined) this.#socket = made;
    return made.local !== undefined;
  }

  /** Sends at the pace that was announced, and waits for what can be expected. */
  async send(signal: AbortSignal): Promise<void> {
    const { packets, intervalMs, bytes } = this.#ask;
    const { world } = this.#parts;
    for (let sequence = 0; sequence < packets; sequence++) {
      // A packet that was late is not made good for by others that come sooner: such a burst would measure itself.
      if (sequence > 0) await world.sleep(intervalMs, signal);
      if (signal.aborted || this.#session.lost !== undefined) return;
      const nowMs = world.monotonicMs();
      this.#sentMs[sequence] = nowMs;
      this.#sent++;
      const mark = { sequence, timestamp: ticksOf(nowMs), ssrc: this.#ssrc };
      this.#socket?.send(writeStreamPacket(mark, this.#tokens.request, bytes));
    }
    await this.#waitFor(() => this.#sent, LAST_PACKET_MS, signal);
  }

  /** What both ends saw, once no further answer can be expected. */
  async seen(streamed: StreamedMessage, signal: AbortSignal): Promise<StreamSeen> {
    await this.#waitFor(() => streamed.received, LATE_ANSWER_MS, signal);
    const { dscp } = this.#ask;
    const median = medianOf(this.#roundTripsMs);
    const { received, duplicates, reordered, jitterMs, dscpSeen } = this.#answers;
    const out: StreamWay = {
      ...{ sent: this.#sent, received: streamed.received },
      ...{ duplicates: streamed.duplicates, reordered: streamed.reordered },
      ...(streamed.received > 1 && { jitterMs: streamed.jitterUs / 1_000 }),
      ...(this.#marked && { dscpSent: dscp }),
      ...(streamed.dscp !== null && { dscpSeen: streamed.dscp.map(([dscp, packets]) => ({ dscp, packets })) }),
    };
    const back: StreamWay = {
      ...{ sent: streamed.received, received, duplicates, reordered },
      ...(received > 1 && { jitterMs }),
      ...(streamed.marked && { dscpSent: dscp }),
      ...(dscpSeen !== undefined && { dscpSeen }),
    };
    return { out, back, ...(median !== undefined && { roundTripMs: median }) };
  }

  close(): void {
    this.#socket?.close();
  }

  #heard(bytes: Uint8Array, arrival: Arrived): void {
    const { packets, bytes: length } = this.#ask;
    const mark = readStreamPacket(bytes, this.#tokens.reply, length);
    if (mark === undefined || mark.ssrc !== answerSsrc(this.#ssrc) || mark.sequence >= packets) return;
    const nowMs = this.#parts.world.monotonicMs();
    const atMs = this.#answers.heard(mark.sequence, mark.timestamp, nowMs, arrival);
    if (atMs === undefined) return;
    const roundTripMs = atMs - this.#sentMs[mark.sequence]!;
    this.#roundTripsMs.push(roundTripMs);
    this.#slowestMs = Math.max(this.#slowestMs, roundTripMs);
  }

  /** Until so many answers are there, or none can be expected any more. */
  async #waitFor(answers: () => number, leastMs: number, signal: AbortSignal): Promise<void> {
    const { world } = this.#parts;
    const startedMs = world.monotonicMs();
    while (this.#answers.received < answers() && !signal.aborted) {
      if (world.monotonicMs() - startedMs >= leastMs + 2 * this.#slowestMs) return;
      await world.sleep(LOOK_EVERY_MS, signal);
    }
  }
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
