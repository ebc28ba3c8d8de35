/**
 * TLS as a client, and what it shows: version, cipher, the peer's alert, the chain and how its verification ended.
 * Nothing is refused here for its certificate; a reader judges the facts (RFC 8446, RFC 5246 section 7.2, RFC 5280).
 */
import type { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import type { Tls } from "../model/check.ts";
import type { Evidence } from "../model/evidence.ts";
import type { TlsSeen } from "../model/observation.ts";

/** Alert descriptions by OpenSSL's spelling of their names (RFC 8446 section 6 and the older ones it reserves). */
const ALERTS: Readonly<Record<string, number>> = {
  CLOSE_NOTIFY: 0,
  UNEXPECTED_MESSAGE: 10,
  BAD_RECORD_MAC: 20,
  DECRYPTION_FAILED: 21,
  RECORD_OVERFLOW: 22,
  DECOMPRESSION_FAILURE: 30,
  HANDSHAKE_FAILURE: 40,
  NO_CERTIFICATE: 41,
  BAD_CERTIFICATE: 42,
  UNSUPPORTED_CERTIFICATE: 43,
  CERTIFICATE_REVOKED: 44,
  CERTIFICATE_EXPIRED: 45,
  CERTIFICATE_UNKNOWN: 46,
  ILLEGAL_PARAMETER: 47,
  UNKNOWN_CA: 48,
  ACCESS_DENIED: 49,
  DECODE_ERROR: 50,
  DECRYPT_ERROR: 51,
  EXPORT_RESTRICTION: 60,
  PROTOCOL_VERSION: 70,
  INSUFFICIENT_SECURITY: 71,
  INTERNAL_ERROR: 80,
  INAPPROPRIATE_FALLBACK: 86,
  USER_CANCELLED: 90,
  NO_RENEGOTIATION: 100,
  MISSING_EXTENSION: 109,
  UNSUPPORTED_EXTENSION: 110,
  CERTIFICATE_UNOBTAINABLE: 111,
  UNRECOGNIZED_NAME: 112,
  BAD_CERTIFICATE_STATUS_RESPONSE: 113,
  BAD_CERTIFICATE_HASH_VALUE: 114,
  UNKNOWN_PSK_IDENTITY: 115,
  CERTIFICATE_REQUIRED: 116,
  NO_APPLICATION_PROTOCOL: 120,
};

/** OpenSSL writes some alerts without the word ALERT (`TLSV1_UNRECOGNIZED_NAME`), and from 3.5 on some as `SSL/TLS`. */
const ALERT_CODE = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?([A-Z_]+)$/;

const MAX_CHAIN = 10;
const MAX_NAMES = 100;

/** The number of the alert that an error code stands for, or undefined when the peer sent none. */
export function alertOf(code: string): number | undefined {
  const name = ALERT_CODE.exec(code)?.[1];
  return name === undefined ? undefined : ALERTS[name];
}

/**
 * Begins a handshake on a connected socket. `onCipherBytes` sees what the peer sends before it is decrypted, because
 * Node shows nothing of a peer that does not speak TLS. Throws when `serverName` cannot be a server name.
 */
export function openTls(socket: Socket, wish: Tls, onCipherBytes: (bytes: Uint8Array) => void): TLSSocket {
  return connect({
    socket: tap(socket, onCipherBytes),
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    // The name is checked apart: of a chain that does not verify Node would not tell it.
    checkServerIdentity: () => undefined,
    // SNI never carries an address (RFC 6066 section 3).
    ...(isIP(wish.serverName) === 0 && { servername: wish.serverName }),
  });
}

/** The socket as a stream that shows what passes through it. Its errors stay with the socket's own listener. */
function tap(socket: Socket, onBytes: (bytes: Uint8Array) => void): Duplex {
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk) => {
    onBytes(chunk);
    if (!stream.push(chunk)) socket.pause();
  });
  socket.once("end", () => stream.push(null));
  socket.once("close", () => stream.destroy());
  return stream;
}

/** What a finished handshake shows; its certificate is held against `serverName`. */
export function tlsSeen(socket: TLSSocket, serverName: string): TlsSeen {
  const version = socket.getProtocol();
  // Typed as Error, yet Node sets the code as text.
  const verifyError: unknown = socket.authorizationError;
  return {
    ...(version !== null && { version }),
    cipher: socket.getCipher().standardName,
    ...(!socket.authorized && { verifyError: String(verifyError) }),
    serverName,
    nameMatches: checkServerIdentity(serverName, socket.getPeerCertificate()) === undefined,
    chain: chainOf(socket.getPeerX509Certificate()),
  };
}

function chainOf(leaf: X509Certificate | undefined): Evidence[] {
  const chain: Evidence[] = [];
  const known = new Set<string>();
  for (let at = leaf; at !== undefined && chain.length < MAX_CHAIN; at = at.issuerCertificate) {
    if (known.has(at.fingerprint256)) break;
    known.add(at.fingerprint256);
    chain.push(factsOf(at));
  }
  return chain;
}

function factsOf(certificate: X509Certificate): Evidence {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: namesOf(certificate.subjectAltName),
    notBefore: isoTime(certificate.validFrom),
    notAfter: isoTime(certificate.validTo),
    sha256: certificate.fingerprint256,
  };
}

/** `CN=a` and `O=b` on lines of their own become `CN=a, O=b`. An empty name is undefined in Node, whatever its type. */
function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}

/** `DNS:a.example, IP Address:10.0.0.1` becomes `a.example` and `10.0.0.1`. */
function namesOf(alternatives: string | undefined): string[] {
  if (alternatives === undefined) return [];
  return alternatives
    .split(", ")
    .slice(0, MAX_NAMES)
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ""));
}

/** OpenSSL's `Nov 21 06:26:00 2030 GMT` as ISO 8601, or as it stands when it is no date. */
function isoTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}
