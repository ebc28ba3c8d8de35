/**
 * SMTP commands and replies (RFC 5321 sections 4.1.1 and 4.2) and the extensions that a reply to EHLO lists (section
 * 4.1.1.1). Lines may end in a bare line feed, as some servers write them.
 */
import { latin1Text, utf8Bytes, utf8Text, WireError } from "./bytes.ts";

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

/** RFC 5321 section 4.5.3.1.5 allows 512 octets a line; extensions may want more. */
const LINE_CAP_BYTES = 4_096;
/** No reply to what is asked here comes near it. */
const LINES_MAX = 256;

/** Three digits, then `-` on every line but the last (RFC 5321 section 4.2.1). */
const REPLY_LINE = /^([2-5][0-5][0-9])(?:([ -])([^\r\n]*))?$/;
const CODE_BYTES = 3;

export interface SmtpReply {
  /** 200 to 559. */
  readonly code: number;
  /** One text a line, at least one; never with a line's end in it. */
  readonly lines: readonly string[];
}

/** One extension of a reply to EHLO, for instance `SIZE` with `52428800`. */
export interface SmtpExtension {
  /** In capitals. */
  readonly keyword: string;
  readonly parameters: string;
}

/** A reply as a server writes it. Throws `unencodable` for a code or text that no reply has. */
export function encodeSmtpReply({ code, lines }: SmtpReply): Uint8Array {
  const written = lines.map((text, at) => `${code}${at === lines.length - 1 ? " " : "-"}${text}`);
  if (lines.length === 0 || lines.length > LINES_MAX || !written.every((line) => REPLY_LINE.test(line))) {
    throw new WireError("unencodable", `cannot write ${lines.length} lines with code ${code}`, 0);
  }
  return utf8Bytes(written.map((line) => `${line}\r\n`).join(""));
}

/**
 * Length of the whole reply at the head of a buffer, all its lines, or undefined while its last line is not there.
 * Throws for what cannot be one, as soon as its first bytes say so.
 */
export function smtpReplyLength(buffered: Uint8Array): number | undefined {
  let start = 0;
  for (let count = 1; count <= LINES_MAX; count++) {
    const end = lineEnd(buffered, start);
    if (end === undefined) {
      expectReplyStart(buffered.subarray(start), start);
      return undefined;
    }
    if (parseLine(buffered.subarray(start, end), start).last) return end;
    start = end;
  }
  throw new WireError("limit", `a reply of more than ${LINES_MAX} lines`, start);
}

/** Decodes a whole reply; all its lines must bear the same code, and nothing may stand behind the last. */
export function decodeSmtpReply(bytes: Uint8Array): SmtpReply {
  const length = smtpReplyLength(bytes);
  if (length === undefined) throw new WireError("truncated", "a reply without its last line", bytes.length);
  if (length < bytes.length) throw new WireError("malformed", `${bytes.length - length} bytes behind a reply`, length);
  const lines: string[] = [];
  let code: number | undefined;
  for (let start = 0; start < length; ) {
    const end = lineEnd(bytes, start)!;
    const line = parseLine(bytes.subarray(start, end), start);
    if (code !== undefined && line.code !== code)
      throw new WireError("malformed", `code ${line.code} after ${code}`, start);
    code = line.code;
    lines.push(line.text);
    start = end;
  }
  return { code: code!, lines };
}

/** Where the line that begins at `start` ends, its line feed included; undefined while that is not there. */
function lineEnd(bytes: Uint8Array, start: number): number | undefined {
  const at = bytes.indexOf(LINE_FEED, start);
  const length = (at === -1 ? bytes.length : at) - start;
  if (length > LINE_CAP_BYTES) throw new WireError("limit", `a line of more than ${LINE_CAP_BYTES} bytes`, start);
  return at === -1 ? undefined : at + 1;
}

/** What another protocol says first must not be waited out: the digits of a code come first. */
function expectReplyStart(line: Uint8Array, at: number): void {
  const start = latin1Text(line.subarray(0, CODE_BYTES + 1));
  if (!/^(?:[2-5](?:[0-5](?:[0-9][ \-\r]?)?)?)?$/.test(start))
    throw new WireError("malformed", "no line of a reply", at);
}

function parseLine(
  line: Uint8Array,
  at: number,
): { readonly code: number; readonly text: string; readonly last: boolean } {
  const length = line.length - (line.at(-2) === CARRIAGE_RETURN ? 2 : 1);
  const [, code, sign, text = ""] = REPLY_LINE.exec(utf8Text(line.subarray(0, length))) ?? [];
  if (code === undefined) throw new WireError("malformed", "no line of a reply", at);
  return { code: Number(code), text, last: sign !== "-" };
}

/** A command as a client writes it, for instance `EHLO [192.0.2.1]`. Throws `unencodable` for what is not one line. */
export function encodeSmtpCommand(command: string): Uint8Array {
  if (!/^[\x20-\x7e]+$/.test(command)) throw new WireError("unencodable", `cannot write ${JSON.stringify(command)}`, 0);
  return utf8Bytes(`${command}\r\n`);
}

/** Length of the command at the head of a buffer, or undefined while it is not whole. */
export function smtpCommandLength(buffered: Uint8Array): number | undefined {
  return lineEnd(buffered, 0);
}

/** The command's line without its end. */
export function decodeSmtpCommand(bytes: Uint8Array): string {
  const length = smtpCommandLength(bytes);
  if (length === undefined) throw new WireError("truncated", "a command without its end", bytes.length);
  if (length < bytes.length)
    throw new WireError("malformed", `${bytes.length - length} bytes behind a command`, length);
  return utf8Text(bytes).replace(/\r?\n$/, "");
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]`, by which a client without a name presents itself (RFC 5321 section 4.1.3). */
export function addressLiteral(address: string): string {
  return address.includes(":") ? `[IPv6:${address.replace(/%.*$/, "")}]` : `[${address}]`;
}

/** What the lines behind the first of a reply to EHLO offer. */
export function ehloExtensions({ lines }: SmtpReply): readonly SmtpExtension[] {
  return lines.slice(1).flatMap((line) => {
    // Old servers write `AUTH=LOGIN`.
    const [, keyword, parameters = ""] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =](.*))?$/.exec(line) ?? [];
    return keyword === undefined ? [] : [{ keyword: keyword.toUpperCase(), parameters }];
  });
}
