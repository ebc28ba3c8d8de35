/**
 * NetBIOS over TCP/IP: names in first-level encoding (RFC 1001 section 14.1), which the name, datagram and session
 * services share, and the datagram service's DIRECT_UNIQUE and DATAGRAM ERROR packets (RFC 1002 section 4.4). Nothing
 * answers a datagram that was accepted; an error is all that can come back. Names that refer back to another place of
 * the packet, and datagrams in fragments, are `unsupported`.
 */
import { latin1Text, Reader, WireError, Writer } from "./bytes.ts";
import { decodeIpv4, encodeIpv4 } from "./ipv4.ts";

/** Characters of a name before its suffix. */
const NAME_BYTES = 15;
const ENCODED_BYTES = 32;
/** A name with its scope, all length bytes included (RFC 1002 section 4.1). */
const MAX_WIRE_BYTES = 255;
const MAX_LABEL_BYTES = 63;

export interface NetbiosName {
  /** At most 15 characters; upper case by custom, and compared as it is. */
  readonly name: string;
  /** The kind of service: 0x00 workstation, 0x20 file server, 0x1c domain controllers, ... */
  readonly suffix: number;
  /** Dotted; hardly ever used. */
  readonly scope?: string;
}

/** Writes a name; `*` alone, which asks for any, is filled up with zeros, all others with spaces. */
export function encodeNetbiosName(writer: Writer, { name, suffix, scope = "" }: NetbiosName): void {
  if (name.length > NAME_BYTES) throw writer.unencodable(`a NetBIOS name of ${name.length} characters`);
  const padded = new Writer()
    .latin1(name.padEnd(NAME_BYTES, name === "*" ? "\0" : " "))
    .u8(suffix)
    .finish();
  const start = writer.length;
  writer.u8(ENCODED_BYTES);
  for (const octet of padded) writer.u8(LETTER_A + (octet >> 4)).u8(LETTER_A + (octet & 0x0f));
  for (const label of scope === "" ? [] : scope.split(".")) {
    if (label === "" || label.length > MAX_LABEL_BYTES) throw writer.unencodable(`the scope ${JSON.stringify(scope)}`);
    writer.u8(label.length).latin1(label);
  }
  writer.u8(0);
  if (writer.length - start > MAX_WIRE_BYTES) throw writer.unencodable(`a scope of ${scope.length} characters`);
}

/** Reads a name; padding is taken off. */
export function decodeNetbiosName(reader: Reader): NetbiosName {
  const start = reader.offset;
  const octets = decodeHalves(decodeLabel(reader), start);
  const name = latin1Text(octets.subarray(0, NAME_BYTES)).replace(/[ \0]+$/, "");
  const labels: string[] = [];
  for (let label = decodeLabel(reader); label.length > 0; label = decodeLabel(reader)) {
    labels.push(latin1Text(label));
    if (reader.offset - start >= MAX_WIRE_BYTES) throw reader.error("limit", "a NetBIOS name above 255 bytes");
  }
  return { name, suffix: octets[NAME_BYTES]!, ...(labels.length > 0 && { scope: labels.join(".") }) };
}

const LETTER_A = 0x41;

function decodeLabel(reader: Reader): Uint8Array {
  const length = reader.u8();
  if (length > MAX_LABEL_BYTES) throw reader.error("unsupported", "a NetBIOS name that refers to another place");
  return reader.bytes(length);
}

/** Each byte of the name travels as two letters A to P, one for each half. */
function decodeHalves(letters: Uint8Array, offset: number): Uint8Array {
  if (letters.length !== ENCODED_BYTES || letters.some((letter) => letter < LETTER_A || letter > LETTER_A + 15)) {
    throw new WireError("malformed", "not a NetBIOS name in first-level encoding", offset);
  }
  const octets = new Uint8Array(NAME_BYTES + 1);
  for (const at of octets.keys()) octets[at] = ((letters[2 * at]! - LETTER_A) << 4) | (letters[2 * at + 1]! - LETTER_A);
  return octets;
}

const DIRECT_UNIQUE = 0x10;
const DATAGRAM_ERROR = 0x13;
const FLAG_MORE = 0x01;
const FLAG_FIRST = 0x02;

/** RFC 1002 section 4.4.2; longer user data would have to go in fragments. */
const MAX_DATA_BYTES = 512;

/** What both packets begin with. */
export interface DatagramHead {
  /** 16 bits, chosen by the sender; an error bears that of the datagram at fault. */
  readonly datagramId: number;
  /** IPv4, as the sender believes it to be. */
  readonly sourceAddress: string;
  readonly sourcePort: number;
}

export interface DirectUnique extends DatagramHead {
  readonly type: "directUnique";
  readonly source: NetbiosName;
  readonly destination: NetbiosName;
  readonly data: Uint8Array;
}

export interface DatagramError extends DatagramHead {
  readonly type: "datagramError";
  /** See `datagramErrorName`. */
  readonly code: number;
}

export type NetbiosDatagram = DirectUnique | DatagramError;

/** Encodes a datagram of a broadcast node, which is what a host without a name server is. */
export function encodeNetbiosDatagram(datagram: NetbiosDatagram): Uint8Array {
  const unique = datagram.type === "directUnique";
  const writer = new Writer().u8(unique ? DIRECT_UNIQUE : DATAGRAM_ERROR).u8(FLAG_FIRST);
  writer.u16(datagram.datagramId, "be");
  encodeIpv4(writer, datagram.sourceAddress);
  writer.u16(datagram.sourcePort, "be");
  if (!unique) return writer.u8(datagram.code).finish();
  const { data } = datagram;
  if (data.length > MAX_DATA_BYTES) throw writer.unencodable(`a datagram of ${data.length} bytes`);
  const lengthOffset = writer.length;
  writer.zeros(4); // length; place in a fragmented datagram
  const start = writer.length;
  encodeNetbiosName(writer, datagram.source);
  encodeNetbiosName(writer, datagram.destination);
  writer.bytes(data);
  return writer.patchU16(lengthOffset, writer.length - start, "be").finish();
}

export function decodeNetbiosDatagram(bytes: Uint8Array): NetbiosDatagram {
  const reader = new Reader(bytes);
  const [type, flags] = [reader.u8(), reader.u8()];
  if (type !== DIRECT_UNIQUE && type !== DATAGRAM_ERROR) {
    throw new WireError("unsupported", `a NetBIOS datagram of type 0x${type.toString(16)}`, 0);
  }
  const datagramId = reader.u16("be");
  const head = { datagramId, sourceAddress: decodeIpv4(reader), sourcePort: reader.u16("be") };
  if (type === DATAGRAM_ERROR) return { ...head, type: "datagramError", code: reader.u8() };
  const length = reader.u16("be");
  if (reader.u16("be") !== 0 || (flags & FLAG_MORE) !== 0) {
    throw reader.error("unsupported", "a NetBIOS datagram in fragments");
  }
  const body = reader.sub(length);
  const [source, destination] = [decodeNetbiosName(body), decodeNetbiosName(body)];
  return { ...head, type: "directUnique", source, destination, data: body.rest() };
}

/** What an error code says (RFC 1002 section 4.4.3). */
export function datagramErrorName(code: number): string {
  if (code === 0x82) return "destination name not present";
  if (code === 0x83) return "invalid source name format";
  if (code === 0x84) return "invalid destination name format";
  return `error 0x${code.toString(16).padStart(2, "0")}`;
}
