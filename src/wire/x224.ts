/**
 * X.224 class 0 over TCP (RFC 1006 section 6, T.123 section 8): the packets that open a connection, confirm it or turn
 * it down, which RDP and T.120 begin with. Each stands in a TPKT of its own. Data packets are `unsupported`.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

const TPKT_VERSION = 3;
const TPKT_BYTES = 4;
const LENGTH_FIELD_BYTES = 1;

/** A header is at most 254 octets long (X.224 section 13.2.1), and these packets have nothing behind it. */
const MAX_PACKET_BYTES = TPKT_BYTES + LENGTH_FIELD_BYTES + 254;
/** An error packet without parameters. */
const MIN_PACKET_BYTES = TPKT_BYTES + LENGTH_FIELD_BYTES + 4;

/** The first octet behind the length, with the credit that class 0 does not use. */
const CODE = { connectionRequest: 0xe0, connectionConfirm: 0xd0, disconnectRequest: 0x80, error: 0x70 } as const;

/** `parameters` is the variable part (X.224 section 13.2.3), where RDP puts its negotiation. */
export type X224Packet =
  | { readonly type: "connectionRequest"; readonly sourceReference: number; readonly parameters: Uint8Array }
  | {
      readonly type: "connectionConfirm";
      readonly destinationReference: number;
      readonly sourceReference: number;
      readonly parameters: Uint8Array;
    }
  | {
      readonly type: "disconnectRequest";
      readonly destinationReference: number;
      readonly sourceReference: number;
      /** See `disconnectReason`. */
      readonly reason: number;
      readonly parameters: Uint8Array;
    }
  | {
      readonly type: "error";
      readonly destinationReference: number;
      /** See `rejectCause`. */
      readonly cause: number;
      readonly parameters: Uint8Array;
    };

/**
 * Length of the packet at the head of a buffer, or undefined while that cannot be known yet. Throws, as soon as it
 * shows, for what is no TPKT or has a length that none of the four packets has.
 */
export function x224FrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length === 0) return undefined;
  if (buffered[0] !== TPKT_VERSION) throw new WireError("malformed", "not a TPKT of version 3", 0);
  if (buffered.length < TPKT_BYTES) return undefined;
  const length = new Reader(buffered, 2).u16("be");
  if (length < MIN_PACKET_BYTES || length > MAX_PACKET_BYTES) {
    throw new WireError("malformed", `a TPKT of ${length} bytes`, 2);
  }
  return length;
}

export function encodeX224(packet: X224Packet): Uint8Array {
  const writer = new Writer().u8(TPKT_VERSION).zeros(3).zeros(LENGTH_FIELD_BYTES).u8(CODE[packet.type]);
  switch (packet.type) {
    case "connectionRequest":
      writer.u16(0, "be").u16(packet.sourceReference, "be").u8(0);
      break;
    case "connectionConfirm":
      writer.u16(packet.destinationReference, "be").u16(packet.sourceReference, "be").u8(0);
      break;
    case "disconnectRequest":
      writer.u16(packet.destinationReference, "be").u16(packet.sourceReference, "be").u8(packet.reason);
      break;
    case "error":
      writer.u16(packet.destinationReference, "be").u8(packet.cause);
      break;
  }
  const bytes = writer.bytes(packet.parameters).patchU16(2, writer.length, "be").finish();
  if (bytes.length > MAX_PACKET_BYTES) throw writer.unencodable(`a header of ${bytes.length} bytes`);
  bytes[TPKT_BYTES] = bytes.length - TPKT_BYTES - LENGTH_FIELD_BYTES;
  return bytes;
}

/** Decodes exactly one packet. */
export function decodeX224(bytes: Uint8Array): X224Packet {
  const length = x224FrameLength(bytes);
  if (length === undefined) throw new WireError("truncated", "a TPKT without its length", bytes.length);
  const reader = new Reader(bytes);
  reader.skip(TPKT_BYTES);
  const header = reader.sub(length - TPKT_BYTES);
  reader.expectEnd("the TPKT");
  if (header.u8() !== header.remaining) throw header.error("malformed", "a header that is not the whole packet");
  return decodeHeader(header);
}

function decodeHeader(header: Reader): X224Packet {
  const code = header.u8();
  const destinationReference = header.u16("be");
  switch (code) {
    case CODE.connectionRequest:
    case CODE.connectionConfirm: {
      const sourceReference = header.u16("be");
      if (header.u8() >> 4 !== 0) throw header.error("unsupported", "a transport class other than 0");
      const parameters = header.rest();
      if (code === CODE.connectionConfirm) {
        return { type: "connectionConfirm", destinationReference, sourceReference, parameters };
      }
      if (destinationReference !== 0) throw header.error("malformed", "a request that answers something");
      return { type: "connectionRequest", sourceReference, parameters };
    }
    case CODE.disconnectRequest: {
      const [sourceReference, reason] = [header.u16("be"), header.u8()];
      return { type: "disconnectRequest", destinationReference, sourceReference, reason, parameters: header.rest() };
    }
    case CODE.error:
      return { type: "error", destinationReference, cause: header.u8(), parameters: header.rest() };
    default:
      throw header.error("unsupported", `an X.224 packet of code 0x${code.toString(16)}`);
  }
}

/** Why a connection was turned down, in words (X.224 section 13.5.3). */
export function disconnectReason(reason: number): string {
  return DISCONNECT_REASONS.get(reason) ?? `reason ${reason}`;
}

const DISCONNECT_REASONS: ReadonlyMap<number, string> = new Map([
  [0, "reason not specified"],
  [1, "congestion"],
  [2, "nobody is attached"],
  [3, "address unknown"],
  [128, "normal disconnect"],
  [129, "remote congestion"],
  [130, "negotiation failed"],
  [133, "protocol error"],
  [135, "reference overflow"],
  [136, "connection refused"],
  [138, "header or parameter length invalid"],
]);

/** Why a packet was rejected, in words (X.224 section 13.12.3). */
export function rejectCause(cause: number): string {
  return REJECT_CAUSES[cause] ?? `cause ${cause}`;
}

const REJECT_CAUSES = [
  "cause not specified",
  "invalid parameter code",
  "invalid packet type",
  "invalid parameter value",
];
