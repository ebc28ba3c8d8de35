/** DNS (RFC 1035) as a domain controller serves its own zone: it knows the zone, its controllers, and nobody else's names. */
import {
  type DnsMessage,
  type DnsRecord,
  decodeDns,
  decodeDnsFrame,
  dnsFrameLength,
  encodeDns,
  encodeDnsFrame,
  OPCODE_QUERY,
  RCODE,
  type SoaRecord,
  type SrvRecord,
} from "../wire/dns.ts";
import { LAB } from "./lab-domain.ts";
import type { TcpStandIn, UdpStandIn } from "./stand-in.ts";

const HOUR_S = 3_600;
const LDAP_PORT = 389;

const SOA: SoaRecord = {
  type: "SOA",
  name: LAB.dnsDomain,
  ttlS: HOUR_S,
  primary: LAB.host,
  mailbox: `hostmaster.${LAB.dnsDomain}`,
  serial: 1,
  refreshS: 900,
  retryS: 600,
  expireS: 86_400,
  minimumS: HOUR_S,
};

const CONTROLLERS: SrvRecord = {
  type: "SRV",
  name: `_ldap._tcp.${LAB.dnsDomain}`,
  ttlS: 900,
  priority: 0,
  weight: 100,
  port: LDAP_PORT,
  target: LAB.host,
};

export function dnsOverTcp(): TcpStandIn {
  return {
    transport: "tcp",
    frameLength: dnsFrameLength,
    answer(request) {
      const query = decodeDnsFrame(request);
      const reply = query && answerTo(query);
      return reply && [encodeDnsFrame(encodeDns(reply))];
    },
  };
}

/** With `truncates` no answer fits into a datagram, as with a long list of controllers. */
export function dnsOverUdp(how: { readonly truncates?: boolean } = {}): UdpStandIn {
  return {
    transport: "udp",
    answer(datagram) {
      const reply = answerTo(decodeDns(datagram));
      if (reply === undefined) return undefined;
      return encodeDns(how.truncates === true ? { ...reply, truncated: true, answers: [], authorities: [] } : reply);
    },
  };
}

/** Undefined for what is no question. */
function answerTo(query: DnsMessage): DnsMessage | undefined {
  const [question] = query.questions;
  if (query.response || question === undefined) return undefined;
  const reply = { ...query, response: true, answers: [], authorities: [] };
  if (query.opcode !== OPCODE_QUERY) return { ...reply, rcode: RCODE.notImp };
  const name = question.name.toLowerCase();
  if (name !== LAB.dnsDomain && !name.endsWith(`.${LAB.dnsDomain}`)) return { ...reply, rcode: RCODE.refused };
  const records: readonly DnsRecord[] = [SOA, CONTROLLERS].filter((record) => record.name === name);
  const answers = records.filter(({ type }) => type === question.type);
  const exists = records.length > 0 || name === LAB.host;
  return {
    ...reply,
    authoritative: true,
    rcode: exists ? RCODE.noError : RCODE.nxDomain,
    answers,
    authorities: answers.length > 0 ? [] : [SOA],
  };
}
