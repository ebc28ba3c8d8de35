/**
 * How the history writes a line and finds it again: each line is a gzip member of its own (RFC 1952), whose header says
 * how long the member is, in an extra field as BGZF has it. Length and CRC-32 tell whole members from torn and damaged
 * ones, and `zcat` reads the file.
 */
import { promisify } from "node:util";
import { crc32, deflateRaw, inflateRaw, inflateRawSync } from "node:zlib";

const deflate = promisify(deflateRaw);
const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

/** Magic, deflate, FEXTRA; no time, no flags, system unknown; 8 bytes of extra fields: `UP`, 4 bytes. */
const HEADER = Buffer.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 8, 0, 0x55, 0x50, 4, 0);
const HEADER_BYTES = HEADER.length + 4;
const TRAILER_BYTES = 8;
/** What one line may be when it is whole; a damaged length must not ask for more. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** A line of so much is inflated in less time than another thread takes to begin. */
const SHORT_LINE_BYTES = 32 * 1024;

/** The text as a member. It must not hold a line break: JSON never does. */
export async function writeLine(text: string): Promise<Buffer> {
  const line = Buffer.from(`${text}\n`);
  const body = await deflate(line);
  const member = Buffer.alloc(HEADER_BYTES + body.length + TRAILER_BYTES);
  HEADER.copy(member);
  member.writeUInt32LE(member.length, HEADER.length);
  body.copy(member, HEADER_BYTES);
  member.writeUInt32LE(crc32(line), member.length - 8);
  member.writeUInt32LE(line.length, member.length - 4);
  return member;
}

export type LineRead =
  | { readonly text: string; readonly at: number; readonly end: number }
  /** Bytes from `at` to `end` are no whole line. At the end of the file they are what a torn write left. */
  | { readonly text?: undefined; readonly at: number; readonly end: number };

/** Every whole line of a file, and the places of what is none. Resolves whatever the bytes are. */
export async function* readLines(bytes: Buffer): AsyncGenerator<LineRead> {
  let at = 0;
  let lostFrom: number | undefined;
  while (at < bytes.length) {
    const end = memberEnd(bytes, at);
    const text = end === undefined ? undefined : await textOf(bytes.subarray(at, end));
    if (text === undefined || end === undefined) {
      lostFrom ??= at;
      const next = bytes.indexOf(HEADER.subarray(0, 4), at + 1);
      at = next === -1 ? bytes.length : next;
      continue;
    }
    if (lostFrom !== undefined) yield { at: lostFrom, end: at };
    lostFrom = undefined;
    yield { text, at, end };
    at = end;
  }
  if (lostFrom !== undefined) yield { at: lostFrom, end: bytes.length };
}

/** Where the member that begins here ends, by its own word; undefined when none begins here or it is cut off. */
function memberEnd(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < HEADER_BYTES + TRAILER_BYTES || bytes.compare(HEADER, 0, 4, at, at + 4) !== 0)
    return undefined;
  const end = at + bytes.readUInt32LE(at + HEADER.length);
  return end >= at + HEADER_BYTES + TRAILER_BYTES && end <= bytes.length ? end : undefined;
}

async function textOf(member: Buffer): Promise<string | undefined> {
  const size = member.readUInt32LE(member.length - 4);
  if (size === 0 || size > MAX_LINE_BYTES) return undefined;
  try {
    const body = member.subarray(HEADER_BYTES, -TRAILER_BYTES);
    const most = { maxOutputLength: size };
    const line = size <= SHORT_LINE_BYTES ? inflateRawSync(body, most) : await inflate(body, most);
    const whole = line.length === size && crc32(line) === member.readUInt32LE(member.length - 8);
    return whole ? line.toString("utf8", 0, size - 1) : undefined;
  } catch {
    // Not what deflate writes: damaged.
    return undefined;
  }
}
