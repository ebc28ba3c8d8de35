/** The datagrams of a stream (docs/responder-protocol.md, "Streams"): RTP, a token, and bytes that fill it up. */
import { timingSafeEqual } from "node:crypto";
import { WireError } from "../wire/bytes.ts";
import { decodeRtp, encodeRtp, PCMU_PAYLOAD_TYPE, RTP_HEADER_BYTES, type RtpPacket } from "../wire/rtp.ts";
import { TOKEN_BYTES } from "./key.ts";

/** What µ-law has for silence. */
const SILENCE = 0xff;

/** What tells one packet of a stream from the others. */
export type StreamMark = Pick<RtpPacket, "sequence" | "timestamp" | "ssrc">;

/** `bytes` is the length of the datagram's payload. */
export function writeStreamPacket(mark: StreamMark, token: Uint8Array, bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes - RTP_HEADER_BYTES).fill(SILENCE);
  payload.set(token);
  return encodeRtp({ ...mark, marker: false, payloadType: PCMU_PAYLOAD_TYPE, payload });
}

/** Undefined for what is no packet of this stream: another length, other RTP, another token. */
export function readStreamPacket(datagram: Uint8Array, token: Uint8Array, bytes: number): StreamMark | undefined {
  if (datagram.length !== bytes) return undefined;
  try {
    const { marker, payloadType, payload, ...mark } = decodeRtp(datagram);
    if (marker || payloadType !== PCMU_PAYLOAD_TYPE) return undefined;
    return timingSafeEqual(payload.subarray(0, TOKEN_BYTES), token) ? mark : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** The source of the answers to a source: the two never have the same number. */
export function answerSsrc(ssrc: number): number {
  return ~ssrc >>> 0;
}
