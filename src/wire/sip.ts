/**
 * SIP messages (RFC 3261 section 7): a start line, headers, a body. The reader is tolerant where servers are sloppy and
 * the meaning is plain (bare LF, folded lines, compact names, any case, blanks before the colon, white space in front of
 * the message), strict where it would have to guess, and bounded throughout. Header values are text here; sip-headers.ts
 * and its neighbours read them. Offsets in errors of this file count bytes of the message.
 */
import { utf8Text, WireError, Writer } from "./bytes.ts";
import { contentLengthOf, type SipHeader } from "./sip-headers.ts";
import { isSipToken } from "./sip-text.ts";

interface Content {
  readonly headers: readonly SipHeader[];
  readonly body: Uint8Array;
}

export interface SipRequest extends Content {
  readonly type: "request";
  readonly method: string;
  /** As written: any scheme, and nothing of it is checked. */
  readonly uri: string;
}

export interface SipResponse extends Content {
  readonly type: "response";
  /** 100 to 699. */
  readonly status: number;
  /** May be empty, and is meant for people (section 7.2). */
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

/** The largest UDP payload; what comes over TCP is held to the same. */
export const SIP_MESSAGE_MAX_BYTES = 64 * 1024;

/** A header with its folds. */
const LINE_MAX_BYTES = 8 * 1024;
const HEADERS_MAX = 256;

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;

type StartLine = Pick<SipRequest, "type" | "method" | "uri"> | Pick<SipResponse, "type" | "status" | "reason">;

/**
 * A datagram, or one frame of a stream (`sipFrameLength`). The body ends where Content-Length says, and what follows is
 * left out; without that header it is all the rest (section 18.3). A message that is not whole is `truncated`.
 */
export function decodeSip(bytes: Uint8Array): SipMessage {
  if (bytes.length > SIP_MESSAGE_MAX_BYTES) throw new WireError("limit", "a message over 64 KiB", 0);
  const { startLine, headers, bodyAt } = decodeHead(bytes);
  const length = contentLengthOf(headers) ?? bytes.length - bodyAt;
  if (bodyAt + length > bytes.length) {
    throw new WireError("truncated", `a body of ${length} bytes, ${bytes.length - bodyAt} came`, bytes.length);
  }
  return { ...startLine, headers, body: bytes.slice(bodyAt, bodyAt + length) };
}

/**
 * Length of the first message of a stream with the line ends in front of it (section 7.5), or undefined while its head
 * is not whole; without Content-Length it has no body. Bytes that can begin no SIP message throw as soon as that is sure.
 */
export function sipFrameLength(buffered: Uint8Array): number | undefined {
  const start = startOf(buffered);
  expectStart(buffered, start);
  if (endOfHead(buffered, start) === undefined) {
    if (buffered.length > SIP_MESSAGE_MAX_BYTES) throw new WireError("limit", "a head over 64 KiB", start);
    return undefined;
  }
  const { headers, bodyAt } = decodeHead(buffered);
  const length = bodyAt + (contentLengthOf(headers) ?? 0);
  if (length > SIP_MESSAGE_MAX_BYTES) throw new WireError("limit", `a message of ${length} bytes`, start);
  return length;
}

/** The message as it goes on the wire. A Content-Length that is not the body's, or text that breaks a line, throws. */
export function encodeSip(message: SipMessage): Uint8Array {
  const writer = new Writer();
  const line = (text: string): void => {
    if (/[\r\n\0]/.test(text)) throw writer.unencodable(`a line break in ${JSON.stringify(text)}`);
    writer.utf8(`${text}\r\n`);
  };
  line(formatStartLine(message, writer));
  for (const { name, value } of message.headers) {
    if (!isSipToken(name)) throw writer.unencodable(`the header name ${JSON.stringify(name)}`);
    line(`${name}: ${value}`);
  }
  line("");
  const length = contentLengthOf(message.headers);
  if (length !== undefined && length !== message.body.length) {
    throw writer.unencodable(`a body of ${message.body.length} bytes as one of ${length}`);
  }
  return writer.bytes(message.body).finish();
}

function formatStartLine(message: SipMessage, writer: Writer): string {
  if (message.type === "response") {
    if (!isStatus(message.status)) throw writer.unencodable(`the status ${message.status}`);
    return `SIP/2.0 ${message.status} ${message.reason}`;
  }
  if (!isSipToken(message.method)) throw writer.unencodable(`the method ${JSON.stringify(message.method)}`);
  if (!URI.test(message.uri)) throw writer.unencodable(`the URI ${JSON.stringify(message.uri)}`);
  return `${message.method} ${message.uri} SIP/2.0`;
}

interface Head {
  readonly startLine: StartLine;
  readonly headers: readonly SipHeader[];
  /** Where the body begins. */
  readonly bodyAt: number;
}

function decodeHead(bytes: Uint8Array): Head {
  const start = startOf(bytes);
  const end = endOfHead(bytes, start);
  if (end === undefined) throw new WireError("truncated", "no empty line ends the head", bytes.length);
  const [first, ...rest] = logicalLines(bytes, start, end);
  const startLine = decodeStartLine(first?.text ?? "", start);
  return { startLine, headers: rest.map(({ text, at }) => decodeHeader(text, at)), bodyAt: end };
}

/** Where the start line begins: behind line ends that keep connections alive (section 7.5, RFC 5626 section 3.5.1). */
function startOf(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}

/** Right behind the first empty line. */
function endOfHead(bytes: Uint8Array, start: number): number | undefined {
  for (let lineAt = start; ; ) {
    const end = bytes.indexOf(LF, lineAt);
    if (end < 0) return undefined;
    if (end === lineAt || (end === lineAt + 1 && bytes[lineAt] === CR)) return end + 1;
    lineAt = end + 1;
  }
}

interface Line {
  readonly text: string;
  /** Its place in the message. */
  readonly at: number;
}

/** The lines up to the empty one; a line that begins with a blank goes on with the one before (section 7.3.1). */
function logicalLines(bytes: Uint8Array, start: number, end: number): readonly Line[] {
  const lines: Line[] = [];
  for (let at = start; at < end; ) {
    let lineEnd = bytes.indexOf(LF, at);
    // The start line is never folded.
    while (lines.length > 0 && lineEnd + 1 < end && isBlank(bytes[lineEnd + 1]))
      lineEnd = bytes.indexOf(LF, lineEnd + 1);
    if (lineEnd - at > LINE_MAX_BYTES) throw new WireError("limit", `a line of ${lineEnd - at} bytes`, at);
    if (lines.length > HEADERS_MAX + 1) throw new WireError("limit", `over ${HEADERS_MAX} headers`, at);
    const text = utf8Text(bytes.subarray(at, lineEnd)).replace(/\r?\n[ \t]+/g, " ");
    lines.push({ text: text.endsWith("\r") ? text.slice(0, -1) : text, at });
    at = lineEnd + 1;
  }
  // The last is the empty one.
  return lines.slice(0, -1);
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function decodeHeader(text: string, at: number): SipHeader {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(0, colon)).replace(/[ \t]+$/, "");
  if (!isSipToken(name)) throw new WireError("malformed", "a line that is no header", at);
  return { name, value: text.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "") };
}

/** No blanks, and nothing that would be a mark around a URI. */
const URI = /^[^\s<>"]+$/;

function decodeStartLine(text: string, at: number): StartLine {
  const status = /^SIP\/(\d+\.\d+) +(\d{3})(?: (.*))?$/is.exec(text);
  if (status !== null) {
    expectVersion(status[1]!, at);
    const code = Number(status[2]);
    if (!isStatus(code)) throw new WireError("malformed", `the status ${code}`, at);
    return { type: "response", status: code, reason: status[3] ?? "" };
  }
  const [method = "", uri = "", version = "", ...rest] = text.split(" ");
  const spoken = /^SIP\/(\d+\.\d+)$/i.exec(version);
  if (spoken === null || rest.length > 0 || !isSipToken(method) || !URI.test(uri)) {
    throw new WireError("malformed", "no start line of SIP", at);
  }
  expectVersion(spoken[1]!, at);
  return { type: "request", method, uri };
}

function expectVersion(version: string, at: number): void {
  if (version !== "2.0") throw new WireError("unsupported", `SIP version ${version}`, at);
}

function isStatus(code: number): boolean {
  return Number.isInteger(code) && code >= 100 && code <= 699;
}

/** Throws for what begins no SIP message: also before its first line is whole, because that line may never end. */
function expectStart(bytes: Uint8Array, start: number): void {
  const end = bytes.indexOf(LF, start);
  const line = bytes.subarray(start, end < 0 ? bytes.length : end);
  if (line.length > LINE_MAX_BYTES) throw new WireError("limit", "a start line without end", start);
  const strange = line.findIndex((byte) => byte < SPACE && byte !== TAB && byte !== CR);
  if (strange >= 0) throw new WireError("malformed", "no text of SIP", start + strange);
  const text = utf8Text(line);
  if (end >= 0) decodeStartLine(text.endsWith("\r") ? text.slice(0, -1) : text, start);
}
