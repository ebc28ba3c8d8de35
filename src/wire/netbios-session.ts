/**
 * The NetBIOS session service (RFC 1002 section 4.3), as far as it takes to open a session: the request and its three
 * answers. Messages within a session are `unsupported`.
 */
import { Reader, WireError, Writer } from "./bytes.ts";
import { decodeIpv4, encodeIpv4 } from "./ipv4.ts";
import { decodeNetbiosName, encodeNetbiosName, type NetbiosName } from "./netbios.ts";

/** In place of the server's name, which the caller need not know (MS-CIFS section 2.1.1.1). */
export const ANY_SERVER: NetbiosName = { name: "*SMBSERVER", suffix: 0x20 };

const TYPE = { request: 0x81, positive: 0x82, negative: 0x83, retarget: 0x84 } as const;
const HEAD_BYTES = 4;
/** Two names without and with the longest scope. */
const REQUEST_BYTES = { least: 68, most: 510 } as const;

export type SessionPacket =
  | { readonly type: "sessionRequest"; readonly called: NetbiosName; readonly calling: NetbiosName }
  | { readonly type: "positiveResponse" }
  /** See `sessionErrorName`. */
  | { readonly type: "negativeResponse"; readonly code: number }
  /** The called name is served elsewhere. */
  | { readonly type: "retargetResponse"; readonly address: string; readonly port: number };

/**
 * Length of the packet at the head of a buffer, or undefined while that cannot be known yet. Throws for a head that
 * none of the four has.
 */
export function sessionFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length === 0) return undefined;
  const [type = 0, flags = 0, high = 0, low = 0] = buffered;
  const length = high * 256 + low;
  const [least, most] = lengthsOf(type);
  if (buffered.length < HEAD_BYTES) return undefined;
  // The one flag that exists makes the length longer than any of these packets is.
  if (flags !== 0 || length < least || length > most) {
    throw new WireError("malformed", `a NetBIOS session packet of length ${length} and flags ${flags}`, 1);
  }
  return HEAD_BYTES + length;
}

/** The least and the most bytes behind the head. */
function lengthsOf(type: number): readonly [least: number, most: number] {
  switch (type) {
    case TYPE.request:
      return [REQUEST_BYTES.least, REQUEST_BYTES.most];
    case TYPE.positive:
      return [0, 0];
    case TYPE.negative:
      return [1, 1];
    case TYPE.retarget:
      return [6, 6];
    default:
      throw new WireError("malformed", `a NetBIOS session packet of type ${type}`, 0);
  }
}

export function encodeSessionPacket(packet: SessionPacket): Uint8Array {
  const writer = new Writer();
  switch (packet.type) {
    case "sessionRequest":
      writer.u8(TYPE.request).zeros(HEAD_BYTES - 1);
      encodeNetbiosName(writer, packet.called);
      encodeNetbiosName(writer, packet.calling);
      break;
    case "positiveResponse":
      writer.u8(TYPE.positive).zeros(HEAD_BYTES - 1);
      break;
    case "negativeResponse":
      writer
        .u8(TYPE.negative)
        .zeros(HEAD_BYTES - 1)
        .u8(packet.code);
      break;
    case "retargetResponse":
      writer.u8(TYPE.retarget).zeros(HEAD_BYTES - 1);
      encodeIpv4(writer, packet.address);
      writer.u16(packet.port, "be");
      break;
  }
  return writer.patchU16(2, writer.length - HEAD_BYTES, "be").finish();
}

/** Decodes exactly one packet. */
export function decodeSessionPacket(bytes: Uint8Array): SessionPacket {
  const reader = new Reader(bytes);
  const length = sessionFrameLength(bytes);
  if (length === undefined) throw new WireError("truncated", "a NetBIOS session packet without its head", bytes.length);
  const type = reader.u8();
  reader.skip(HEAD_BYTES - 1);
  const body = reader.sub(length - HEAD_BYTES);
  reader.expectEnd("the NetBIOS session packet");
  switch (type) {
    case TYPE.positive:
      return { type: "positiveResponse" };
    case TYPE.negative:
      return { type: "negativeResponse", code: body.u8() };
    case TYPE.retarget:
      return { type: "retargetResponse", address: decodeIpv4(body), port: body.u16("be") };
    default: {
      const [called, calling] = [decodeNetbiosName(body), decodeNetbiosName(body)];
      body.expectEnd("the two names");
      return { type: "sessionRequest", called, calling };
    }
  }
}

/** What the code of a negative response says (RFC 1002 section 4.3.4). */
export function sessionErrorName(code: number): string {
  return ERRORS.get(code) ?? `error 0x${code.toString(16).padStart(2, "0")}`;
}

const ERRORS: ReadonlyMap<number, string> = new Map([
  [0x80, "not listening on called name"],
  [0x81, "not listening for calling name"],
  [0x82, "called name not present"],
  [0x83, "called name present, but insufficient resources"],
  [0x8f, "unspecified error"],
]);
