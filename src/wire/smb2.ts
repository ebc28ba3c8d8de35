/**
 * How SMB 2 and 3 agree on a dialect: the NEGOTIATE messages (MS-SMB2 sections 2.2.3 and 2.2.4) and the error that may
 * come instead (section 2.2.2), behind the header that all messages have (section 2.2.1.2). Dialect 3.1.1 is read, but
 * not asked for, because it wants negotiate contexts; other commands are `unsupported`.
 */
import { Reader, WireError, Writer } from "./bytes.ts";
import { NT_STATUS } from "./nt-status.ts";
import { SMB2_MARK } from "./smb-frame.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

export const SMB2_DIALECT = { v202: 0x0202, v210: 0x0210, v300: 0x0300, v302: 0x0302, any: 0x02ff } as const;

/** Bits of the security mode: signing is possible, signing is a must. */
export const SMB2_SIGNING = { enabled: 0x0001, required: 0x0002 } as const;

const HEADER_BYTES = 64;
const NEGOTIATE = 0x0000;
const FLAG_RESPONSE = 0x0000_0001;
/** PIDHigh is zero: anything else crashed the first servers. */
const PROCESS_ID = 0x0000_feff;
/** What servers offer to read and write at once. */
const OFFERED_BYTES = 0x0080_0000;
const SIZE = { request: 36, response: 65, error: 9 } as const;
/** Where the security buffer of a response begins. */
const BUFFER_OFFSET = HEADER_BYTES + 64;

export interface Smb2NegotiateRequest {
  readonly type: "negotiateRequest";
  readonly messageId: bigint;
  /** Bits of `SMB2_SIGNING`. */
  readonly securityMode: number;
  readonly clientGuid: string;
  readonly dialects: readonly number[];
}

export interface Smb2NegotiateResponse {
  readonly type: "negotiateResponse";
  readonly messageId: bigint;
  /** Bits of `SMB2_SIGNING`. */
  readonly securityMode: number;
  /** See `smb2DialectName`. */
  readonly dialect: number;
  readonly serverGuid: string;
  /** Bits; see `smb2CapabilityNames`. */
  readonly capabilities: number;
  /** See filetime.ts. */
  readonly systemTime: bigint;
  /** What the server says about authentication, in SPNEGO (RFC 4178). */
  readonly securityBuffer: Uint8Array;
}

/** Any command may be answered by it. */
export interface Smb2Error {
  readonly type: "error";
  readonly messageId: bigint;
  /** See nt-status.ts. */
  readonly status: number;
}

export type Smb2Message = Smb2NegotiateRequest | Smb2NegotiateResponse | Smb2Error;

export function encodeSmb2(message: Smb2Message): Uint8Array {
  const status = message.type === "error" ? message.status : NT_STATUS.success;
  const writer = new Writer().bytes(SMB2_MARK).u16(HEADER_BYTES, "le").u16(0, "le").u32(status, "le");
  writer.u16(NEGOTIATE, "le").u16(1, "le"); // one credit
  writer.u32(message.type === "negotiateRequest" ? 0 : FLAG_RESPONSE, "le").u32(0, "le");
  writer.u64(message.messageId, "le").u32(PROCESS_ID, "le");
  writer.zeros(4 + 8 + 16); // tree, session, signature
  switch (message.type) {
    case "negotiateRequest":
      encodeRequest(writer, message);
      break;
    case "negotiateResponse":
      encodeResponse(writer, message);
      break;
    case "error":
      // One byte of data must be there, even where there is none.
      writer.u16(SIZE.error, "le").zeros(2 + 4 + 1);
      break;
  }
  return writer.finish();
}

export function decodeSmb2(bytes: Uint8Array): Smb2Message {
  const reader = new Reader(bytes);
  if (reader.bytes(SMB2_MARK.length).some((byte, at) => byte !== SMB2_MARK[at])) {
    throw new WireError("malformed", "not an SMB 2 message", 0);
  }
  if (reader.u16("le") !== HEADER_BYTES) throw new WireError("malformed", "an SMB 2 header of another length", 4);
  reader.skip(2);
  const status = reader.u32("le");
  const command = reader.u16("le");
  if (command !== NEGOTIATE) throw new WireError("unsupported", `SMB 2 command ${command}`, 12);
  reader.skip(2);
  const response = (reader.u32("le") & FLAG_RESPONSE) !== 0;
  reader.skip(4);
  const messageId = reader.u64("le");
  reader.skip(HEADER_BYTES - 32);
  if (!response) return decodeRequest(reader, messageId);
  if (status === NT_STATUS.success) return decodeResponse(reader, bytes, messageId);
  expectSize(reader, SIZE.error);
  reader.skip(SIZE.error - 2);
  return { type: "error", messageId, status };
}

function encodeRequest(writer: Writer, { dialects, securityMode, clientGuid }: Smb2NegotiateRequest): void {
  writer
    .u16(SIZE.request, "le")
    .u16(dialects.length, "le")
    .u16(securityMode, "le")
    .zeros(2 + 4);
  encodeUuid(writer, clientGuid, "le");
  writer.zeros(8); // start time
  for (const dialect of dialects) writer.u16(dialect, "le");
}

function decodeRequest(reader: Reader, messageId: bigint): Smb2NegotiateRequest {
  expectSize(reader, SIZE.request);
  const count = reader.u16("le");
  const securityMode = reader.u16("le");
  reader.skip(2 + 4);
  const clientGuid = decodeUuid(reader, "le");
  reader.skip(8);
  const list = reader.sub(2 * count);
  const dialects = Array.from({ length: count }, () => list.u16("le"));
  return { type: "negotiateRequest", messageId, securityMode, clientGuid, dialects };
}

function encodeResponse(writer: Writer, response: Smb2NegotiateResponse): void {
  writer.u16(SIZE.response, "le").u16(response.securityMode, "le").u16(response.dialect, "le").zeros(2);
  encodeUuid(writer, response.serverGuid, "le");
  writer.u32(response.capabilities, "le");
  writer.u32(OFFERED_BYTES, "le").u32(OFFERED_BYTES, "le").u32(OFFERED_BYTES, "le");
  writer.u64(response.systemTime, "le").zeros(8); // start time
  writer.u16(BUFFER_OFFSET, "le").u16(response.securityBuffer.length, "le").zeros(4);
  writer.bytes(response.securityBuffer);
}

function decodeResponse(reader: Reader, message: Uint8Array, messageId: bigint): Smb2NegotiateResponse {
  expectSize(reader, SIZE.response);
  const [securityMode, dialect] = [reader.u16("le"), reader.u16("le")];
  reader.skip(2);
  const serverGuid = decodeUuid(reader, "le");
  const capabilities = reader.u32("le");
  reader.skip(3 * 4);
  const systemTime = reader.u64("le");
  reader.skip(8);
  const [offset, length] = [reader.u16("le"), reader.u16("le")];
  reader.skip(4);
  if (length > 0 && offset < BUFFER_OFFSET) throw reader.error("malformed", `a security buffer at byte ${offset}`);
  const securityBuffer = length === 0 ? new Uint8Array() : new Reader(message, offset).bytes(length);
  return {
    type: "negotiateResponse",
    messageId,
    securityMode,
    dialect,
    serverGuid,
    capabilities,
    systemTime,
    securityBuffer,
  };
}

function expectSize(reader: Reader, size: number): void {
  const found = reader.u16("le");
  if (found !== size) throw reader.error("malformed", `an SMB 2 body of size ${found}, not ${size}`);
}

/** `3.0.2`; for a dialect that is not known its number in hexadecimal digits. */
export function smb2DialectName(dialect: number): string {
  return DIALECTS.get(dialect) ?? `0x${dialect.toString(16).padStart(4, "0")}`;
}

const DIALECTS: ReadonlyMap<number, string> = new Map([
  [SMB2_DIALECT.v202, "2.0.2"],
  [SMB2_DIALECT.v210, "2.1"],
  [SMB2_DIALECT.v300, "3.0"],
  [SMB2_DIALECT.v302, "3.0.2"],
  [0x0311, "3.1.1"],
  // The answer to a client that did not say which: the dialect is agreed on later.
  [SMB2_DIALECT.any, "2 or later"],
]);

/** The names of the capabilities that are set, in their order; bits without a name are left out. */
export function smb2CapabilityNames(capabilities: number): readonly string[] {
  return CAPABILITIES.filter((_, bit) => (capabilities & (1 << bit)) !== 0);
}

/** MS-SMB2 section 2.2.4, from the lowest bit on, without SMB2_GLOBAL_CAP_ in front. */
const CAPABILITIES: readonly string[] = [
  "DFS",
  "LEASING",
  "LARGE_MTU",
  "MULTI_CHANNEL",
  "PERSISTENT_HANDLES",
  "DIRECTORY_LEASING",
  "ENCRYPTION",
];
