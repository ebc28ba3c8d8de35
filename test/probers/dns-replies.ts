/** What Samba answers to questions about its zone, with the id and the letters of the question. */
import { decodeDns, encodeDns, encodeDnsFrame, RCODE } from "../../src/wire/dns.ts";
import { fixture } from "../wire/support.ts";

/** Samba's answer for its zone, to this question; or a refusal of it. */
export function dnsAnswer(
  request: Uint8Array,
  how: { readonly idBit?: number; readonly refused?: true } = {},
): Uint8Array {
  const { id, questions } = decodeDns(request);
  const answer = { ...decodeDns(fixture("dns/soa-zone-udp-samba.hex")), id: id ^ (how.idBit ?? 0), questions };
  return encodeDns(how.refused ? { ...answer, rcode: RCODE.refused, answers: [], authorities: [] } : answer);
}

/** The same in its frame, for a question in one. */
export function dnsOverTcp(request: Uint8Array, how: Parameters<typeof dnsAnswer>[1] = {}): Uint8Array {
  return encodeDnsFrame(dnsAnswer(request.subarray(2), how));
}
