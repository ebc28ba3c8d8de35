/**
 * How SMB 1 agrees on a dialect: SMB_COM_NEGOTIATE (MS-CIFS section 2.2.4.52) and its answers, behind the header that
 * all messages have (section 2.2.3.1). A client may offer SMB 2 in it by name (MS-SMB2 section 3.2.4.2.2.1), and is
 * then answered in SMB 2. The answers of servers older than NT LM 0.12 are `unsupported`.
 */
import { Reader, WireError, Writer } from "./bytes.ts";
import { NT_STATUS } from "./nt-status.ts";
import { SMB1_MARK } from "./smb-frame.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

export const SMB1_DIALECT = "NT LM 0.12";
/** A client that speaks 2.0.2, and one that speaks later dialects too. */
export const SMB2_BY_NAME = ["SMB 2.002", "SMB 2.???"] as const;

/** The dialect index of a server that speaks none of them. */
export const NO_DIALECT = 0xffff;

/** Bits of the security mode: signing is possible, signing is a must. */
export const SMB1_SIGNING = { enabled: 0x04, required: 0x08 } as const;

const NEGOTIATE = 0x72;
const FLAGS = { request: 0x18, response: 0x98 } as const;
const FLAG_RESPONSE = 0x80;
/** Unicode, NT status codes, extended security, long names and their like. */
const FLAGS2 = 0xc853;
const PROCESS_ID = { high: 0, low: 0xfeff } as const;
const NO_TREE = 0xffff;
const DIALECT_FORMAT = 0x02;
const MAX_DIALECTS = 64;
const WORDS = { none: 0, index: 1, ntLm: 17 } as const;
const CAPABILITY_EXTENDED_SECURITY = 0x8000_0000;

export type Smb1Message =
  | { readonly type: "negotiateRequest"; readonly dialects: readonly string[] }
  | Smb1NegotiateResponse
  /** See nt-status.ts. */
  | { readonly type: "error"; readonly status: number };

export interface Smb1NegotiateResponse {
  readonly type: "negotiateResponse";
  /** Place in the client's list, from 0 on, or `NO_DIALECT`. */
  readonly dialectIndex: number;
  /** Absent where there is no dialect. */
  readonly server?: Smb1Server;
}

export interface Smb1Server {
  /** Bits; see `SMB1_SIGNING`. */
  readonly securityMode: number;
  /** See filetime.ts. */
  readonly systemTime: bigint;
  /** Servers with extended security have one. */
  readonly guid?: string;
}

export function encodeSmb1(message: Smb1Message): Uint8Array {
  const status = message.type === "error" ? message.status : NT_STATUS.success;
  const writer = new Writer().bytes(SMB1_MARK).u8(NEGOTIATE).u32(status, "le");
  writer.u8(message.type === "negotiateRequest" ? FLAGS.request : FLAGS.response).u16(FLAGS2, "le");
  writer.u16(PROCESS_ID.high, "le").zeros(8 + 2); // signature
  writer
    .u16(NO_TREE, "le")
    .u16(PROCESS_ID.low, "le")
    .zeros(2 + 2); // user, multiplex id
  switch (message.type) {
    case "negotiateRequest":
      writeBlocks(writer, new Writer(), dialectList(message.dialects));
      break;
    case "negotiateResponse":
      encodeResponse(writer, message);
      break;
    case "error":
      writeBlocks(writer, new Writer(), new Writer());
      break;
  }
  return writer.finish();
}

export function decodeSmb1(bytes: Uint8Array): Smb1Message {
  const reader = new Reader(bytes);
  if (reader.bytes(SMB1_MARK.length).some((byte, at) => byte !== SMB1_MARK[at])) {
    throw new WireError("malformed", "not an SMB 1 message", 0);
  }
  const command = reader.u8();
  if (command !== NEGOTIATE) throw new WireError("unsupported", `SMB 1 command ${command}`, 4);
  const status = reader.u32("le");
  const response = (reader.u8() & FLAG_RESPONSE) !== 0;
  reader.skip(22);
  const wordCount = reader.u8();
  const words = reader.sub(2 * wordCount);
  const data = reader.sub(reader.u16("le"));
  if (!response) return decodeRequest(wordCount, data);
  if (status !== NT_STATUS.success) return { type: "error", status };
  return decodeResponse(wordCount, words, data);
}

/** The two blocks of every message, each behind its count: words of two bytes, then bytes. */
function writeBlocks(writer: Writer, words: Writer, data: Writer): void {
  writer.u8(words.length / 2).bytes(words.finish());
  writer.u16(data.length, "le").bytes(data.finish());
}

function dialectList(dialects: readonly string[]): Writer {
  const list = new Writer();
  if (dialects.length > MAX_DIALECTS) throw list.unencodable(`${dialects.length} dialects`);
  for (const dialect of dialects) {
    if (dialect.includes("\0")) throw list.unencodable(`the dialect ${JSON.stringify(dialect)}`);
    list.u8(DIALECT_FORMAT).latin1(dialect).u8(0);
  }
  return list;
}

function decodeRequest(wordCount: number, data: Reader): Smb1Message {
  if (wordCount !== WORDS.none) throw data.error("malformed", "a negotiate request with words");
  const dialects: string[] = [];
  while (data.remaining > 0) {
    if (dialects.length >= MAX_DIALECTS) throw data.error("limit", `more than ${MAX_DIALECTS} dialects`);
    if (data.u8() !== DIALECT_FORMAT) throw data.error("malformed", "a dialect of another format");
    let dialect = "";
    for (let octet = data.u8(); octet !== 0; octet = data.u8()) dialect += String.fromCharCode(octet);
    dialects.push(dialect);
  }
  return { type: "negotiateRequest", dialects };
}

function encodeResponse(writer: Writer, { dialectIndex, server }: Smb1NegotiateResponse): void {
  const [words, data] = [new Writer().u16(dialectIndex, "le"), new Writer()];
  if (server !== undefined) {
    words.u8(server.securityMode).u16(50, "le").u16(1, "le"); // requests at once, connections
    words.u32(0x4104, "le").u32(0x1_0000, "le").zeros(4); // sizes of buffers, session key
    words.u32(server.guid === undefined ? 0 : CAPABILITY_EXTENDED_SECURITY, "le");
    words.u64(server.systemTime, "le").zeros(2 + 1); // time zone, length of the challenge
    if (server.guid !== undefined) encodeUuid(data, server.guid, "le");
  }
  writeBlocks(writer, words, data);
}

function decodeResponse(wordCount: number, words: Reader, data: Reader): Smb1NegotiateResponse {
  if (wordCount === WORDS.index) return { type: "negotiateResponse", dialectIndex: words.u16("le") };
  if (wordCount !== WORDS.ntLm) throw words.error("unsupported", `a negotiate response of ${wordCount} words`);
  const dialectIndex = words.u16("le");
  const securityMode = words.u8();
  words.skip(2 + 2 + 4 + 4 + 4);
  const extended = (words.u32("le") & CAPABILITY_EXTENDED_SECURITY) !== 0;
  const systemTime = words.u64("le");
  const guid = extended ? { guid: decodeUuid(data, "le") } : {};
  return { type: "negotiateResponse", dialectIndex, server: { securityMode, systemTime, ...guid } };
}
