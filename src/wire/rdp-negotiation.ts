/**
 * How an RDP client and server agree on the security of their connection (MS-RDPBCGR sections 2.2.1.1.1, 2.2.1.2.1 and
 * 2.2.1.2.2): eight bytes in the variable part of X.224's connection request and confirm.
 */
import { Reader, Writer } from "./bytes.ts";

/** Bits of a request; a response names one of them, or none for standard RDP security. */
export const RDP_PROTOCOL = {
  standard: 0,
  tls: 1,
  credSsp: 2,
  rdsTls: 4,
  credSspEarlyAuthorization: 8,
  aad: 16,
} as const;

export type RdpNegotiation =
  | { readonly type: "request"; readonly flags: number; readonly protocols: number }
  | { readonly type: "response"; readonly flags: number; readonly protocol: number }
  /** See `rdpFailureName`. */
  | { readonly type: "failure"; readonly flags: number; readonly code: number };

const TYPE = { request: 1, response: 2, failure: 3 } as const;
const BYTES = 8;

export function encodeRdpNegotiation(negotiation: RdpNegotiation): Uint8Array {
  const writer = new Writer().u8(TYPE[negotiation.type]).u8(negotiation.flags).u16(BYTES, "le");
  return writer.u32(numberOf(negotiation), "le").finish();
}

/** Decodes exactly one negotiation. */
export function decodeRdpNegotiation(bytes: Uint8Array): RdpNegotiation {
  const reader = new Reader(bytes);
  const [type, flags, length, value] = [reader.u8(), reader.u8(), reader.u16("le"), reader.u32("le")];
  reader.expectEnd("the RDP negotiation");
  if (length !== BYTES) throw reader.error("malformed", `an RDP negotiation of length ${length}`);
  switch (type) {
    case TYPE.request:
      return { type: "request", flags, protocols: value };
    case TYPE.response:
      return { type: "response", flags, protocol: value };
    case TYPE.failure:
      return { type: "failure", flags, code: value };
    default:
      throw reader.error("malformed", `an RDP negotiation of type ${type}`);
  }
}

/** The name of the protocol that a response selects. */
export function rdpProtocolName(protocol: number): string {
  return PROTOCOL_NAMES.get(protocol) ?? `security protocol ${protocol}`;
}

/** What a failure's code says. */
export function rdpFailureName(code: number): string {
  return FAILURE_NAMES.get(code) ?? `failure ${code}`;
}

function numberOf(negotiation: RdpNegotiation): number {
  if (negotiation.type === "request") return negotiation.protocols;
  return negotiation.type === "response" ? negotiation.protocol : negotiation.code;
}

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [RDP_PROTOCOL.standard, "standard RDP security"],
  [RDP_PROTOCOL.tls, "TLS"],
  [RDP_PROTOCOL.credSsp, "CredSSP"],
  [RDP_PROTOCOL.rdsTls, "RDSTLS"],
  [RDP_PROTOCOL.credSspEarlyAuthorization, "CredSSP with early user authorization"],
  [RDP_PROTOCOL.aad, "RDS with Entra ID"],
]);

const FAILURE_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "TLS required"],
  [2, "TLS not allowed"],
  [3, "no certificate on the server"],
  [4, "inconsistent flags"],
  [5, "CredSSP required"],
  [6, "TLS with a client certificate required"],
]);
