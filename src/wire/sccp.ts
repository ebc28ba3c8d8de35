/**
 * SCCP ("Skinny") messages: length, header version and message id, each 32 bits in little-endian order, then the body.
 * The protocol is Cisco's own and nobody publishes it: this is what the dissector of Wireshark knows of it.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

/** The messages that matter to somebody who never registers. */
export const SCCP_MESSAGE = { keepAlive: 0x0000, registerReject: 0x009d, reset: 0x009f, keepAliveAck: 0x0100 } as const;

const HEADER_BYTES = 8;
const ID_BYTES = 4;
/** No message of the protocol is longer. */
const LENGTH_MAX = 4_096;
/** Message ids end far below. */
const ID_MAX = 0xffff;
/** Versions of the header in use are 0, and 10 to 22 for protocols that came later. */
const VERSION_MAX = 0xff;

export interface SccpMessage {
  readonly version: number;
  readonly id: number;
  readonly body: Uint8Array;
}

export function encodeSccp({ version, id, body }: SccpMessage): Uint8Array {
  return new Writer()
    .u32(ID_BYTES + body.length, "le")
    .u32(version, "le")
    .u32(id, "le")
    .bytes(body)
    .finish();
}

/** Reads a message that fills the bytes. */
export function decodeSccp(bytes: Uint8Array): SccpMessage {
  const reader = new Reader(bytes);
  const length = checkedLength(reader.u32("le"));
  const version = reader.u32("le");
  if (version > VERSION_MAX) throw new WireError("malformed", `header version ${version}`, 4);
  const message = reader.sub(length);
  reader.expectEnd("the message");
  const id = message.u32("le");
  if (id > ID_MAX) throw new WireError("malformed", `message ${id}`, HEADER_BYTES);
  return { version, id, body: message.rest() };
}

/** Length of the message at the head of a stream; undefined while it cannot be known. Throws for one that is none. */
export function sccpFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length < 4) return undefined;
  return HEADER_BYTES + checkedLength(new Reader(buffered).u32("le"));
}

function checkedLength(length: number): number {
  if (length < ID_BYTES || length > LENGTH_MAX) throw new WireError("malformed", `a length of ${length} bytes`, 0);
  return length;
}
