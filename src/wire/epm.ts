/**
 * The stubs of ept_lookup, by which an RPC server's endpoint mapper lists everything that registered with it (C706
 * appendix O, MS-RPCE section 2.2.1.2.4): NDR on top of dcerpc.ts, towers inside (epm-tower.ts).
 */
import { type ByteOrder, Reader, Writer } from "./bytes.ts";
import type { Syntax } from "./dcerpc-bind.ts";
import { decodeTower, encodeTower, type Floor } from "./epm-tower.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

/** The endpoint mapper's own interface, always on port 135. */
export const EPM: Syntax = { uuid: "e1af8308-5d1f-11c9-91a4-08002b14a0fa", major: 3, minor: 0 };

export const EPT_LOOKUP = 2;

/** A listing of more entries is refused; a large domain controller has some hundreds. */
export const MAX_ENTRIES = 2000;

/** `status`: the listing is at its end (ept_s_not_registered). */
export const NO_MORE_ENTRIES = 0x16c9_a0d6;

/** An entry handle is 20 octets; all zero asks for the beginning, and says the end. */
const HANDLE_BYTES = 20;
const ANNOTATION_BYTES = 64;

export interface LookupRequest {
  /** The handle of the reply before, or none to begin. */
  readonly handle: Uint8Array;
  readonly maxEntries: number;
}

export interface LookupReply {
  /** To go on with; all zero at the end. */
  readonly handle: Uint8Array;
  readonly entries: readonly EpmEntry[];
  /** 0, or `NO_MORE_ENTRIES`, or an error. */
  readonly status: number;
}

export interface EpmEntry {
  readonly object: string;
  /** What the service calls itself, often nothing. */
  readonly annotation: string;
  readonly tower?: readonly Floor[];
}

/** The request for the listing from its beginning. */
export function firstLookup(maxEntries = 500): LookupRequest {
  return { handle: new Uint8Array(HANDLE_BYTES), maxEntries };
}

/** Whether the listing ends with this reply. */
export function isLastLookup(reply: LookupReply): boolean {
  return reply.status !== 0 || reply.handle.every((octet) => octet === 0);
}

/** Asks for all elements, whatever their object and interface. */
export function encodeLookupRequest(request: LookupRequest, order: ByteOrder = "le"): Uint8Array {
  const writer = new Writer().u32(0, order); // inquiry_type: all elements
  writer.u32(0, order).u32(0, order).u32(1, order); // object, interface: null; vers_option: all
  return encodeHandle(writer, request.handle).u32(request.maxEntries, order).finish();
}

/** Reads a request for all elements; one that names an object or an interface is `unsupported`. */
export function decodeLookupRequest(stub: Uint8Array, order: ByteOrder = "le"): LookupRequest {
  const reader = new Reader(stub);
  reader.skip(4);
  if (reader.u32(order) !== 0 || reader.u32(order) !== 0) {
    throw reader.error("unsupported", "a lookup that names an object or an interface");
  }
  reader.skip(4);
  return { handle: reader.bytes(HANDLE_BYTES), maxEntries: reader.u32(order) };
}

export function encodeLookupReply(reply: LookupReply, order: ByteOrder = "le"): Uint8Array {
  const { entries } = reply;
  const writer = encodeHandle(new Writer(), reply.handle).u32(entries.length, order);
  writer.u32(entries.length, order).u32(0, order).u32(entries.length, order);
  for (const [index, { object, annotation, tower }] of entries.entries()) {
    encodeUuid(writer, object, order);
    // A referent identifier only has to be unlike the others, and not zero.
    writer.u32(tower ? index + 1 : 0, order);
    encodeAnnotation(writer, annotation, order);
  }
  for (const { tower } of entries) {
    if (tower === undefined) continue;
    const octets = encodeTower(tower);
    writer.u32(octets.length, order).u32(octets.length, order).bytes(octets).align(4);
  }
  return writer.u32(reply.status, order).finish();
}

export function decodeLookupReply(stub: Uint8Array, order: ByteOrder = "le"): LookupReply {
  const reader = new Reader(stub);
  const handle = reader.bytes(HANDLE_BYTES);
  const count = reader.u32(order);
  reader.skip(8); // the array's size and offset
  if (reader.u32(order) !== count) throw reader.error("malformed", `an array that does not hold ${count} entries`);
  if (count > MAX_ENTRIES) throw reader.error("limit", `${count} entries`);
  const heads: { object: string; referent: number; annotation: string }[] = [];
  for (let index = 0; index < count; index++) {
    const [object, referent] = [decodeUuid(reader, order), reader.u32(order)];
    heads.push({ object, referent, annotation: decodeAnnotation(reader, order) });
  }
  // Towers come behind all entries. Pointers of one reply never share a referent: nobody sends that.
  const entries = heads.map(({ object, referent, annotation }) => ({
    object,
    annotation,
    ...(referent !== 0 && { tower: decodeTowerReferent(reader, order) }),
  }));
  return { handle, entries, status: reader.u32(order) };
}

function encodeHandle(writer: Writer, handle: Uint8Array): Writer {
  if (handle.length !== HANDLE_BYTES) throw writer.unencodable(`a handle of ${handle.length} octets`);
  return writer.bytes(handle);
}

/** The length counts a NUL at the end. */
function encodeAnnotation(writer: Writer, annotation: string, order: ByteOrder): void {
  if (annotation.length >= ANNOTATION_BYTES) throw writer.unencodable(`an annotation of ${annotation.length} octets`);
  writer
    .u32(0, order)
    .u32(annotation.length + 1, order)
    .latin1(annotation)
    .zeros(1)
    .align(4);
}

function decodeAnnotation(reader: Reader, order: ByteOrder): string {
  reader.skip(4); // the string's offset
  const length = reader.u32(order);
  if (length > ANNOTATION_BYTES) throw reader.error("malformed", `an annotation of ${length} octets`);
  const annotation = reader.latin1(length).replace(/\0.*$/s, "");
  reader.align(4);
  return annotation;
}

function decodeTowerReferent(reader: Reader, order: ByteOrder): readonly Floor[] {
  reader.skip(4); // the array's size, once more
  const tower = decodeTower(reader.sub(reader.u32(order)));
  reader.align(4);
  return tower;
}
