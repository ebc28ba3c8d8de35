/**
 * The node status of the NetBIOS name service: the request for all names of a machine and its answer (RFC 1002 sections
 * 4.2.17 and 4.2.18). Queries for one name, registrations and releases are `unsupported`.
 */
import { latin1Text, Reader, WireError, Writer } from "./bytes.ts";
import { decodeNetbiosName, encodeNetbiosName, type NetbiosName } from "./netbios.ts";

/** In place of a name: whoever hears it is asked for all of its own. */
export const ANY_NAME: NetbiosName = { name: "*", suffix: 0 };

const FLAG = { response: 0x8000, authoritative: 0x0400, operation: 0x7800, result: 0x000f } as const;
const NBSTAT = 0x0021;
const INTERNET = 0x0001;

const NAME_BYTES = 15;
const UNIT_ID_BYTES = 6;
/** The unit id and the counters behind it, which nobody fills in. */
const STATISTICS_BYTES = 46;

/** Bits of `NodeName.flags` (RFC 1002 section 4.2.18). */
export const NODE_NAME_FLAG = { group: 0x8000, conflict: 0x0800, active: 0x0400, permanent: 0x0200 } as const;

export interface NodeStatusRequest {
  readonly type: "nodeStatusRequest";
  /** 16 bits, chosen by the client; an answer bears that of its request. */
  readonly transactionId: number;
  readonly name: NetbiosName;
}

export interface NodeStatusResponse {
  readonly type: "nodeStatusResponse";
  readonly transactionId: number;
  /** The one that was asked for. */
  readonly name: NetbiosName;
  readonly names: readonly NodeName[];
  /** Six bytes, by custom the MAC address; absent where the answer ends before. */
  readonly unitId?: Uint8Array;
}

/** A name that the machine has. */
export interface NodeName {
  readonly name: string;
  readonly suffix: number;
  /** See `NODE_NAME_FLAG`. */
  readonly flags: number;
}

export function encodeNodeStatus(message: NodeStatusRequest | NodeStatusResponse): Uint8Array {
  const response = message.type === "nodeStatusResponse";
  const writer = new Writer().u16(message.transactionId, "be");
  writer.u16(response ? FLAG.response | FLAG.authoritative : 0, "be");
  // Questions, answers, authorities, others.
  writer
    .u16(response ? 0 : 1, "be")
    .u16(response ? 1 : 0, "be")
    .zeros(4);
  encodeNetbiosName(writer, message.name);
  writer.u16(NBSTAT, "be").u16(INTERNET, "be");
  if (!response) return writer.finish();
  writer.zeros(4); // time to live
  const lengthOffset = writer.length;
  writer.u16(0, "be").u8(message.names.length);
  for (const { name, suffix, flags } of message.names) {
    if (name.length > NAME_BYTES) throw writer.unencodable(`a NetBIOS name of ${name.length} characters`);
    writer.latin1(name.padEnd(NAME_BYTES, " ")).u8(suffix).u16(flags, "be");
  }
  const { unitId } = message;
  if (unitId !== undefined) {
    if (unitId.length !== UNIT_ID_BYTES) throw writer.unencodable(`a unit id of ${unitId.length} bytes`);
    writer.bytes(unitId).zeros(STATISTICS_BYTES - UNIT_ID_BYTES);
  }
  return writer.patchU16(lengthOffset, writer.length - lengthOffset - 2, "be").finish();
}

export function decodeNodeStatus(bytes: Uint8Array): NodeStatusRequest | NodeStatusResponse {
  const reader = new Reader(bytes);
  const transactionId = reader.u16("be");
  const flags = reader.u16("be");
  if ((flags & FLAG.operation) !== 0) throw new WireError("unsupported", "a name service packet that is no query", 2);
  const result = flags & FLAG.result;
  if (result !== 0) throw new WireError("unsupported", `a name service error of code ${result}`, 2);
  const [questions, answers] = [reader.u16("be"), reader.u16("be")];
  reader.skip(4);
  const response = (flags & FLAG.response) !== 0;
  if (questions !== (response ? 0 : 1) || answers !== (response ? 1 : 0)) {
    throw new WireError("malformed", `${questions} questions and ${answers} answers`, 4);
  }
  const name = decodeNetbiosName(reader);
  const type = reader.u16("be");
  if (type !== NBSTAT || reader.u16("be") !== INTERNET) throw reader.error("unsupported", "not a node status");
  if (!response) return { type: "nodeStatusRequest", transactionId, name };
  reader.skip(4);
  const data = reader.sub(reader.u16("be"));
  const names = Array.from({ length: data.u8() }, () => decodeNodeName(data));
  const unitId = data.remaining < UNIT_ID_BYTES ? {} : { unitId: data.bytes(UNIT_ID_BYTES) };
  return { type: "nodeStatusResponse", transactionId, name, names, ...unitId };
}

function decodeNodeName(reader: Reader): NodeName {
  const name = latin1Text(reader.bytes(NAME_BYTES)).replace(/[ \0]+$/, "");
  return { name, suffix: reader.u8(), flags: reader.u16("be") };
}
