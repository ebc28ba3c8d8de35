/**
 * The beginning of a TLS handshake, which stands in clear up to TLS 1.2: hellos and the server's certificates (RFC 2246
 * and RFC 5246 section 7.4; the server name is RFC 6066 section 3). Enough to see whom a server that current libraries
 * no longer speak to says it is, and no more: nothing here agrees on a key.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

/** Handshake types (RFC 5246 section 7.4). */
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;

const HEAD_BYTES = 4;
const RANDOM_BYTES = 32;
const MAX_SESSION_ID_BYTES = 32;
/** No chain is so long; a length of 24 bits could say 16 MiB. */
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_CERTIFICATES = 32;
const NO_COMPRESSION = 0;
const SERVER_NAME = 0;
const HOST_NAME = 0;

/** Cipher suites that servers of the time before TLS 1.2 know, by their names in the registry. */
export const OLD_CIPHER_SUITES: ReadonlyMap<number, string> = new Map([
  [0x0004, "TLS_RSA_WITH_RC4_128_MD5"],
  [0x0005, "TLS_RSA_WITH_RC4_128_SHA"],
  [0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
  [0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"],
  [0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"],
]);

/** Not a suite, but a client's word that it knows of secure renegotiation (RFC 5746 section 3.3). */
export const RENEGOTIATION_INFO = 0x00ff;

export interface ClientHello {
  readonly type: "clientHello";
  readonly version: number;
  /** 32 octets. */
  readonly random: Uint8Array;
  readonly cipherSuites: readonly number[];
  /** Never an address. */
  readonly serverName?: string;
}

export interface ServerHello {
  readonly type: "serverHello";
  readonly version: number;
  /** 32 octets. */
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
}

export interface CertificateMessage {
  readonly type: "certificate";
  /** In DER, the server's own first. */
  readonly certificates: readonly Uint8Array[];
}

/** Any other message; what is in it is nobody's business here. */
export interface OtherMessage {
  readonly type: "other";
  readonly code: number;
  readonly body: Uint8Array;
}

export type HandshakeMessage = ClientHello | ServerHello | CertificateMessage | OtherMessage;

/** Length of the handshake message at the head of a buffer, or undefined while that cannot be known yet. */
export function handshakeLength(buffered: Uint8Array): number | undefined {
  if (buffered.length < HEAD_BYTES) return undefined;
  const length = new Reader(buffered).u32("be") & 0xff_ffff;
  if (length > MAX_MESSAGE_BYTES) throw new WireError("limit", `a handshake message of ${length} bytes`, 1);
  return HEAD_BYTES + length;
}

/** The message with its head, as the fragments of records carry it. */
export function encodeHandshake(message: HandshakeMessage): Uint8Array {
  const [code, body] = bodyOf(message);
  const writer = new Writer().u8(code);
  return vector24(writer, body).finish();
}

function bodyOf(message: HandshakeMessage): readonly [code: number, body: Uint8Array] {
  switch (message.type) {
    case "clientHello":
      return [CLIENT_HELLO, clientHelloBody(message)];
    case "serverHello":
      return [SERVER_HELLO, serverHelloBody(message)];
    case "certificate":
      return [CERTIFICATE, certificateBody(message)];
    case "other":
      return [message.code, message.body];
  }
}

/** Exactly one message with its head. */
export function decodeHandshake(bytes: Uint8Array): HandshakeMessage {
  const length = handshakeLength(bytes);
  if (length === undefined || length > bytes.length) {
    throw new WireError("truncated", "half a handshake message", bytes.length);
  }
  if (length < bytes.length) throw new WireError("malformed", "bytes behind a handshake message", length);
  const reader = new Reader(bytes);
  const code = reader.u8();
  reader.skip(3);
  switch (code) {
    case CLIENT_HELLO:
      return readClientHello(reader);
    case SERVER_HELLO:
      return readServerHello(reader);
    case CERTIFICATE:
      return readCertificates(reader);
    default:
      return { type: "other", code, body: reader.rest() };
  }
}

function clientHelloBody({ version, random, cipherSuites, serverName }: ClientHello): Uint8Array {
  const writer = new Writer().u16(version, "be");
  writeRandom(writer, random);
  writer.u8(0);
  writer.u16(cipherSuites.length * 2, "be");
  for (const suite of cipherSuites) writer.u16(suite, "be");
  writer.u8(1).u8(NO_COMPRESSION);
  if (serverName !== undefined) {
    const name = new Writer().ascii(serverName).finish();
    writer
      .u16(name.length + 9, "be")
      .u16(SERVER_NAME, "be")
      .u16(name.length + 5, "be");
    writer
      .u16(name.length + 3, "be")
      .u8(HOST_NAME)
      .u16(name.length, "be")
      .bytes(name);
  }
  return writer.finish();
}

function readClientHello(reader: Reader): ClientHello {
  const version = reader.u16("be");
  const random = reader.bytes(RANDOM_BYTES).slice();
  reader.skip(sessionIdLength(reader));
  const suites = reader.sub(reader.u16("be"));
  if (suites.remaining === 0 || suites.remaining % 2 !== 0) throw suites.error("malformed", "half a cipher suite");
  const cipherSuites: number[] = [];
  while (suites.remaining > 0) cipherSuites.push(suites.u16("be"));
  reader.skip(reader.u8());
  const serverName = serverNameIn(reader);
  return {
    type: "clientHello",
    version,
    random,
    cipherSuites,
    ...(serverName !== undefined && { serverName }),
  };
}

/** Hellos before RFC 3546 end before their extensions. */
function serverNameIn(reader: Reader): string | undefined {
  if (reader.remaining === 0) return undefined;
  const extensions = reader.sub(reader.u16("be"));
  reader.expectEnd("the extensions");
  while (extensions.remaining > 0) {
    const type = extensions.u16("be");
    const body = extensions.sub(extensions.u16("be"));
    if (type !== SERVER_NAME) continue;
    const names = body.sub(body.u16("be"));
    if (names.u8() !== HOST_NAME) throw names.error("unsupported", "a server name that is no host name");
    return names.ascii(names.u16("be"));
  }
  return undefined;
}

function serverHelloBody({ version, random, sessionId, cipherSuite }: ServerHello): Uint8Array {
  const writer = new Writer().u16(version, "be");
  writeRandom(writer, random);
  if (sessionId.length > MAX_SESSION_ID_BYTES) throw writer.unencodable(`a session id of ${sessionId.length} bytes`);
  return writer.u8(sessionId.length).bytes(sessionId).u16(cipherSuite, "be").u8(NO_COMPRESSION).finish();
}

function readServerHello(reader: Reader): ServerHello {
  const version = reader.u16("be");
  const random = reader.bytes(RANDOM_BYTES).slice();
  const sessionId = reader.bytes(sessionIdLength(reader)).slice();
  const cipherSuite = reader.u16("be");
  if (reader.u8() !== NO_COMPRESSION) throw reader.error("malformed", "a compression that nobody offered");
  if (reader.remaining > 0) reader.skip(reader.u16("be"));
  reader.expectEnd("a server hello");
  return { type: "serverHello", version, random, sessionId, cipherSuite };
}

function certificateBody({ certificates }: CertificateMessage): Uint8Array {
  const list = new Writer();
  for (const certificate of certificates) vector24(list, certificate);
  return vector24(new Writer(), list.finish()).finish();
}

function readCertificates(reader: Reader): CertificateMessage {
  const list = reader.sub(readU24(reader));
  reader.expectEnd("the certificates");
  const certificates: Uint8Array[] = [];
  while (list.remaining > 0) {
    if (certificates.length === MAX_CERTIFICATES)
      throw list.error("limit", `more than ${MAX_CERTIFICATES} certificates`);
    const length = readU24(list);
    if (length === 0) throw list.error("malformed", "an empty certificate");
    certificates.push(list.bytes(length).slice());
  }
  return { type: "certificate", certificates };
}

function sessionIdLength(reader: Reader): number {
  const length = reader.u8();
  if (length > MAX_SESSION_ID_BYTES) throw reader.error("malformed", `a session id of ${length} bytes`);
  return length;
}

function writeRandom(writer: Writer, random: Uint8Array): void {
  if (random.length !== RANDOM_BYTES) throw writer.unencodable(`a random of ${random.length} bytes`);
  writer.bytes(random);
}

/** Octets behind their length in 24 bits. */
function vector24(writer: Writer, bytes: Uint8Array): Writer {
  if (bytes.length > MAX_MESSAGE_BYTES) throw writer.unencodable(`${bytes.length} bytes in a handshake message`);
  return writer
    .u8(bytes.length >>> 16)
    .u16(bytes.length & 0xffff, "be")
    .bytes(bytes);
}

function readU24(reader: Reader): number {
  return reader.u8() * 0x1_0000 + reader.u16("be");
}
