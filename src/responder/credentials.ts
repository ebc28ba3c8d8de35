/**
 * What the two ends of a control channel show each other: a key that both hold, or certificates of one authority
 * (docs/responder-protocol.md, "Control channel").
 */
import { constants, createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type ConnectionOptions, createSecureContext, type TLSSocket, type TlsOptions } from "node:tls";
import { CIPHER_SUITE, controlKey, KEY_BYTES, PSK_IDENTITY } from "./key.ts";

export type Credentials =
  | { readonly key: Uint8Array; readonly certificates?: undefined }
  | { readonly certificates: Certificates; readonly key?: undefined };

/** All in PEM. */
export interface Certificates {
  /** Our own, and those between it and the authority. */
  readonly chain: string;
  readonly privateKey: string;
  /** The authority, which should issue for this purpose alone: whoever has a certificate of it is let in. */
  readonly authority: string;
  /** The peer's certificate has to bear one of these names (DNS names or addresses); any where there are none. */
  readonly names: readonly string[];
}

/** RFC 5705 section 4 reserves the first word for labels that nobody has registered. */
export const EXPORTER_LABEL = "EXPERIMENTAL unity-probe responder 1";

/**
 * No session is resumed: each connection shows what it has anew. In TLS 1.3 OpenSSL sends tickets all the same, but then
 * they only name a session of a cache, and Node has none.
 */
const NO_TICKET = { secureOptions: constants.SSL_OP_NO_TICKET } as const;
const TLS_1_3 = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3", ciphers: CIPHER_SUITE } as const;

/** What the responder's end is given. */
export function serverTls(credentials: Credentials): TlsOptions {
  if (credentials.certificates === undefined) {
    const psk = controlKey(credentials.key);
    return { ...TLS_1_3, ...NO_TICKET, pskCallback: (_, identity) => (identity === PSK_IDENTITY ? psk : null) };
  }
  return {
    ...TLS_1_3,
    ...NO_TICKET,
    ...identityOf(credentials.certificates),
    requestCert: true,
    // Whether it is let in is asked of whyNotLetIn: by itself Node would hang up without saying who it was.
    rejectUnauthorized: false,
  };
}

/** What the prober's end is given. */
export function clientTls(credentials: Credentials): ConnectionOptions {
  const { certificates, key } = credentials;
  if (certificates === undefined) {
    return {
      ...TLS_1_3,
      pskCallback: () => ({ psk: controlKey(key), identity: PSK_IDENTITY }),
      // Only a peer without the key shows a certificate. Node asks this for nobody else.
      checkServerIdentity: () => Object.assign(new Error("a certificate"), { code: "CERTIFICATE-INSTEAD-OF-KEY" }),
    };
  }
  return {
    ...TLS_1_3,
    ...identityOf(certificates),
    rejectUnauthorized: true,
    checkServerIdentity: (_, { raw }) =>
      bearsName(new X509Certificate(raw), certificates.names)
        ? undefined
        : Object.assign(new Error("another name"), { code: "CERTIFICATE-OF-ANOTHER-NAME" }),
  };
}

/** The key from which tokens are made on this connection. */
export function tokenKeyOf({ key }: Credentials, socket: TLSSocket): Uint8Array {
  return key ?? new Uint8Array(socket.exportKeyingMaterial(KEY_BYTES, EXPORTER_LABEL, Buffer.alloc(0)));
}

/**
 * Why the responder hangs up on the prober of a finished handshake; undefined where it is let in. It does not quote a
 * certificate: whoever made that chose its words.
 */
export function whyNotLetIn({ certificates }: Credentials, socket: TLSSocket): string | undefined {
  if (certificates === undefined) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "shows no certificate";
  if (!socket.authorized) return `shows a certificate that is not let in (${socket.authorizationError})`;
  return bearsName(certificate, certificates.names) ? undefined : "shows a certificate without a name that is let in";
}

/** What is wrong with certificates before they are shown to anybody; it quotes nothing of them. */
export function whyUnusable(certificates: Certificates): string | undefined {
  const { chain, privateKey, authority } = certificates;
  try {
    if (!new X509Certificate(chain).checkPrivateKey(createPrivateKey(privateKey))) {
      return "the key of --tls-key is not that of the certificate of --tls-cert";
    }
    createSecureContext(identityOf(certificates));
  } catch {
    return "--tls-cert and --tls-key do not hold a certificate and its key without a passphrase, both in PEM";
  }
  try {
    new X509Certificate(authority);
    return undefined;
  } catch {
    return "--tls-ca does not hold a certificate in PEM";
  }
}

function identityOf({ chain, privateKey, authority }: Certificates): Pick<TlsOptions, "cert" | "key" | "ca"> {
  return { cert: chain, key: privateKey, ca: authority };
}

/** Subject alternative names only; a wildcard stands for no name. */
function bearsName(certificate: X509Certificate, names: readonly string[]): boolean {
  const bears = (name: string) =>
    isIP(name) === 0
      ? certificate.checkHost(name, { subject: "never", wildcards: false }) !== undefined
      : certificate.checkIP(name) !== undefined;
  return names.length === 0 || names.some(bears);
}
