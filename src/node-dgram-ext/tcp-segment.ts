/** TCP segments without data (RFC 9293 section 3.1): the SYN that a raw socket sends, and what it reads of an answer. */
import type { Block } from "./arena.ts";

/** Header and one option: the maximum segment size, without which a SYN looks like a scanner's. */
export const SYN_BYTES = 24;
export const TCP_HEADER_BYTES = 20;
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;

const PROTOCOL_TCP = 6;
const SEQUENCE_AT = 4;
const FLAGS_AT = 13;
const WINDOW_AT = 14;
const CHECKSUM_AT = 16;
const OPTION_AT = 20;
const WINDOW = 64_240;
const MSS_KIND = 2;
const MSS_LENGTH = 4;
const MSS = 1440;

/** What the checksum covers beside the segment, summed: both addresses, the protocol, the length. */
export function pseudoHeaderSum(source: Uint8Array, target: Uint8Array): number {
  let sum = PROTOCOL_TCP + SYN_BYTES;
  for (const address of [source, target]) {
    for (let at = 0; at < address.length; at += 2) sum += address[at]! * 256 + address[at + 1]!;
  }
  return sum;
}

/** Writes a SYN at an offset of the block. */
export function writeSyn(block: Block, at: number, ports: Ports, sequence: number, pseudoHeader: number): void {
  const { data } = block;
  data.setUint16(at, ports.source, false);
  data.setUint16(at + 2, ports.target, false);
  data.setUint32(at + SEQUENCE_AT, sequence, false);
  data.setUint32(at + 8, 0, false);
  data.setUint8(at + 12, (SYN_BYTES / 4) << 4);
  data.setUint8(at + FLAGS_AT, SYN);
  data.setUint16(at + WINDOW_AT, WINDOW, false);
  data.setUint32(at + CHECKSUM_AT, 0, false);
  data.setUint8(at + OPTION_AT, MSS_KIND);
  data.setUint8(at + OPTION_AT + 1, MSS_LENGTH);
  data.setUint16(at + OPTION_AT + 2, MSS, false);
  let sum = pseudoHeader;
  for (let word = 0; word < SYN_BYTES; word += 2) sum += data.getUint16(at + word, false);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  data.setUint16(at + CHECKSUM_AT, ~sum & 0xffff, false);
}

export interface Ports {
  readonly source: number;
  readonly target: number;
}

/** What matters of a segment that came. */
export interface Segment {
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly acknowledged: number;
  readonly flags: number;
}

/** Reads a segment's header, of which 20 bytes must be there. The kernel has checked the checksum. */
export function readSegment(data: DataView, at: number): Segment {
  return {
    sourcePort: data.getUint16(at, false),
    targetPort: data.getUint16(at + 2, false),
    acknowledged: data.getUint32(at + 8, false),
    flags: data.getUint8(at + FLAGS_AT),
  };
}
