/** What certificates say, as flat facts (RFC 5280): of a chain that came with a handshake, or was read in clear. */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Evidence } from "../model/evidence.ts";
import { type HandshakeRead, type TlsSeen, UNFINISHED_HANDSHAKE } from "../model/observation.ts";

const MAX_CHAIN = 10;
const MAX_NAMES = 100;
const MAX_TEXT = 256;

/** The chain as Node built it, leaf first. */
export function chainOf(leaf: X509Certificate | undefined): Evidence[] {
  const chain: Evidence[] = [];
  const known = new Set<string>();
  for (let at = leaf; at !== undefined && chain.length < MAX_CHAIN; at = at.issuerCertificate) {
    if (known.has(at.fingerprint256)) break;
    known.add(at.fingerprint256);
    chain.push(factsOf(at));
  }
  return chain;
}

/** The name of the certificate that matches this one, for instance a wildcard; undefined where none does. */
export function matchedNameOf(certificate: X509Certificate, name: string): string | undefined {
  return isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
}

/**
 * A handshake that was read in clear and not finished. A certificate that cannot be read is left out; where that is the
 * first, nothing is said of its name.
 */
export function handshakeSeen({ certificates, serverName, ...said }: HandshakeRead): TlsSeen {
  if (certificates.length === 0) return { ...said, chain: [] };
  const read = certificates.slice(0, MAX_CHAIN).map(parse);
  const [leaf] = read;
  const matchedName = leaf && matchedNameOf(leaf, serverName);
  return {
    ...said,
    verifyError: UNFINISHED_HANDSHAKE,
    serverName,
    ...(leaf !== undefined && { nameMatches: matchedName !== undefined }),
    ...(matchedName !== undefined && { matchedName }),
    chain: read.flatMap((certificate) => (certificate === undefined ? [] : [factsOf(certificate)])),
  };
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
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
  return short((name ?? "").split("\n").join(", "));
}

/** `DNS:a.example, IP Address:10.0.0.1` becomes `a.example` and `10.0.0.1`. */
function namesOf(alternatives: string | undefined): string[] {
  if (alternatives === undefined) return [];
  return alternatives
    .split(", ")
    .slice(0, MAX_NAMES)
    .map((name) => short(name.replace(/^(?:DNS|IP Address):/, "")));
}

function short(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

/** OpenSSL's `Nov 21 06:26:00 2030 GMT` as ISO 8601, or as it stands when it is no date. */
function isoTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}
