/**
 * The record layer of TLS as it stands in clear before any key is agreed (RFC 2246 and RFC 5246 sections 6.2.1 and 7.2;
 * SSL 3.0 in RFC 6101 is the same here): records, and the alerts in them.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

/** Content types (RFC 5246 section 6.2.1). */
export const TLS_CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** Versions as they are written in records and hellos. */
export const TLS_VERSION = { ssl30: 0x0300, tls10: 0x0301, tls11: 0x0302, tls12: 0x0303 } as const;

/** Alert levels and the descriptions that a client sends of its own accord (RFC 5246 section 7.2). */
export const TLS_ALERT = { warning: 1, fatal: 2, closeNotify: 0, userCanceled: 90 } as const;

const HEAD_BYTES = 5;
const MAJOR_VERSION = 3;
/** RFC 5246 section 6.2.3: a fragment never has more, whatever its compression and cipher. */
const MAX_FRAGMENT_BYTES = 2 ** 14 + 2048;

export interface TlsRecord {
  /** One of TLS_CONTENT. */
  readonly type: number;
  readonly version: number;
  readonly fragment: Uint8Array;
}

export interface TlsAlert {
  readonly level: number;
  /** RFC 8446 section 6 and the registry that it leads to. */
  readonly description: number;
}

/**
 * Length of the record at the head of a buffer, or undefined while that cannot be known yet. Throws for a head that no
 * record has, as soon as that shows.
 */
export function tlsFrameLength(buffered: Uint8Array): number | undefined {
  const [type, major] = buffered;
  if (type !== undefined && (type < TLS_CONTENT.changeCipherSpec || type > TLS_CONTENT.applicationData)) {
    throw new WireError("malformed", `no TLS record has the content type ${type}`, 0);
  }
  if (major !== undefined && major !== MAJOR_VERSION) throw new WireError("malformed", "no TLS version", 1);
  if (buffered.length < HEAD_BYTES) return undefined;
  const length = new Reader(buffered, 3).u16("be");
  // No fragment of the handshake or of an alert is empty, and data of applications never comes in clear.
  if (length === 0) throw new WireError("malformed", "an empty TLS record", 3);
  if (length > MAX_FRAGMENT_BYTES) throw new WireError("limit", `a TLS record of ${length} bytes`, 3);
  return HEAD_BYTES + length;
}

export function encodeTlsRecord({ type, version, fragment }: TlsRecord): Uint8Array {
  const writer = new Writer().u8(type).u16(version, "be");
  if (fragment.length === 0 || fragment.length > MAX_FRAGMENT_BYTES) {
    throw writer.unencodable(`a TLS record of ${fragment.length} bytes`);
  }
  return writer.u16(fragment.length, "be").bytes(fragment).finish();
}

/** Exactly one record. */
export function decodeTlsRecord(bytes: Uint8Array): TlsRecord {
  const length = tlsFrameLength(bytes);
  if (length === undefined || length > bytes.length)
    throw new WireError("truncated", "half a TLS record", bytes.length);
  if (length < bytes.length) throw new WireError("malformed", "bytes behind a TLS record", length);
  const reader = new Reader(bytes);
  const type = reader.u8();
  const version = reader.u16("be");
  reader.skip(2);
  return { type, version, fragment: reader.rest() };
}

export function encodeTlsAlert({ level, description }: TlsAlert): Uint8Array {
  return new Writer().u8(level).u8(description).finish();
}

/** The alert in the fragment of a record. */
export function decodeTlsAlert(fragment: Uint8Array): TlsAlert {
  const reader = new Reader(fragment);
  const level = reader.u8();
  if (level !== TLS_ALERT.warning && level !== TLS_ALERT.fatal) {
    throw new WireError("malformed", `no alert has the level ${level}`, 0);
  }
  const description = reader.u8();
  reader.expectEnd("an alert");
  return { level, description };
}
