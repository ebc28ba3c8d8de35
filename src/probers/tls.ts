/**
 * TLS alone (RFC 8446, RFC 5246): is there a TLS server, and what does it say of itself? For services whose inner
 * protocol has no documented exchange. A bad certificate is a fact and no obstacle; what is inside stays unasked.
 */
import type { Evidence } from "../model/evidence.ts";
import type { TlsSeen } from "../model/observation.ts";
import type { Connection, Dialogue, Reading, World } from "../model/prober.ts";
import { connectTls, mayBeOld, readOldHandshake } from "./tls-old-peer.ts";
import { within } from "./within.ts";

/** TLS 1.3: that a client's certificate is missing is said only after the client has finished (RFC 8446 section 4.4.2.4). */
const LINGER_MS = 500;

/** Whatever the peer says first is left where it is. */
const UNREAD_BYTES = 64 * 1024;

const DAY_MS = 86_400_000;

interface Params {
  readonly oldVersions?: boolean;
}

export const tls: Dialogue<Params> = {
  kind: "dialogue",
  id: "tls",
  transports: ["tcp"],
  needsTls: true,
  silence: "fail",
  giveUpMs: 15_000,
  cost: { packets: 2, bytes: 400 },
  manners: { minIntervalMs: 0 },
  params: {
    oldVersions: {
      type: "boolean",
      about: "Offer TLS 1.0 and 1.1 with their ciphers in the first hello, not only where the modern one was refused.",
    },
  },
  about: {
    protocol: "TLS",
    title: "TLS handshake",
    sends:
      "A handshake with TLS 1.2 and 1.3, then nothing for half a second. Where the peer refuses that hello: a second one that offers TLS 1.0 and 1.1 too, and where that fails, a ClientHello of TLS 1.0 with five RSA cipher suites, which is read in clear up to the certificate and then cancelled. Three connections at most. With client-certificate: that certificate, should the peer ask for one.",
    accepts:
      "A finished handshake, whatever the certificate is worth. A peer that ends it because it wants a client certificate has proven TLS too. An alert alone proves nothing: anybody can send its seven bytes.",
    proves:
      "A TLS server answered, and what its certificates say. Never what is inside: no byte of an inner protocol is sent.",
    triggers:
      "A handshake without a request in the server's log; Windows writes schannel events 36874 and 36887 about refused ones.",
    specification: [
      "RFC 8446 sections 4 and 6",
      "RFC 5246 sections 6.2.1, 7.2 and 7.4",
      "RFC 2246 section 7.4",
      "RFC 6066 sections 3 and 8",
    ],
  },
  async run(params, ask) {
    const row = ask.tls ?? { serverName: ask.host, strict: false };
    const wish = params.oldVersions === true ? { ...row, old: true as const } : row;
    const reached = await connectTls(ask, wish);
    if (reached === undefined) {
      if (!mayBeOld(ask.latest())) return undefined;
      const version = await readOldHandshake(ask, row);
      return version === undefined ? undefined : unfinished(version, ask.latest()?.tls, ask.world.wallMs());
    }
    const { connection, warnings } = reached;
    const spoke = await speaksFirst(connection, ask.world);
    // The peer ended it with an alert: the verdict knows which of them are about our certificate.
    if (connection.tls === undefined || connection.tls.alert !== undefined) return undefined;
    return finished(connection.tls, spoke, warnings, ask.world.wallMs());
  },
};

/** Whether the peer said something within the time in which it would refuse us. */
async function speaksFirst(connection: Connection, world: World): Promise<boolean> {
  const said = connection.receive((buffered) => (buffered.length > 0 ? buffered.length : undefined), UNREAD_BYTES);
  return (await within(world, LINGER_MS, said)) !== undefined;
}

function finished(seen: TlsSeen, spoke: boolean, warnings: readonly string[], wallMs: number): Reading {
  return {
    service: "confirmed",
    detail: `${versionText(seen.version)}, ${leafText(seen)}; what is inside was not asked`,
    evidence: { ...chainEvidence(seen, wallMs), ...(spoke && { serverSpeaksFirst: true }) },
    ...(warnings.length > 0 && { warnings }),
  };
}

/** A hello and certificates in clear: the server speaks TLS, and nobody here has its ciphers. */
function unfinished(version: string, seen: TlsSeen | undefined, wallMs: number): Reading {
  const about = seen === undefined ? "" : `, ${leafText(seen)}`;
  return {
    service: "confirmed",
    detail: `${versionText(version)}${about}; read in clear, the handshake was not finished`,
    evidence: { handshakeFinished: false, ...(seen !== undefined && chainEvidence(seen, wallMs)) },
    warnings: [`speaks only ${versionText(version)}, with ciphers that current libraries no longer have`],
  };
}

/** `TLS 1.0` for OpenSSL's `TLSv1`. */
function versionText(version = "TLS"): string {
  const [, family, number = "1"] = /^(TLS|SSL)v([\d.]+)$/.exec(version) ?? [];
  if (family === undefined) return version;
  return `${family} ${number.includes(".") ? number : `${number}.0`}`;
}

function leafText({ matchedName, chain }: TlsSeen): string {
  const [leaf] = chain;
  if (leaf === undefined) return "no certificate that can be read";
  const names = Array.isArray(leaf.names) ? leaf.names : [];
  const name = matchedName ?? names[0] ?? leaf.subject;
  return `certificate for ${name || "nobody"} until ${String(leaf.notAfter).slice(0, "2026-11-21".length)}`;
}

/** The leaf's own facts are part of every result with TLS; here are the days that it has left, and who stands behind it. */
function chainEvidence({ chain }: TlsSeen, wallMs: number): Evidence {
  const [leaf, ...issuers] = chain;
  if (leaf === undefined) return {};
  const daysLeft = Math.floor((Date.parse(String(leaf.notAfter)) - wallMs) / DAY_MS);
  const line = ({ subject, issuer, notBefore, notAfter, sha256 }: Evidence) =>
    `${subject}; issued by ${issuer}; ${notBefore} to ${notAfter}; SHA-256 ${sha256}`;
  return {
    ...(!Number.isNaN(daysLeft) && { certificateDaysLeft: daysLeft }),
    ...(issuers.length > 0 && { chain: issuers.map(line) }),
  };
}
