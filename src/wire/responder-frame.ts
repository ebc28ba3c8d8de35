/**
 * Frames of the responder's control channel (docs/responder-protocol.md, "Frames"): a length of four bytes, then so
 * many bytes of JSON in UTF-8.
 */
import { Reader, utf8Bytes, utf8Text, WireError, Writer } from "./bytes.ts";

const LENGTH_BYTES = 4;
/** A whole window of ports in as many spans as they can make, with room to spare. */
export const RESPONDER_BODY_BYTES_MAX = 262_144;
export const RESPONDER_FRAME_BYTES_MAX = LENGTH_BYTES + RESPONDER_BODY_BYTES_MAX;

/** Length of the frame at the head of a buffer, or undefined while that cannot be known yet. Throws beyond the limit. */
export function responderFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length < LENGTH_BYTES) return undefined;
  const length = new Reader(buffered).u32("be");
  if (length > RESPONDER_BODY_BYTES_MAX) throw new WireError("limit", `a frame of ${length} bytes`, 0);
  return LENGTH_BYTES + length;
}

/** Throws `unencodable` for what JSON cannot say within the limit. */
export function encodeResponderFrame(value: unknown): Uint8Array {
  const writer = new Writer();
  const body = utf8Bytes(JSON.stringify(value) ?? "");
  if (body.length > RESPONDER_BODY_BYTES_MAX) throw writer.unencodable(`a frame of ${body.length} bytes`);
  return writer.u32(body.length, "be").bytes(body).finish();
}

/** The JSON value of exactly one frame. */
export function decodeResponderFrame(bytes: Uint8Array): unknown {
  const length = responderFrameLength(bytes);
  if (length === undefined) throw new WireError("truncated", "a frame without its length", bytes.length);
  const reader = new Reader(bytes);
  reader.skip(LENGTH_BYTES);
  const body = reader.bytes(length - LENGTH_BYTES);
  reader.expectEnd("the frame");
  try {
    return JSON.parse(utf8Text(body));
  } catch {
    throw new WireError("malformed", "a frame that is not JSON", LENGTH_BYTES);
  }
}
