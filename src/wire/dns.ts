/**
 * DNS messages (RFC 1035 section 4, SRV records of RFC 2782), as far as a question for SOA or SRV and its answer go. The
 * bytes are the library dns-packet's (ADR 11): this file is the only one that knows it. It caps what the library
 * reads, and nothing that the library throws leaves it but as a WireError. No EDNS is spoken.
 */
import * as library from "dns-packet";
import { Reader, utf8Bytes, WireError, Writer } from "./bytes.ts";

/** `OPCODE` and `RCODE` (RFC 1035 section 4.1.1, RFC 2136 section 2.2) as far as they are told apart here. */
export const OPCODE_QUERY = 0;
export const RCODE = { noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5, notAuth: 9 } as const;

export interface DnsQuestion {
  /** Without a dot at its end; `.` for the root. Letters keep their case. */
  readonly name: string;
  /** `SOA`, `SRV`, or whatever other type the message names. */
  readonly type: string;
}

export interface SoaRecord {
  readonly type: "SOA";
  readonly name: string;
  readonly ttlS: number;
  readonly primary: string;
  readonly mailbox: string;
  readonly serial: number;
  readonly refreshS: number;
  readonly retryS: number;
  readonly expireS: number;
  readonly minimumS: number;
}

export interface SrvRecord {
  readonly type: "SRV";
  readonly name: string;
  readonly ttlS: number;
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** A record whose data is not read. */
export interface OtherRecord {
  readonly type: "other";
  readonly name: string;
  readonly typeName: string;
}

export type DnsRecord = SoaRecord | SrvRecord | OtherRecord;

export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly rcode: number;
  /** All of class IN. */
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

const HEAD_BYTES = 12;
/** Over TCP (RFC 1035 section 4.2.2). */
const LENGTH_BYTES = 2;
/** No answer to a question for SOA or SRV has more; it bounds what a chain of compression pointers can cost. */
const RECORDS_MAX = 1024;
const [LABEL_MAX_BYTES, NAME_MAX_BYTES] = [63, 253];

const BIT = { authoritative: 10, truncated: 9, recursionDesired: 8, recursionAvailable: 7 } as const;

/** A question as a client sends it. */
export function dnsQuery(id: number, question: DnsQuestion, recursionDesired: boolean): DnsMessage {
  return {
    id,
    response: false,
    opcode: OPCODE_QUERY,
    authoritative: false,
    truncated: false,
    recursionDesired,
    recursionAvailable: false,
    rcode: RCODE.noError,
    questions: [question],
    answers: [],
    authorities: [],
  };
}

/** Throws `unencodable` for a name that is none, a number that does not fit, and records that are not spoken here. */
export function encodeDns(message: DnsMessage): Uint8Array {
  const { id, opcode, rcode } = message;
  if (!fits(id, 16) || !fits(opcode, 4) || !fits(rcode, 4)) throw unencodable(`id ${id}, opcode ${opcode}, ${rcode}`);
  const names = Object.keys(BIT) as (keyof typeof BIT)[];
  const bits = names.reduce((sum, name) => sum | (Number(message[name]) << BIT[name]), 0);
  const packet = {
    type: message.response ? "response" : "query",
    id,
    flags: bits | (opcode << 11) | rcode,
    questions: message.questions.map(({ name, type }) => ({ name: checkedName(name), type, class: "IN" })),
    answers: message.answers.map(packetRecord),
    authorities: message.authorities.map(packetRecord),
  } as library.Packet;
  try {
    return Uint8Array.from(library.encode(packet));
  } catch (error) {
    throw unencodable(`a message: ${(error as Error).message}`);
  }
}

function packetRecord(record: DnsRecord): object {
  const { type, name } = record;
  if (type === "other") throw unencodable(`a record of type ${record.typeName}`);
  const head = { type, name: checkedName(name), class: "IN", ttl: record.ttlS };
  if (type === "SRV") {
    const { priority, weight, port, target } = record;
    return { ...head, data: { priority, weight, port, target: checkedName(target) } };
  }
  const { serial, refreshS: refresh, retryS: retry, expireS: expire, minimumS: minimum } = record;
  const names = { mname: checkedName(record.primary), rname: checkedName(record.mailbox) };
  return { ...head, data: { ...names, serial, refresh, retry, expire, minimum } };
}

/** The library cuts long labels short in silence. */
function checkedName(name: string): string {
  if (name === ".") return name;
  const labels = name.split(".");
  const valid = labels.every((label) => label !== "" && utf8Bytes(label).length <= LABEL_MAX_BYTES);
  if (!valid || utf8Bytes(name).length > NAME_MAX_BYTES) throw unencodable(`${JSON.stringify(name)} as a name`);
  return name;
}

/**
 * Decodes a message: a datagram, or what a frame holds. The additional section is passed over, and so are all records
 * of a truncated message, which may be cut anywhere (RFC 2181 section 9).
 */
export function decodeDns(bytes: Uint8Array): DnsMessage {
  const packet = decodePacket(withoutUnread(bytes));
  const flags = packet.flags ?? 0;
  const bit = (at: number): boolean => ((flags >> at) & 1) === 1;
  return {
    id: packet.id ?? 0,
    response: packet.type === "response",
    opcode: (flags >> 11) & 0xf,
    authoritative: bit(BIT.authoritative),
    truncated: bit(BIT.truncated),
    recursionDesired: bit(BIT.recursionDesired),
    recursionAvailable: bit(BIT.recursionAvailable),
    rcode: flags & 0xf,
    questions: (packet.questions ?? []).map(readQuestion),
    answers: (packet.answers ?? []).map(readRecord),
    authorities: (packet.authorities ?? []).map(readRecord),
  };
}

/** A copy whose head counts only what is read. */
function withoutUnread(bytes: Uint8Array): Buffer {
  const reader = new Reader(bytes);
  reader.skip(2);
  const truncated = ((reader.u16("be") >> BIT.truncated) & 1) === 1;
  const [questions, answers, authorities] = [reader.u16("be"), reader.u16("be"), reader.u16("be")];
  reader.skip(2);
  const read = truncated ? questions : questions + answers + authorities;
  if (read > RECORDS_MAX) throw new WireError("limit", `${read} questions and records`, 4);
  return Buffer.from(bytes).fill(0, truncated ? 6 : 10, HEAD_BYTES);
}

function decodePacket(bytes: Buffer): library.DecodedPacket {
  let packet: library.DecodedPacket;
  try {
    packet = library.decode(bytes);
  } catch (error) {
    throw new WireError("malformed", `no DNS message: ${(error as Error).message}`, HEAD_BYTES);
  }
  // The library does not mind where the data of a record ends.
  if (library.decode.bytes > bytes.length) throw new WireError("truncated", "a record is cut short", bytes.length);
  return packet;
}

function readQuestion({ name, type, class: of }: library.Question): DnsQuestion {
  if (of !== "IN") throw new WireError("unsupported", `a question of class ${of}`, HEAD_BYTES);
  return { name, type };
}

function readRecord(record: library.Answer): DnsRecord {
  const { name } = record;
  if (record.type === "SRV") {
    const { priority = 0, weight = 0, port = 0, target } = record.data;
    return { type: "SRV", name, ttlS: record.ttl ?? 0, priority, weight, port, target };
  }
  if (record.type !== "SOA") return { type: "other", name, typeName: record.type };
  const { mname: primary, rname: mailbox, serial = 0, ...times } = record.data;
  const { refresh: refreshS = 0, retry: retryS = 0, expire: expireS = 0, minimum: minimumS = 0 } = times;
  return { type: "SOA", name, ttlS: record.ttl ?? 0, primary, mailbox, serial, refreshS, retryS, expireS, minimumS };
}

/** A message as it goes over TCP: its length in two octets, then itself. */
export function encodeDnsFrame(message: Uint8Array): Uint8Array {
  return new Writer().u16(message.length, "be").bytes(message).finish();
}

/** Length of the frame at the head of a buffer, or undefined while too few bytes are there to know. */
export function dnsFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length < LENGTH_BYTES) return undefined;
  const length = new Reader(buffered).u16("be");
  if (length < HEAD_BYTES) throw new WireError("malformed", `a message of ${length} bytes`, 0);
  return LENGTH_BYTES + length;
}

/**
 * Id of the message at the head of a buffer over TCP, before the message is whole; undefined while it is not there. What
 * other protocols say first gives itself away by it.
 */
export function dnsFrameId(buffered: Uint8Array): number | undefined {
  if (buffered.length < LENGTH_BYTES + 2) return undefined;
  return new Reader(buffered, LENGTH_BYTES).u16("be");
}

/** The message in the frame at the head of a buffer, or undefined while it is not whole. */
export function decodeDnsFrame(buffered: Uint8Array): DnsMessage | undefined {
  const length = dnsFrameLength(buffered);
  if (length === undefined || buffered.length < length) return undefined;
  return decodeDns(new Reader(buffered, LENGTH_BYTES, length).rest());
}

/** The name of a response code (RFC 6895 section 2.3), for instance `NXDOMAIN`. */
export function rcodeName(rcode: number): string {
  return RCODE_NAMES[rcode] ?? `RCODE ${rcode}`;
}

const RCODE_NAMES = [
  ...["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"],
  ...["YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"],
];

function fits(value: number, bits: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** bits;
}

function unencodable(what: string): WireError {
  return new WireError("unencodable", `cannot write ${what}`, 0);
}
