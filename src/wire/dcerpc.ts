/**
 * Connection-oriented DCE/RPC: the PDUs of C706 chapter 12 as MS-RPCE section 2.2.2 has them, as far as a call without
 * authentication goes: bind, bind_ack, bind_nak, request, response, fault. The data representation of each PDU is
 * honoured. Authenticated PDUs and the other types are `unsupported`.
 */
import { type ByteOrder, Reader, WireError, Writer } from "./bytes.ts";
import {
  type Bind,
  type BindAck,
  type BindNak,
  decodeBind,
  decodeBindAck,
  decodeBindNak,
  encodeBind,
  encodeBindAck,
  encodeBindNak,
} from "./dcerpc-bind.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

const HEAD_BYTES = 16;
const FRAGMENT_LENGTH_OFFSET = 8;
const LITTLE_ENDIAN = 0x10;

/** PFC flags (C706 section 12.6.3.1). The one for an object UUID is set where a request has an object. */
export const PFC = { firstFragment: 0x01, lastFragment: 0x02, didNotExecute: 0x20, objectUuid: 0x80 } as const;

/** A call in one fragment, in little-endian: spread it into a PDU, and write the rest. */
export const WHOLE = { flags: PFC.firstFragment | PFC.lastFragment, order: "le" } as const;

const TYPE = { request: 0, response: 2, fault: 3, bind: 11, bindAck: 12, bindNak: 13 } as const;
/** The highest type there is, rts of MS-RPCE. */
const LAST_TYPE = 20;

/** What all PDUs have in common. */
export interface PduHead {
  /** See `PFC`. */
  readonly flags: number;
  /** Byte order of this PDU and of the stub in it. */
  readonly order: ByteOrder;
  readonly callId: number;
}

export interface Request {
  readonly type: "request";
  readonly contextId: number;
  readonly opnum: number;
  readonly object?: string;
  readonly stub: Uint8Array;
}

export interface Response {
  readonly type: "response";
  readonly contextId: number;
  readonly stub: Uint8Array;
}

export interface Fault {
  readonly type: "fault";
  readonly contextId: number;
  /** See `faultName`. */
  readonly status: number;
}

type Body = Bind | BindAck | BindNak | Request | Response | Fault;

export type ResponsePdu = PduHead & Response;
export type Pdu = PduHead & Body;

/**
 * Length of the PDU at the head of a buffer, at most 65535, or undefined while it cannot be known yet. Throws for a
 * head that no PDU has.
 */
export function pduFrameLength(buffered: Uint8Array): number | undefined {
  const [major = 5, minor = 0, type = 0, , representation = LITTLE_ENDIAN] = buffered;
  if (major !== 5 || minor > 1) throw new WireError("malformed", "not DCE/RPC version 5", 0);
  if (type > LAST_TYPE) throw new WireError("malformed", `a PDU of type ${type}`, 2);
  const order = byteOrder(representation);
  if (buffered.length < FRAGMENT_LENGTH_OFFSET + 2) return undefined;
  const length = new Reader(buffered, FRAGMENT_LENGTH_OFFSET).u16(order);
  if (length < HEAD_BYTES) throw new WireError("malformed", `a PDU of ${length} bytes`, FRAGMENT_LENGTH_OFFSET);
  return length;
}

/** Encodes one PDU, 65535 bytes at most. */
export function encodePdu(pdu: Pdu): Uint8Array {
  const { order } = pdu;
  const object = pdu.type === "request" && pdu.object !== undefined ? PFC.objectUuid : 0;
  const writer = new Writer().u8(5).u8(0).u8(TYPE[pdu.type]);
  writer.u8((pdu.flags & ~PFC.objectUuid) | object);
  writer.u8(order === "le" ? LITTLE_ENDIAN : 0).zeros(3);
  writer.zeros(4).u32(pdu.callId, order);
  encodeBody(writer, pdu);
  return writer.patchU16(FRAGMENT_LENGTH_OFFSET, writer.length, order).finish();
}

/** Decodes exactly one PDU. */
export function decodePdu(bytes: Uint8Array): Pdu {
  const length = pduFrameLength(bytes) ?? HEAD_BYTES;
  const reader = new Reader(bytes, 0, length);
  reader.skip(2);
  const [type, flags, order] = [reader.u8(), reader.u8(), byteOrder(reader.u8())];
  reader.skip(5);
  const authLength = reader.u16(order);
  const head = { flags, order, callId: reader.u32(order) };
  if (bytes.length < length) throw new WireError("truncated", `a PDU of ${length} bytes`, bytes.length);
  if (bytes.length > length) throw new WireError("malformed", "bytes after the PDU", length);
  if (authLength > 0) throw new WireError("unsupported", "an authenticated PDU", 10);
  return { ...head, ...decodeBody(reader, type, head) };
}

function byteOrder(representation: number): ByteOrder {
  if (representation === LITTLE_ENDIAN) return "le";
  if (representation === 0) return "be";
  throw new WireError("malformed", `data representation 0x${representation.toString(16)}`, 4);
}

function encodeBody(writer: Writer, pdu: Pdu): void {
  const { order } = pdu;
  switch (pdu.type) {
    case "bind":
      encodeBind(writer, pdu, order);
      break;
    case "bindAck":
      encodeBindAck(writer, pdu, order);
      break;
    case "bindNak":
      encodeBindNak(writer, pdu, order);
      break;
    case "request":
      writer.u32(pdu.stub.length, order).u16(pdu.contextId, order).u16(pdu.opnum, order);
      if (pdu.object !== undefined) encodeUuid(writer, pdu.object, order);
      writer.bytes(pdu.stub);
      break;
    case "response":
      writer.u32(pdu.stub.length, order).u16(pdu.contextId, order).zeros(2).bytes(pdu.stub);
      break;
    case "fault":
      writer.u32(0, order).u16(pdu.contextId, order).zeros(2).u32(pdu.status, order).zeros(4);
  }
}

function decodeBody(reader: Reader, type: number, { flags, order }: PduHead): Body {
  switch (type) {
    case TYPE.bind:
      return decodeBind(reader, order);
    case TYPE.bindAck:
      return decodeBindAck(reader, order);
    case TYPE.bindNak:
      return decodeBindNak(reader, order);
    case TYPE.request: {
      reader.skip(4); // alloc_hint
      const [contextId, opnum] = [reader.u16(order), reader.u16(order)];
      const object = (flags & PFC.objectUuid) !== 0 ? { object: decodeUuid(reader, order) } : {};
      return { type: "request", contextId, opnum, ...object, stub: reader.rest() };
    }
    case TYPE.response: {
      reader.skip(4); // alloc_hint
      const contextId = reader.u16(order);
      reader.skip(2); // cancel_count
      return { type: "response", contextId, stub: reader.rest() };
    }
    case TYPE.fault: {
      reader.skip(4); // alloc_hint
      const contextId = reader.u16(order);
      reader.skip(2); // cancel_count
      return { type: "fault", contextId, status: reader.u32(order) };
    }
    default:
      throw new WireError("unsupported", `a PDU of type ${type}`, 2);
  }
}

/** The name of a fault's status (C706 appendix E, MS-ERREF section 2.2), else its number in hex. */
export function faultName(status: number): string {
  return FAULT_NAMES.get(status) ?? `0x${status.toString(16).padStart(8, "0")}`;
}

const FAULT_NAMES: ReadonlyMap<number, string> = new Map([
  [0x0000_0005, "access denied"],
  [0x0000_06d1, "procedure number out of range"],
  [0x0000_06f7, "stub received bad data"],
  [0x0000_0721, "security package error"],
  [0x1c00_0008, "nca_rpc_version_mismatch"],
  [0x1c00_0009, "nca_unspec_reject"],
  [0x1c00_001a, "nca_s_fault_context_mismatch"],
  [0x1c00_001c, "nca_invalid_pres_context_id"],
  [0x1c01_0002, "nca_op_rng_error"],
  [0x1c01_0003, "nca_unk_if"],
  [0x1c01_000b, "nca_proto_error"],
  [0x1c01_0014, "nca_server_too_busy"],
]);
