/**
 * The pre-login exchange of TDS, which SQL Server speaks (MS-TDS sections 2.2.3.1 and 2.2.6.5): one packet each way,
 * with version, encryption and instance as options. Of what follows, the log-on among it, nothing is written here.
 */
import { Reader, utf8Bytes, WireError, Writer } from "./bytes.ts";

/** A response comes as a table response; that packet type has no other name before a log-on. */
const TYPE = { request: 0x12, response: 0x04 } as const;

const END_OF_MESSAGE = 0x01;
const HEAD_BYTES = 8;
const OPTION_BYTES = 5;
const VERSION_BYTES = 6;
const TERMINATOR = 0xff;

/** The largest packet before anything is negotiated (section 2.2.3.1.3). */
const MAX_PACKET_BYTES = 4096;

export const PRELOGIN_OPTION = { version: 0, encryption: 1, instance: 2, threadId: 3, mars: 4 } as const;

export interface Prelogin {
  readonly type: "request" | "response";
  /** In the order of their heads; the version comes first. */
  readonly options: readonly PreloginOption[];
}

export interface PreloginOption {
  /** One of `PRELOGIN_OPTION`, or a later one. */
  readonly token: number;
  readonly data: Uint8Array;
}

export interface TdsVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  readonly subBuild: number;
}

/**
 * Length of the packet at the head of a buffer, or undefined while that cannot be known yet. Throws for a head that no
 * pre-login packet has, as soon as that shows.
 */
export function preloginFrameLength(buffered: Uint8Array): number | undefined {
  const [type, status] = buffered;
  if (type !== undefined && type !== TYPE.request && type !== TYPE.response) {
    throw new WireError("malformed", `a packet of type ${type}`, 0);
  }
  if (status !== undefined && status !== END_OF_MESSAGE) {
    throw new WireError("malformed", `a pre-login packet of status ${status}`, 1);
  }
  if (buffered.length < 4) return undefined;
  const length = new Reader(buffered, 2).u16("be");
  if (length < HEAD_BYTES + OPTION_BYTES + 1 || length > MAX_PACKET_BYTES) {
    throw new WireError("malformed", `a pre-login packet of ${length} bytes`, 2);
  }
  return length;
}

export function encodePrelogin({ type, options }: Prelogin): Uint8Array {
  const writer = new Writer().u8(TYPE[type]).u8(END_OF_MESSAGE).zeros(4).u8(1).zeros(1);
  let offset = options.length * OPTION_BYTES + 1;
  for (const { token, data } of options) {
    if (token === TERMINATOR) throw writer.unencodable("the terminator as an option");
    writer.u8(token).u16(offset, "be").u16(data.length, "be");
    offset += data.length;
  }
  writer.u8(TERMINATOR);
  for (const { data } of options) writer.bytes(data);
  if (writer.length > MAX_PACKET_BYTES) throw writer.unencodable(`a packet of ${writer.length} bytes`);
  return writer.patchU16(2, writer.length, "be").finish();
}

/** Decodes exactly one packet, which must name a version. */
export function decodePrelogin(bytes: Uint8Array): Prelogin {
  const length = preloginFrameLength(bytes);
  if (length === undefined || length > bytes.length) {
    throw new WireError("truncated", "half a pre-login packet", bytes.length);
  }
  new Reader(bytes, length).expectEnd("the pre-login packet");
  const heads = new Reader(bytes, HEAD_BYTES);
  const options: PreloginOption[] = [];
  for (let token = heads.u8(); token !== TERMINATOR; token = heads.u8()) {
    const [offset, size] = [heads.u16("be"), heads.u16("be")];
    const data = new Reader(bytes, HEAD_BYTES);
    data.skip(offset);
    options.push({ token, data: data.bytes(size) });
  }
  if (options[0]?.token !== PRELOGIN_OPTION.version || options[0].data.length !== VERSION_BYTES) {
    throw heads.error("malformed", "a pre-login packet that does not begin with a version");
  }
  return { type: bytes[0] === TYPE.request ? "request" : "response", options };
}

/** What a client asks that never logs on: no encryption wished for, no MARS; `instance` only where it is to be checked. */
export function preloginRequest(instance = ""): Prelogin {
  const { version, encryption, threadId, mars } = PRELOGIN_OPTION;
  return {
    type: "request",
    options: [
      { token: version, data: versionBytes({ major: 9, minor: 0, build: 0, subBuild: 0 }) },
      { token: encryption, data: Uint8Array.of(0) },
      { token: PRELOGIN_OPTION.instance, data: Uint8Array.of(...utf8Bytes(instance), 0) },
      { token: threadId, data: new Uint8Array(4) },
      { token: mars, data: Uint8Array.of(0) },
    ],
  };
}

/** The data of an option, or undefined where it is not there. */
export function preloginOption({ options }: Prelogin, name: keyof typeof PRELOGIN_OPTION): Uint8Array | undefined {
  return options.find(({ token }) => token === PRELOGIN_OPTION[name])?.data;
}

/** The server's or client's version: the first option of every pre-login packet. */
export function preloginVersion({ options }: Prelogin): TdsVersion {
  const reader = new Reader(options[0]?.data ?? new Uint8Array());
  return { major: reader.u8(), minor: reader.u8(), build: reader.u16("be"), subBuild: reader.u16("be") };
}

/** What a version goes by, for instance `SQL Server 2005`; undefined for one that is not in the list. */
export function sqlServerName({ major, minor }: TdsVersion): string | undefined {
  if (major === 10 && minor >= 50) return "SQL Server 2008 R2";
  const year = YEARS.get(major);
  return year === undefined ? undefined : `SQL Server ${year}`;
}

const YEARS: ReadonlyMap<number, number> = new Map([
  [8, 2000],
  [9, 2005],
  [10, 2008],
  [11, 2012],
  [12, 2014],
  [13, 2016],
  [14, 2017],
  [15, 2019],
  [16, 2022],
]);

/** What the encryption option of a response says (section 2.2.6.5). */
export function encryptionName(value: number): string {
  return ENCRYPTIONS[value] ?? `encryption ${value}`;
}

const ENCRYPTIONS = ["of the log-on only", "on", "not supported", "required"];

function versionBytes({ major, minor, build, subBuild }: TdsVersion): Uint8Array {
  return new Writer().u8(major).u8(minor).u16(build, "be").u16(subBuild, "be").finish();
}
