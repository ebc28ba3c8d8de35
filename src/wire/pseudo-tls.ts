/**
 * What MS-TURN puts around TURN messages over TCP: a pretence of TLS to begin with, so that a firewall that looks for
 * TLS on port 443 lets them pass (section 2.1.1), and then a head of four bytes before each message (section 2.1.4).
 * The two hellos look like records of TLS 1.0 (RFC 2246 sections 6.2.1, 7.4.1 and 7.4.5), and nothing is encrypted.
 */
import { Reader, WireError, Writer } from "./bytes.ts";

export const PSEUDO_TLS_RANDOM_BYTES = 32;
const SESSION_ID_BYTES = 32;

const RECORD_HANDSHAKE = 0x16;
const TLS_1_0 = 0x0301;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const SERVER_HELLO_DONE = 14;
/** TLS_DH_anon_WITH_RC4_128_MD5: the one suite that both sides name. */
const CIPHER_SUITE = 0x0018;
const CLIENT_HELLO_BODY_BYTES = 41;
const SERVER_HELLO_BODY_BYTES = 70;

const FRAME_HEAD_BYTES = 4;
const CONTROL = 2;
const DATA = 3;

/** The ClientHello, 50 bytes: the very first thing on the connection. `random` are 32 bytes of anybody's choice. */
export function encodePseudoClientHello(random: Uint8Array): Uint8Array {
  const writer = new Writer();
  if (random.length !== PSEUDO_TLS_RANDOM_BYTES) throw writer.unencodable(`${random.length} random bytes`);
  return recordOf(CLIENT_HELLO, CLIENT_HELLO_BODY_BYTES, random)
    .u8(0)
    .u16(2, "be")
    .u16(CIPHER_SUITE, "be")
    .u8(1)
    .u8(0)
    .finish();
}

/** The random bytes of a ClientHello. */
export function decodePseudoClientHello(bytes: Uint8Array): Uint8Array {
  const reader = openRecord(bytes, CLIENT_HELLO, CLIENT_HELLO_BODY_BYTES, 0);
  const random = reader.bytes(PSEUDO_TLS_RANDOM_BYTES);
  expect(reader, reader.u8(), 0, "the session id's length");
  expect(reader, reader.u16("be"), 2, "the length of the cipher suites");
  expect(reader, reader.u16("be"), CIPHER_SUITE, "the cipher suite");
  expect(reader, reader.u8(), 1, "the length of the compression methods");
  expect(reader, reader.u8(), 0, "the compression method");
  reader.expectEnd("the hello");
  return random;
}

/** ServerHello and ServerHelloDone in one record, 83 bytes. */
export function encodePseudoServerHello(random: Uint8Array, sessionId: Uint8Array): Uint8Array {
  const writer = new Writer();
  if (random.length !== PSEUDO_TLS_RANDOM_BYTES) throw writer.unencodable(`${random.length} random bytes`);
  if (sessionId.length !== SESSION_ID_BYTES) throw writer.unencodable(`a session id of ${sessionId.length} bytes`);
  return recordOf(SERVER_HELLO, SERVER_HELLO_BODY_BYTES, random, FRAME_HEAD_BYTES)
    .u8(SESSION_ID_BYTES)
    .bytes(sessionId)
    .u16(CIPHER_SUITE, "be")
    .u8(0)
    .u32(SERVER_HELLO_DONE << 24, "be")
    .finish();
}

/**
 * Checks that the bytes are ServerHello and ServerHelloDone in one record, as no TLS server sends them: between the two
 * TLS has a certificate or a key exchange, and the suite is one that TLS servers refuse.
 */
export function decodePseudoServerHello(bytes: Uint8Array): void {
  const reader = openRecord(bytes, SERVER_HELLO, SERVER_HELLO_BODY_BYTES, FRAME_HEAD_BYTES);
  reader.skip(PSEUDO_TLS_RANDOM_BYTES);
  expect(reader, reader.u8(), SESSION_ID_BYTES, "the session id's length");
  reader.skip(SESSION_ID_BYTES);
  expect(reader, reader.u16("be"), CIPHER_SUITE, "the cipher suite");
  expect(reader, reader.u8(), 0, "the compression method");
  expect(reader, reader.u32("be"), SERVER_HELLO_DONE << 24, "ServerHelloDone");
  reader.expectEnd("the hello");
}

/** A TURN message in the frame that MS-TURN wants over TCP. */
export function encodeTurnFrame(message: Uint8Array): Uint8Array {
  return new Writer().u8(CONTROL).u8(0).u16(message.length, "be").bytes(message).finish();
}

/** The TURN message in a frame. A frame of data, which nobody asked for, is `unsupported`. */
export function decodeTurnFrame(frame: Uint8Array): Uint8Array {
  const reader = new Reader(frame);
  const type = reader.u8();
  if (type === DATA) throw new WireError("unsupported", "a frame of data", 0);
  if (type !== CONTROL) throw new WireError("malformed", `a frame of type ${type}`, 0);
  reader.skip(1);
  const message = reader.bytes(reader.u16("be"));
  reader.expectEnd("the frame");
  return message;
}

/** Length of the frame at the head of a stream; undefined while it cannot be known. */
export function turnFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length < FRAME_HEAD_BYTES) return undefined;
  return FRAME_HEAD_BYTES + new Reader(buffered, 2).u16("be");
}

/** A handshake record up to the random bytes; `moreBytes` is what follows the hello in the same record. */
function recordOf(type: number, bodyBytes: number, random: Uint8Array, moreBytes = 0): Writer {
  return new Writer()
    .u8(RECORD_HANDSHAKE)
    .u16(TLS_1_0, "be")
    .u16(4 + bodyBytes + moreBytes, "be")
    .u32((type << 24) | bodyBytes, "be")
    .u16(TLS_1_0, "be")
    .bytes(random);
}

function openRecord(bytes: Uint8Array, type: number, bodyBytes: number, moreBytes: number): Reader {
  const reader = new Reader(bytes);
  expect(reader, reader.u8(), RECORD_HANDSHAKE, "the record type");
  expect(reader, reader.u16("be"), TLS_1_0, "the record's version");
  expect(reader, reader.u16("be"), 4 + bodyBytes + moreBytes, "the record's length");
  expect(reader, reader.u32("be"), (type << 24) | bodyBytes, "the head of the hello");
  expect(reader, reader.u16("be"), TLS_1_0, "the hello's version");
  return reader;
}

function expect(reader: Reader, found: number, wanted: number, what: string): void {
  if (found !== wanted) throw reader.error("malformed", `${what} is ${found}, not ${wanted}`);
}
