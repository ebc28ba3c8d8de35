/**
 * How Kerberos and the change-password service go over TCP: a length of four octets, then the message (RFC 4120
 * section 7.2.2, RFC 3244 section 2). Over UDP the message is the datagram.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

const HEAD_BYTES = 4;

/**
 * No message that is asked for here comes near it, and what other protocols say first, read as a length, lies far
 * above. The highest bit of the length is reserved, and so refused with it.
 */
const MESSAGE_CAP_BYTES = 64 * 1024;

export function encodeKerberosFrame(message: Uint8Array): Uint8Array {
  return new Writer().u32(message.length, "be").bytes(message).finish();
}

/**
 * Length of the frame at the head of a buffer, with its four octets, or undefined while too few are there to know.
 * Throws for a length that no message has.
 */
export function kerberosFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length < HEAD_BYTES) return undefined;
  const length = new Reader(buffered).u32("be");
  if (length === 0) throw new WireError("malformed", "a message of no octets", 0);
  if (length > MESSAGE_CAP_BYTES) throw new WireError("limit", `a message of ${length} octets`, 0);
  return HEAD_BYTES + length;
}

/** The message in the frame at the head of a buffer, or undefined while it is not whole. */
export function decodeKerberosFrame(buffered: Uint8Array): Uint8Array | undefined {
  const length = kerberosFrameLength(buffered);
  if (length === undefined || buffered.length < length) return undefined;
  return new Reader(buffered, HEAD_BYTES, length).rest();
}
