/**
 * NTP packets (RFC 5905 section 7.3), the four-timestamp arithmetic (section 8) and kiss codes (section 7.4). Modes 6
 * and 7 (control, monlist) have another format and are not spoken. Timestamps stay 64-bit numbers as on the wire, so
 * that a random one can be compared bit by bit; they become times only with a local time at hand, because the wire
 * does not say which era of 136 years is meant.
 */
import { latin1Text, Reader, Writer } from "./bytes.ts";

/** A packet without extension fields. */
export const NTP_BYTES = 48;

export const MODE_CLIENT = 3;
export const MODE_SERVER = 4;

/** Seconds from 1900-01-01, when era 0 began, to 1970-01-01. */
const UNIX_EPOCH_S = 2_208_988_800;
const ERA_MS = 2 ** 32 * 1000;

export interface NtpPacket {
  /** 0 no leap, 1 and 2 a leap second to come, 3 the clock is not synchronised. */
  readonly leap: number;
  readonly version: number;
  readonly mode: number;
  /** 0 unspecified or a kiss code, 1 has a reference clock, 2-15 follows a server, 16 not synchronised. */
  readonly stratum: number;
  /** Exponents of 2, in seconds. */
  readonly poll: number;
  readonly precision: number;
  readonly rootDelayS: number;
  readonly rootDispersionS: number;
  /** Four bytes; see `referenceText`. */
  readonly referenceId: Uint8Array;
  /** NTP timestamps: seconds of the era in the high 32 bits, their fraction in the low ones; 0 when unknown. */
  readonly reference: bigint;
  readonly origin: bigint;
  readonly receive: bigint;
  readonly transmit: bigint;
}

/**
 * A client's request. The transmit timestamp should be random: the server sends it back as `origin`, which proves that
 * it read this request, and the client's clock is nobody's business.
 */
export function ntpRequest(transmit: bigint, version = 4): NtpPacket {
  return {
    leap: 0,
    version,
    mode: MODE_CLIENT,
    stratum: 0,
    poll: 0,
    precision: 0,
    rootDelayS: 0,
    rootDispersionS: 0,
    referenceId: new Uint8Array(4),
    reference: 0n,
    origin: 0n,
    receive: 0n,
    transmit,
  };
}

/** Eight bytes, for instance random ones, as a timestamp. */
export function ntpTimestamp(bytes: Uint8Array): bigint {
  return new Reader(bytes).u64("be");
}

export function encodeNtp(packet: NtpPacket): Uint8Array {
  const { leap, version, mode } = packet;
  const writer = new Writer();
  if (leap > 3 || version > 7 || mode > 7) throw writer.unencodable(`leap ${leap}, version ${version}, mode ${mode}`);
  if (packet.referenceId.length !== 4) throw writer.unencodable(`a reference id of ${packet.referenceId.length} bytes`);
  return writer
    .u8((leap << 6) | (version << 3) | mode)
    .u8(packet.stratum)
    .i8(packet.poll)
    .i8(packet.precision)
    .u32(Math.round(packet.rootDelayS * 65536), "be")
    .u32(Math.round(packet.rootDispersionS * 65536), "be")
    .bytes(packet.referenceId)
    .u64(packet.reference, "be")
    .u64(packet.origin, "be")
    .u64(packet.receive, "be")
    .u64(packet.transmit, "be")
    .finish();
}

/** Decodes the 48 bytes that every packet has; extension fields and digests behind them are passed over. */
export function decodeNtp(bytes: Uint8Array): NtpPacket {
  const reader = new Reader(bytes);
  const head = reader.u8();
  return {
    leap: head >> 6,
    version: (head >> 3) & 7,
    mode: head & 7,
    stratum: reader.u8(),
    poll: reader.i8(),
    precision: reader.i8(),
    rootDelayS: reader.u32("be") / 65536,
    rootDispersionS: reader.u32("be") / 65536,
    referenceId: reader.bytes(4),
    reference: reader.u64("be"),
    origin: reader.u64("be"),
    receive: reader.u64("be"),
    transmit: reader.u64("be"),
  };
}

/** Milliseconds since 1970 UTC as an NTP timestamp of the era that the time lies in. */
export function ntpFromUnixMs(unixMs: number): bigint {
  const wholeS = Math.floor(unixMs / 1000);
  const fraction = Math.round((unixMs / 1000 - wholeS) * 2 ** 32);
  return BigInt.asUintN(64, (BigInt(wholeS + UNIX_EPOCH_S) << 32n) + BigInt(fraction));
}

/** Milliseconds since 1970 UTC, in the era that brings the time nearest to `nearUnixMs`. Ask first that it is not 0. */
export function unixMsFromNtp(timestamp: bigint, nearUnixMs: number): number {
  const seconds = Number(timestamp >> 32n);
  const fraction = Number(timestamp & 0xffff_ffffn) / 2 ** 32;
  const era0Ms = (seconds - UNIX_EPOCH_S + fraction) * 1000;
  return era0Ms + ERA_MS * Math.round((nearUnixMs - era0Ms) / ERA_MS);
}

export interface ClockReading {
  /** The server's clock less the local one; the truth lies within half of `delayMs` of it. */
  readonly offsetMs: number;
  /** Time on the way, both ways together, without the server's own. */
  readonly delayMs: number;
}

/** What a reply says about the local clock, given when by that clock the request left and the reply came. */
export function readClock(reply: NtpPacket, sentUnixMs: number, arrivedUnixMs: number): ClockReading {
  const receivedMs = unixMsFromNtp(reply.receive, sentUnixMs);
  const transmittedMs = unixMsFromNtp(reply.transmit, sentUnixMs);
  return {
    offsetMs: (receivedMs - sentUnixMs + (transmittedMs - arrivedUnixMs)) / 2,
    delayMs: arrivedUnixMs - sentUnixMs - (transmittedMs - receivedMs),
  };
}

/**
 * The kiss code, for instance `RATE`, by which a server of stratum 0 says why it gives no time. Undefined where there
 * is none: a server that is merely not synchronised may say stratum 0 without a code.
 */
export function kissCode(packet: NtpPacket): string | undefined {
  return packet.stratum === 0 ? referenceLetters(packet) : undefined;
}

/** What a kiss code means, or undefined for one that RFC 5905 does not list. */
export function kissMeaning(code: string): string | undefined {
  return KISS_MEANINGS.get(code);
}

/**
 * The reference id as people know it: letters for a kiss code or a reference clock (`GPS`), else the IPv4 address of
 * the server's own source. For a source with IPv6 it is four bytes of a digest, which cannot be told from an address.
 */
export function referenceText(packet: NtpPacket): string {
  return (packet.stratum <= 1 ? referenceLetters(packet) : undefined) ?? packet.referenceId.join(".");
}

function referenceLetters(packet: NtpPacket): string | undefined {
  const letters = latin1Text(packet.referenceId).replace(/\0+$/, "");
  return /^[\x21-\x7e]+$/.test(letters) ? letters : undefined;
}

/** RFC 5905 section 7.4, figure 13. */
const KISS_MEANINGS: ReadonlyMap<string, string> = new Map([
  ["ACST", "the association belongs to an anycast server"],
  ["AUTH", "server authentication failed"],
  ["AUTO", "the Autokey sequence failed"],
  ["BCST", "the association belongs to a broadcast server"],
  ["CRYP", "cryptographic authentication or identification failed"],
  ["DENY", "access denied by the remote server"],
  ["DROP", "lost peer in symmetric mode"],
  ["INIT", "the association has not yet synchronised for the first time"],
  ["MCST", "the association belongs to a dynamically discovered server"],
  ["NKEY", "no key found"],
  ["RATE", "rate exceeded"],
  ["RMOT", "alteration of the association from a remote host"],
  ["RSTR", "access denied due to local policy"],
  ["STEP", "a step change in system time has occurred, but the association has not yet resynchronised"],
]);
