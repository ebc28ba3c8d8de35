/**
 * OPTIONS outside a dialog (RFC 3261 section 11), the question that every SIP element answers itself: the request, and
 * which response is the one to it.
 */

import type { SipMessage, SipRequest, SipResponse } from "./sip.ts";
import { decodeSipAddress, formatSipAddress } from "./sip-address.ts";
import { decodeCseq, headerValue, type SipHeader } from "./sip-headers.ts";
import { parameterValue } from "./sip-text.ts";
import { bracketed, formatVia, viasOf } from "./sip-via.ts";

/** Begins every branch since RFC 3261, so that servers need not compare the rest of the request (section 8.1.1.7). */
const MAGIC_COOKIE = "z9hG4bK";

/** What the request is known by; all comes back in every response. */
export interface SipTransaction {
  /** With its cookie. */
  readonly branch: string;
  readonly fromTag: string;
  readonly callId: string;
  /** 0 to 2^31 - 1. */
  readonly cseq: number;
}

export interface OptionsRequest extends SipTransaction {
  readonly transport: "UDP" | "TCP" | "TLS";
  /** Name or address of the server; the URI bears no user, so that it stands for the server itself. */
  readonly host: string;
  readonly port: number;
  /** Where the response goes: the socket's own address and port (section 18.1.1). */
  readonly local: { readonly address: string; readonly port: number };
  /** 0: the next hop answers, or says 483, and passes it on to nobody (section 11.2, 16.3). */
  readonly maxForwards: number;
  readonly userAgent: string;
}

/** So many random octets name a transaction. */
export const SIP_TRANSACTION_BYTES = 44;

/** The names of a transaction: 128 bits in the branch and in the Call-ID, 64 in the tag, 31 in the CSeq. */
export function sipTransaction(random: Uint8Array, address: string): SipTransaction {
  const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    branch: `${MAGIC_COOKIE}${hex.slice(0, 32)}`,
    callId: `${hex.slice(32, 64)}@${bracketed(address)}`,
    fromTag: hex.slice(64, 80),
    cseq: Number.parseInt(hex.slice(80, 88), 16) & 0x7fff_ffff || 1,
  };
}

/** The request as a message; it has no body. */
export function optionsRequest(of: OptionsRequest): SipRequest {
  const uri = serverUri(of);
  const own = `sip:${OWN_USER}@${bracketed(of.local.address)}`;
  const via = formatVia({
    transport: of.transport,
    host: of.local.address,
    port: of.local.port,
    parameters: [{ name: "branch", value: of.branch }, { name: "rport" }],
  });
  const fields: Readonly<Record<string, string>> = {
    Via: via,
    "Max-Forwards": `${of.maxForwards}`,
    From: formatSipAddress({ uri: own, parameters: [{ name: "tag", value: of.fromTag }] }),
    To: formatSipAddress({ uri, parameters: [] }),
    "Call-ID": of.callId,
    CSeq: `${of.cseq} OPTIONS`,
    Contact: formatSipAddress({ uri: `${own}:${of.local.port}${uriTransport(of.transport)}`, parameters: [] }),
    Accept: "application/sdp",
    "User-Agent": of.userAgent,
    "Content-Length": "0",
  };
  const headers: readonly SipHeader[] = Object.entries(fields).map(([name, value]) => ({ name, value }));
  return { type: "request", method: "OPTIONS", uri, headers, body: new Uint8Array(0) };
}

/** No number, which a gateway could take for a subscriber's. */
const OWN_USER = "unity-probe";

/** The ports that a URI without one means (section 19.1.2). */
const DEFAULT_PORTS = { UDP: 5060, TCP: 5060, TLS: 5061 };

function serverUri({ host, port, transport }: OptionsRequest): string {
  const portText = port === DEFAULT_PORTS[transport] ? "" : `:${port}`;
  return `sip:${bracketed(host)}${portText}${uriTransport(transport)}`;
}

/** UDP is what a URI means without it, and `tls` is deprecated there (section 26.2.2). */
function uriTransport(transport: OptionsRequest["transport"]): string {
  return transport === "TCP" ? ";transport=tcp" : "";
}

/** Whether the response is to this request (section 17.1.3): topmost branch, Call-ID, CSeq and From tag are all ours. */
export function answersOptions(response: SipResponse, transaction: SipTransaction): boolean {
  const cseq = headerValue(response.headers, "cseq");
  const from = headerValue(response.headers, "from");
  if (cseq === undefined || from === undefined) return false;
  const { number, method } = decodeCseq(cseq);
  return (
    topmostBranch(response) === transaction.branch &&
    headerValue(response.headers, "call-id") === transaction.callId &&
    number === transaction.cseq &&
    method === "OPTIONS" &&
    parameterValue(decodeSipAddress(from).parameters, "tag") === transaction.fromTag
  );
}

/** Of a request that comes back unchanged this is our own; a hop that passes it on puts its own on top. */
export function topmostBranch(message: SipMessage): string | undefined {
  return parameterValue(viasOf(message.headers)[0]?.parameters ?? [], "branch");
}
