/**
 * SMB over TCP without NetBIOS, port 445 (MS-SMB2 section 2.1): each message stands behind a zero byte and its length
 * in 24 bits, and begins with the mark of SMB 1 or of all later versions.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

export const SMB1_MARK = Uint8Array.of(0xff, 0x53, 0x4d, 0x42);
export const SMB2_MARK = Uint8Array.of(0xfe, 0x53, 0x4d, 0x42);

const HEAD_BYTES = 4;
const MAX_MESSAGE_BYTES = 0xff_ffff;
/** The header of SMB 1, the shorter one. */
const MIN_MESSAGE_BYTES = 32;

export function encodeSmbFrame(message: Uint8Array): Uint8Array {
  const { length } = message;
  if (length > MAX_MESSAGE_BYTES) throw new WireError("unencodable", `cannot write a message of ${length} bytes`, 0);
  return new Writer().u32(length, "be").bytes(message).finish();
}

/**
 * Length of the frame at the head of a buffer, or undefined while that cannot be known yet. Throws for a head that no
 * SMB message has, as soon as that shows.
 */
export function smbFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length > 0 && buffered[0] !== 0) throw new WireError("malformed", "not SMB over TCP", 0);
  if (buffered.length < HEAD_BYTES) return undefined;
  const length = new Reader(buffered).u32("be");
  if (length < MIN_MESSAGE_BYTES) throw new WireError("malformed", "too short for an SMB message", 1);
  const mark = buffered.subarray(HEAD_BYTES, HEAD_BYTES + SMB1_MARK.length);
  if (!startsLike(SMB1_MARK, mark) && !startsLike(SMB2_MARK, mark)) {
    throw new WireError("malformed", "not an SMB message", HEAD_BYTES);
  }
  return HEAD_BYTES + length;
}

/** The message of exactly one frame. */
export function decodeSmbFrame(bytes: Uint8Array): Uint8Array {
  const length = smbFrameLength(bytes);
  if (length === undefined || length > bytes.length)
    throw new WireError("truncated", "half an SMB frame", bytes.length);
  if (length < bytes.length) throw new WireError("malformed", "bytes behind an SMB frame", length);
  return bytes.subarray(HEAD_BYTES);
}

/** Whether the message of a frame is of SMB 1. */
export function isSmb1(message: Uint8Array): boolean {
  return message[0] === SMB1_MARK[0];
}

function startsLike(mark: Uint8Array, part: Uint8Array): boolean {
  return part.every((byte, at) => byte === mark[at]);
}
