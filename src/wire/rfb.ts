/**
 * The first words of RFB, which VNC speaks (RFC 6143 section 7.1): the version that a server announces, and the refusal
 * that it may put right behind it. Nothing after that is read here.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

export const VERSION_BYTES = 12;

/** Longer reasons are refused: they are a line for people. */
const MAX_REASON_BYTES = 1024;

const SHAPE = "RFB ddd.ddd\n";

export interface RfbVersion {
  /** 3 in RFC 6143; others have used 0, 4 and 5. */
  readonly major: number;
  readonly minor: number;
}

/** Length of a ProtocolVersion message (section 7.1.1). Throws as soon as the buffer cannot begin with one. */
export function rfbVersionLength(buffered: Uint8Array): number | undefined {
  const end = Math.min(buffered.length, VERSION_BYTES);
  for (let at = 0; at < end; at++) {
    if (!fits(SHAPE[at]!, buffered[at]!)) throw new WireError("malformed", "not an RFB version", at);
  }
  return end < VERSION_BYTES ? undefined : VERSION_BYTES;
}

function fits(wanted: string, byte: number): boolean {
  return wanted === "d" ? byte >= 0x30 && byte <= 0x39 : byte === wanted.charCodeAt(0);
}

export function encodeRfbVersion({ major, minor }: RfbVersion): Uint8Array {
  const writer = new Writer().ascii("RFB ");
  decimal(writer, major).ascii(".");
  return decimal(writer, minor).ascii("\n").finish();
}

/** Decodes exactly one ProtocolVersion message. */
export function decodeRfbVersion(bytes: Uint8Array): RfbVersion {
  if (rfbVersionLength(bytes) === undefined) throw new WireError("truncated", "half an RFB version", bytes.length);
  const reader = new Reader(bytes);
  reader.skip(4);
  const major = Number(reader.ascii(3));
  reader.skip(1);
  const minor = Number(reader.ascii(3));
  reader.skip(1);
  reader.expectEnd("the RFB version");
  return { major, minor };
}

/**
 * Length of the refusal at the head of what follows a version: a number of security types of zero and a reason, as
 * version 3.3 writes it in 32 bits (section 7.1.2 and appendix A). Undefined while that cannot be known yet; throws for
 * anything else.
 */
export function rfbRefusalLength(buffered: Uint8Array): number | undefined {
  const zeros = buffered.subarray(0, 4);
  if (zeros.some((byte) => byte !== 0)) throw new WireError("malformed", "not an RFB refusal", 0);
  if (buffered.length < 8) return undefined;
  const length = new Reader(buffered, 4).u32("be");
  if (length > MAX_REASON_BYTES) throw new WireError("limit", `a reason of ${length} bytes`, 4);
  return 8 + length;
}

export function encodeRfbRefusal(reason: string): Uint8Array {
  return new Writer().u32(0, "be").u32(reason.length, "be").latin1(reason).finish();
}

/** The reason of exactly one refusal. */
export function decodeRfbRefusal(bytes: Uint8Array): string {
  const length = rfbRefusalLength(bytes);
  if (length === undefined || length > bytes.length) {
    throw new WireError("truncated", "half an RFB refusal", bytes.length);
  }
  const reader = new Reader(bytes, 8);
  const reason = reader.latin1(length - 8);
  reader.expectEnd("the RFB refusal");
  return reason;
}

function decimal(writer: Writer, value: number): Writer {
  if (!Number.isInteger(value) || value < 0 || value > 999) throw writer.unencodable(`${value} in three digits`);
  return writer.ascii(String(value).padStart(3, "0"));
}
