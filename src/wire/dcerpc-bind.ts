/**
 * How a DCE/RPC connection agrees on interfaces: the bodies of the bind, bind_ack and bind_nak PDUs (C706 section
 * 12.6.4.3 to 12.6.4.5, MS-RPCE section 2.2.2). Their common head is in dcerpc.ts.
 */
import type { ByteOrder, Reader, Writer } from "./bytes.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

/** An interface or a transfer syntax and its version. */
export interface Syntax {
  readonly uuid: string;
  readonly major: number;
  readonly minor: number;
}

/** NDR, the transfer syntax that everybody speaks (C706 appendix I). */
export const NDR: Syntax = { uuid: "8a885d04-1ceb-11c9-9fe8-08002b104860", major: 2, minor: 0 };

export interface Bind {
  readonly type: "bind";
  readonly maxSendBytes: number;
  readonly maxReceiveBytes: number;
  readonly associationGroup: number;
  readonly contexts: readonly PresentationContext[];
}

export interface PresentationContext {
  readonly id: number;
  readonly abstractSyntax: Syntax;
  readonly transferSyntaxes: readonly Syntax[];
}

export interface BindAck {
  readonly type: "bindAck";
  readonly maxSendBytes: number;
  readonly maxReceiveBytes: number;
  readonly associationGroup: number;
  /** The port as text, as in `135`, or the name of a pipe. */
  readonly secondaryAddress: string;
  /** One for each context of the bind, in its order. */
  readonly results: readonly ContextResult[];
}

export interface ContextResult {
  /** 0 accepted, 1 rejected by the user, 2 rejected by the provider, 3 negotiate_ack. */
  readonly result: number;
  /** Why it was rejected, see `rejectionReason`. */
  readonly reason: number;
  readonly transferSyntax: Syntax;
}

export interface BindNak {
  readonly type: "bindNak";
  /** See `nakReason`. */
  readonly reason: number;
  /** The protocol versions that the server speaks. */
  readonly versions: readonly { readonly major: number; readonly minor: number }[];
}

/** Fragments of this size are what Windows and Samba offer; 1432 is the least that everybody must take. */
const OFFERED_FRAGMENT_BYTES = 4280;

/** The bind of a client that wants one interface, in NDR, and a new association. */
export function bindTo(abstractSyntax: Syntax): Bind {
  return {
    type: "bind",
    maxSendBytes: OFFERED_FRAGMENT_BYTES,
    maxReceiveBytes: OFFERED_FRAGMENT_BYTES,
    associationGroup: 0,
    contexts: [{ id: 0, abstractSyntax, transferSyntaxes: [NDR] }],
  };
}

export function encodeBind(writer: Writer, bind: Bind, order: ByteOrder): void {
  encodeAssociation(writer, bind, order);
  writer.u8(bind.contexts.length).zeros(3);
  for (const context of bind.contexts) {
    writer.u16(context.id, order).u8(context.transferSyntaxes.length).zeros(1);
    for (const syntax of [context.abstractSyntax, ...context.transferSyntaxes]) encodeSyntax(writer, syntax, order);
  }
}

export function decodeBind(reader: Reader, order: ByteOrder): Bind {
  const association = decodeAssociation(reader, order);
  const count = reader.u8();
  reader.skip(3);
  const contexts = times(count, () => {
    const id = reader.u16(order);
    const syntaxes = reader.u8();
    reader.skip(1);
    const abstractSyntax = decodeSyntax(reader, order);
    return { id, abstractSyntax, transferSyntaxes: times(syntaxes, () => decodeSyntax(reader, order)) };
  });
  return { type: "bind", ...association, contexts };
}

/** Alignment counts from the start of the PDU, so the writer must have begun there. */
export function encodeBindAck(writer: Writer, ack: BindAck, order: ByteOrder): void {
  encodeAssociation(writer, ack, order);
  // The length counts a NUL at the end; an empty address has none.
  const address = ack.secondaryAddress === "" ? "" : `${ack.secondaryAddress}\0`;
  writer.u16(address.length, order).latin1(address).align(4);
  writer.u8(ack.results.length).zeros(3);
  for (const { result, reason, transferSyntax } of ack.results) {
    writer.u16(result, order).u16(reason, order);
    encodeSyntax(writer, transferSyntax, order);
  }
}

/** Alignment counts from the start of the PDU, so the reader must have begun there. */
export function decodeBindAck(reader: Reader, order: ByteOrder): BindAck {
  const association = decodeAssociation(reader, order);
  const secondaryAddress = reader.latin1(reader.u16(order)).replace(/\0$/, "");
  reader.align(4);
  const count = reader.u8();
  reader.skip(3);
  const results = times(count, () => ({
    result: reader.u16(order),
    reason: reader.u16(order),
    transferSyntax: decodeSyntax(reader, order),
  }));
  return { type: "bindAck", ...association, secondaryAddress, results };
}

export function encodeBindNak(writer: Writer, nak: BindNak, order: ByteOrder): void {
  writer.u16(nak.reason, order).u8(nak.versions.length);
  for (const { major, minor } of nak.versions) writer.u8(major).u8(minor);
  writer.align(4);
}

export function decodeBindNak(reader: Reader, order: ByteOrder): BindNak {
  const reason = reader.u16(order);
  const versions = times(reader.u8(), () => ({ major: reader.u8(), minor: reader.u8() }));
  return { type: "bindNak", reason, versions };
}

type Association = Pick<Bind, "maxSendBytes" | "maxReceiveBytes" | "associationGroup">;

function encodeAssociation(writer: Writer, association: Association, order: ByteOrder): void {
  writer.u16(association.maxSendBytes, order).u16(association.maxReceiveBytes, order);
  writer.u32(association.associationGroup, order);
}

function decodeAssociation(reader: Reader, order: ByteOrder): Association {
  return {
    maxSendBytes: reader.u16(order),
    maxReceiveBytes: reader.u16(order),
    associationGroup: reader.u32(order),
  };
}

/** The version is one number of 32 bits, the minor part in its high half. */
function encodeSyntax(writer: Writer, { uuid, major, minor }: Syntax, order: ByteOrder): void {
  encodeUuid(writer, uuid, order);
  const [first, second] = order === "le" ? [major, minor] : [minor, major];
  writer.u16(first, order).u16(second, order);
}

function decodeSyntax(reader: Reader, order: ByteOrder): Syntax {
  const uuid = decodeUuid(reader, order);
  const version = reader.u32(order);
  return { uuid, major: version & 0xffff, minor: version >>> 16 };
}

/** The results of `count` calls; counts are single bytes of the message, so 255 at most. */
function times<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, make);
}

/** Why a context was rejected (C706 section 12.6.3.1, p_provider_reason_t). */
export function rejectionReason(reason: number): string {
  return REJECTION_REASONS[reason] ?? `reason ${reason}`;
}

const REJECTION_REASONS: readonly string[] = [
  "reason not specified",
  "abstract syntax not supported",
  "proposed transfer syntaxes not supported",
  "local limit exceeded",
];

/** Why a bind was refused as a whole (C706 section 12.6.3.1, p_reject_reason_t; 8 and 9 from MS-RPCE). */
export function nakReason(reason: number): string {
  return NAK_REASONS[reason] ?? `reason ${reason}`;
}

const NAK_REASONS: readonly string[] = [
  "reason not specified",
  "temporary congestion",
  "local limit exceeded",
  "called presentation address unknown",
  "protocol version not supported",
  "default context not supported",
  "user data not readable",
  "no presentation address available",
  "authentication type not recognised",
  "invalid checksum",
];
