/**
 * TLS with peers that current libraries no longer speak to. The hello of today goes first; only where it was refused is
 * a second connection offered TLS 1.0 and 1.1 with the ciphers of their time, and only where that fails too is the
 * beginning of a handshake read in clear, which shows the certificate of a server whose ciphers no library has any more.
 */
import type { Tls } from "../model/check.ts";
import type { Observation } from "../model/observation.ts";
import type { Ask, Connection, Dialer } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import {
  decodeHandshake,
  encodeHandshake,
  handshakeLength,
  OLD_CIPHER_SUITES,
  RENEGOTIATION_INFO,
  type ServerHello,
} from "../wire/tls-hello.ts";
import {
  decodeTlsAlert,
  decodeTlsRecord,
  encodeTlsAlert,
  encodeTlsRecord,
  TLS_ALERT,
  TLS_CONTENT,
  TLS_VERSION,
  tlsFrameLength,
} from "../wire/tls-record.ts";

const RECORD_CAP_BYTES = 20 * 1024;
/** Hello and certificates of any server fit into so many records. */
const RECORDS_MAX = 32;
const FLIGHT_MAX_BYTES = 128 * 1024;

/**
 * Alerts by which a server says that it has nothing in common with our hello (RFC 8446 section 6.2): handshake_failure,
 * illegal_parameter, decode_error, protocol_version, insufficient_security.
 */
const NOTHING_IN_COMMON: ReadonlySet<number> = new Set([40, 47, 50, 70, 71]);

/** A name that may stand in SNI: never an address (RFC 6066 section 3). */
const HOST_NAME = /^(?=.*[a-z])[\w-]+(?:\.[\w-]+)*$/i;

const OLD_VERSIONS: ReadonlyMap<string, string> = new Map([
  ["SSLv3", "SSL 3.0"],
  ["TLSv1", "TLS 1.0"],
  ["TLSv1.1", "TLS 1.1"],
]);

export interface TlsReached {
  readonly connection: Connection;
  /** What is old about the peer. */
  readonly warnings: readonly string[];
}

/** A connection with a finished handshake; undefined when there is none, and the observation says why. */
export async function connectTls(ask: Ask & Dialer, wish: Tls): Promise<TlsReached | undefined> {
  const modern = await ask.connect({ tls: wish });
  if (modern !== undefined) return { connection: modern, warnings: oldVersionWarning(modern.tls?.version) };
  if (wish.old === true || !mayBeOld(ask.latest())) return undefined;
  const old = await ask.connect({ tls: { ...wish, old: true } });
  if (old === undefined) return undefined;
  const version = old.tls?.version;
  const warnings = oldVersionWarning(version);
  const weak = `speaks ${version} only with ciphers, keys or signatures that current libraries refuse`;
  return { connection: old, warnings: warnings.length > 0 ? warnings : [weak] };
}

/** Whether the latest handshake failed as it does with a peer that is too old for it. */
export function mayBeOld(seen: Observation | undefined): boolean {
  if (seen?.phase !== "tls" || seen.code === undefined) return false;
  const { firstBytes, tls } = seen;
  if (firstBytes === undefined) return true;
  if (!isTls(firstBytes)) return false;
  // After a hello of its own a peer has found something in common, and ends the handshake for another reason.
  if (tls?.alert !== undefined) return firstBytes[0] === TLS_CONTENT.alert && NOTHING_IN_COMMON.has(tls.alert);
  return true;
}

function isTls(bytes: Uint8Array): boolean {
  try {
    tlsFrameLength(bytes);
    return true;
  } catch {
    return false;
  }
}

function oldVersionWarning(version: string | undefined): readonly string[] {
  const old = OLD_VERSIONS.get(version ?? "");
  return old === undefined ? [] : [`speaks only ${old}`];
}

/**
 * Begins a handshake of TLS 1.0 in clear, on a connection of its own, and reads what the server says of itself. Notes it
 * as seen; gives the version, or undefined where the server refused or hung up. Throws WireError for what is no TLS.
 */
export async function readOldHandshake(ask: Ask & Dialer, { serverName }: Tls): Promise<string | undefined> {
  const connection = await ask.connect();
  if (connection === undefined) return undefined;
  connection.send(oldHello(ask.world.randomBytes(32), serverName));
  const said = await readFlight(connection);
  if (said === undefined) return undefined;
  if ("alert" in said) {
    ask.noteHandshake({ serverName, alert: said.alert, certificates: [] });
    return undefined;
  }
  const { hello, certificates } = said;
  const version = versionOf(hello);
  const cipher = OLD_CIPHER_SUITES.get(hello.cipherSuite);
  if (cipher === undefined) throw new WireError("malformed", `a cipher suite that nobody offered`, 0);
  connection.send(farewell(hello.version));
  ask.noteHandshake({ serverName, version, cipher, certificates });
  return version;
}

function oldHello(random: Uint8Array, serverName: string): Uint8Array {
  const hello = encodeHandshake({
    type: "clientHello",
    version: TLS_VERSION.tls10,
    random,
    cipherSuites: [...OLD_CIPHER_SUITES.keys(), RENEGOTIATION_INFO],
    ...(HOST_NAME.test(serverName) && { serverName }),
  });
  return encodeTlsRecord({ type: TLS_CONTENT.handshake, version: TLS_VERSION.tls10, fragment: hello });
}

/** We leave of our own accord, and say so: a warning that the user cancelled, and the close (RFC 5246 section 7.2.1). */
function farewell(version: number): Uint8Array {
  const record = (description: number) =>
    encodeTlsRecord({
      type: TLS_CONTENT.alert,
      version,
      fragment: encodeTlsAlert({ level: TLS_ALERT.warning, description }),
    });
  return Uint8Array.of(...record(TLS_ALERT.userCanceled), ...record(TLS_ALERT.closeNotify));
}

/** OpenSSL's word for the version of a server that was offered nothing above TLS 1.0. */
function versionOf({ version }: ServerHello): string {
  if (version === TLS_VERSION.tls10) return "TLSv1";
  if (version === TLS_VERSION.ssl30) return "SSLv3";
  throw new WireError("malformed", "a TLS version that nobody offered", 0);
}

type Flight =
  | { readonly hello: ServerHello; readonly certificates: readonly Uint8Array[] }
  | { readonly alert: number };

/** Hello, then certificates, however they are cut into records; undefined when the connection ended before. */
async function readFlight(connection: Connection): Promise<Flight | undefined> {
  let hello: ServerHello | undefined;
  let buffered: Uint8Array = new Uint8Array(0);
  for (let records = 0; records < RECORDS_MAX; records++) {
    const bytes = await connection.receive(tlsFrameLength, RECORD_CAP_BYTES);
    if (bytes === undefined) return undefined;
    const { type, fragment } = decodeTlsRecord(bytes);
    if (type === TLS_CONTENT.alert) {
      const { level, description } = decodeTlsAlert(fragment);
      if (level === TLS_ALERT.fatal || description === TLS_ALERT.closeNotify) return { alert: description };
      continue;
    }
    if (type !== TLS_CONTENT.handshake) throw new WireError("malformed", "a record that no handshake begins with", 0);
    buffered = joined(buffered, fragment);
    if (buffered.length > FLIGHT_MAX_BYTES) throw new WireError("limit", "a handshake without end", 0);
    for (let length = handshakeLength(buffered); length !== undefined && length <= buffered.length; ) {
      const message = decodeHandshake(buffered.subarray(0, length));
      if (hello === undefined) {
        if (message.type !== "serverHello") throw new WireError("malformed", "a handshake without a server hello", 0);
        hello = message;
      } else if (message.type === "certificate" && message.certificates.length > 0) {
        return { hello, certificates: message.certificates };
      } else {
        throw new WireError("malformed", "a server hello without certificates", 0);
      }
      buffered = buffered.subarray(length);
      length = handshakeLength(buffered);
    }
  }
  throw new WireError("limit", "a handshake in too many records", 0);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
