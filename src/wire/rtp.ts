/** RTP packets (RFC 3550 section 5.1) as a plain sender writes them: without CSRCs, extension and padding. */
import { Reader, WireError, Writer } from "./bytes.ts";

export const RTP_HEADER_BYTES = 12;
/** RFC 3551 section 6: G.711 µ-law, 8 kHz. */
export const PCMU_PAYLOAD_TYPE = 0;
/** What the timestamps of PCMU count, per second. */
export const PCMU_CLOCK_HZ = 8_000;

const VERSION = 2;

export interface RtpPacket {
  /** In audio: the first packet after a silence. */
  readonly marker: boolean;
  /** 0 to 127. */
  readonly payloadType: number;
  /** 0 to 65,535; it wraps. */
  readonly sequence: number;
  /** In units of the payload's clock, 32 bits; it wraps. */
  readonly timestamp: number;
  /** Who sends, 32 bits. */
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

export function encodeRtp({ marker, payloadType, sequence, timestamp, ssrc, payload }: RtpPacket): Uint8Array {
  const writer = new Writer();
  if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 0x7f) {
    throw writer.unencodable(`payload type ${payloadType}`);
  }
  return writer
    .u8(VERSION << 6)
    .u8((marker ? 0x80 : 0) | payloadType)
    .u16(sequence, "be")
    .u32(timestamp, "be")
    .u32(ssrc, "be")
    .bytes(payload)
    .finish();
}

/** Reads a whole datagram; the payload is a view of it. Padding, an extension and CSRCs are `unsupported`. */
export function decodeRtp(bytes: Uint8Array): RtpPacket {
  const reader = new Reader(bytes);
  const first = reader.u8();
  if (first >> 6 !== VERSION) throw new WireError("malformed", `version ${first >> 6}`, 0);
  if ((first & 0x3f) !== 0) throw new WireError("unsupported", "padding, an extension or CSRCs", 0);
  const second = reader.u8();
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: reader.u16("be"),
    timestamp: reader.u32("be"),
    ssrc: reader.u32("be"),
    payload: reader.rest(),
  };
}
