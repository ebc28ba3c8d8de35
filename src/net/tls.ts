/**
 * TLS as a client, and what it shows: version, cipher, the peer's alert, the chain and how its verification ended.
 * Nothing is refused here for its certificate; a reader judges the facts (RFC 8446, RFC 5246 section 7.2, RFC 5280).
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { type ConnectionOptions, checkServerIdentity, connect, createSecureContext, type TLSSocket } from "node:tls";
import type { Tls } from "../model/check.ts";
import type { TlsSeen } from "../model/observation.ts";
import { chainOf, matchedNameOf } from "./certificate.ts";

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

/** The number of the alert that an error code stands for, or undefined when the peer sent none. */
export function alertOf(code: string): number | undefined {
  const name = ALERT_CODE.exec(code)?.[1];
  return name === undefined ? undefined : ALERTS[name];
}

/** A handshake on its way. */
export interface Handshake {
  readonly socket: TLSSocket;
  /** What is known before the peer has shown anything. */
  readonly begun: TlsSeen;
  /** What it shows once it is finished. */
  seen(): TlsSeen;
}

/**
 * Begins a handshake on a connected socket. `identity` is a certificate of ours with its key and chain, in PEM.
 * `onCipherBytes` sees what the peer sends before it is decrypted, because Node shows nothing of a peer that does not
 * speak TLS. Throws when `serverName` cannot be a server name, or `identity` is none.
 */
export function openTls(
  raw: Socket,
  wish: Tls,
  identity: Uint8Array | undefined,
  onCipherBytes: (bytes: Uint8Array) => void,
): Handshake {
  const pem = identity && Buffer.from(identity);
  // Node reads `requestOCSP`, and its types do not say so.
  const options: ConnectionOptions & { readonly requestOCSP: boolean } = {
    socket: tap(raw, onCipherBytes),
    rejectUnauthorized: false,
    requestOCSP: true,
    ...(wish.old === true ? OLD : { minVersion: "TLSv1.2" as const }),
    ...(pem !== undefined && { cert: pem, key: pem }),
    ...(wish.applicationProtocols !== undefined && { ALPNProtocols: [...wish.applicationProtocols] }),
    // The name is checked apart: of a chain that does not verify Node would not tell it.
    checkServerIdentity: () => undefined,
    // SNI never carries an address (RFC 6066 section 3).
    ...(isIP(wish.serverName) === 0 && { servername: wish.serverName }),
  };
  const socket = connect(options);
  let stapled = false;
  socket.once("OCSPResponse", (response: Uint8Array | null) => {
    stapled = response !== null && response.length > 0;
  });
  const begun: TlsSeen = { chain: [], ...(pem !== undefined && { clientCertificate: true }) };
  const seen = () => ({
    ...begun,
    ...tlsSeen(socket, wish.serverName),
    ...(stapled && { ocspStapled: true as const }),
  });
  return { socket, begun, seen };
}

/** Security level 0 lets MD5 and SHA-1 signatures, short keys and TLS 1.0 and 1.1 through (SSL_CTX_set_security_level). */
const OLD = { minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" } as const;

/** Throws where the PEM holds no certificate with its key. The error may quote it: its text goes nowhere. */
export function assertIdentity(pem: Uint8Array): void {
  const bytes = Buffer.from(pem);
  createSecureContext({ cert: bytes, key: bytes });
  // OpenSSL keeps a key of another kind beside the certificate, and would show neither.
  if (!new X509Certificate(bytes).checkPrivateKey(createPrivateKey(bytes))) throw new TypeError("another key");
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
function tlsSeen(socket: TLSSocket, serverName: string): TlsSeen {
  const version = socket.getProtocol();
  // Typed as Error, yet Node sets the code as text.
  const verifyError: unknown = socket.authorizationError;
  // In this order: once Node 20 has given the leaf as an X509Certificate, this finds no names in the other form.
  const nameMatches = checkServerIdentity(serverName, socket.getPeerCertificate()) === undefined;
  const leaf = socket.getPeerX509Certificate();
  const matchedName = nameMatches && leaf !== undefined ? matchedNameOf(leaf, serverName) : undefined;
  return {
    ...(version !== null && { version }),
    cipher: socket.getCipher().standardName,
    ...(typeof socket.alpnProtocol === "string" && { applicationProtocol: socket.alpnProtocol }),
    ...(!socket.authorized && { verifyError: String(verifyError) }),
    serverName,
    nameMatches,
    ...(matchedName !== undefined && { matchedName }),
    chain: chainOf(leaf),
  };
}
