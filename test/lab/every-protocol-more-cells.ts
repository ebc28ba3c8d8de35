/** The same for the other shipped profiles that ask what these machines serve; rows without a server are left out. */
import { ACCESS_EDGE, type AddressPair, DC, EDGE, FRONT_END, UNITY } from "./addresses.ts";
import {
  CLOSED,
  DNS,
  GLOBAL_CATALOG,
  NEEDS_CREDENTIALS,
  proven,
  refused,
  SIP_OK,
  TLS_ALONE,
  type Vector,
  WANTS_CERTIFICATE,
} from "./every-protocol-words.ts";

/** Asks the ports of these cells alone. */
function vector(
  profile: string,
  host: AddressPair,
  exitCode: Vector["exitCode"],
  cells: Vector["cells"],
  more: Pick<Vector, "args" | "onlyIpv4"> = {},
): Vector {
  const ports = new Set(Object.keys(cells).map((check) => check.split("/").slice(1).join("/")));
  const args = [...(more.args ?? []), ...[...ports].flatMap((port) => ["--only", port])];
  return { ...more, profile, host, exitCode, cells, args, askedAlone: true };
}

const WEB = proven("HTTP 200 OK, nginx");
const SMTP = proven("mail.lab.test, ESMTP; STARTTLS: TLSv1.3");
const CLEAR_AND_MUTUAL = { "sip/tcp/5060": SIP_OK, "sip-over-mtls/tcp/5061": WANTS_CERTIFICATE };

export const FURTHER_VECTORS: readonly Vector[] = [
  vector("communicator-to-edge", ACCESS_EDGE, 0, { "sip/tcp/443": SIP_OK }),
  vector("mobile-to-edge", ACCESS_EDGE, 0, { "sip/tcp/443": SIP_OK }),
  vector("communicator-to-front-end", FRONT_END, 0, {
    "sip/tcp/5060": SIP_OK,
    "sip-over-tls/tcp/5061": WANTS_CERTIFICATE,
  }),
  vector("mobile-to-front-end", FRONT_END, 0, { "sip/tcp/5060": SIP_OK, "sip-over-tls/tcp/5061": WANTS_CERTIFICATE }),
  vector("livemeeting-to-front-end", FRONT_END, 0, {
    "psom/tcp/8057": TLS_ALONE,
    "sip-over-tls/tcp/5061": WANTS_CERTIFICATE,
  }),
  vector("ocs-cwa", FRONT_END, 0, { "https/tcp/443": WEB, "sip/tcp/5061": WANTS_CERTIFICATE }),
  vector("ocs-director", FRONT_END, 0, CLEAR_AND_MUTUAL),
  vector("ocs-director-lb", FRONT_END, 0, CLEAR_AND_MUTUAL),
  vector("ocs-mediation", FRONT_END, 0, { "sip-gateway/tcp/5060": SIP_OK, "sip/tcp/5061": WANTS_CERTIFICATE }),
  vector("ocs-group-chat", FRONT_END, 1, {
    "http/tcp/443": WEB,
    "sip-over-tls/tcp/5061": WANTS_CERTIFICATE,
    "channel-service/tcp/5041": CLOSED,
  }),
  vector("ocs-reverse-proxy", FRONT_END, 0, { "sip-over-tls/tcp/443": WEB }),
  vector("um-client-to-cas", FRONT_END, 0, { "um-web-services-over-https/tcp/443": WEB }),
  vector("ocs-front-end-lb", FRONT_END, 1, {
    ...CLEAR_AND_MUTUAL,
    "web-components-over-https/tcp/443": WEB,
    "focus-and-conferencing-servers/tcp/444": refused("answers, and refuses: HTTP 403 Forbidden"),
    "monitoring-server/tcp/5069": SIP_OK,
    "sip-for-response-group/tcp/5071": SIP_OK,
    "sip-for-conferencing-auto-attendant/tcp/5072": CLOSED,
  }),
  vector("ocs-edge-lb-internal", EDGE, 0, {
    "sip-web-conferences-and-stun-over-tls/tcp/443": NEEDS_CREDENTIALS,
    "sip-over-mtls/tcp/5061": WANTS_CERTIFICATE,
    "sip-over-mtls-authentication/tcp/5062": SIP_OK,
    "stun/udp/3478": NEEDS_CREDENTIALS,
  }),
  vector("sip-to-unity", UNITY, 0, { "sip/tcp/5060": SIP_OK }),
  vector("workstation-to-unity", UNITY, 0, {
    "iis-web-server-over-https/tcp/443": refused("answers, and refuses: HTTP 401 Unauthorized (Negotiate)"),
  }),
  vector("voicemail-to-exchange", UNITY, 0, { "smtp/tcp/25": SMTP }),
  vector("um-to-hub", UNITY, 0, { "smtp/tcp/25": SMTP }),
  vector(
    "exchange-to-exchange",
    UNITY,
    0,
    { "smtp/tcp/25": SMTP, "message-routing/tcp/691": proven("Microsoft Routing Server 6.5.7226.0") },
    { onlyIpv4: true },
  ),
  vector("exchange-to-dns", DC, 0, { "dns/tcp/53": DNS, "dns/udp/53": DNS }, { args: ["--set", "domain=lab.test"] }),
  vector("workstation-to-dns", DC, 0, { "dns/tcp/53": DNS, "dns/udp/53": DNS }, { args: ["--set", "domain=lab.test"] }),
  vector("unity-secondary-to-gc", DC, 0, {
    "ldap/tcp/3268": GLOBAL_CATALOG,
    "ldap-over-ssl/tcp/3269": GLOBAL_CATALOG,
  }),
  vector("ocs-archiving", DC, 3, {
    "msmq/tcp/135": "inconclusive open syn-ack unchecked: qmcomm is not registered",
  }),
];
