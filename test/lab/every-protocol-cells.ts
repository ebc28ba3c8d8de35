/**
 * What the shipped profiles must show for the machines of `service-hosts.ts`, written down by hand: the servers' answers
 * are what `sip-services.ts` and `web-services.ts` let them say, and a row without a server meets a closed port. A cell is
 * outcome, state, reason and service state, then a telling part of the detail; a row that is not asked says why.
 */
import {
  A_V_EDGE,
  ACCESS_EDGE,
  type AddressPair,
  CUCM,
  DC,
  EDGE,
  FRONT_END,
  LCS_SERVER,
  SIP_ENDPOINT,
  UM_SERVER,
  UNITY,
} from "./addresses.ts";

export interface Vector {
  readonly profile: string;
  readonly host: AddressPair;
  readonly args?: readonly string[];
  readonly exitCode: 0 | 1 | 3;
  /** By check; what a reply announced stands behind its row: `row > tcp/1433`. */
  readonly cells: Readonly<Record<string, string>>;
  /** Its servers, or what stands for them, live at IPv4 alone. */
  readonly onlyIpv4?: true;
}

const proven = (detail: string): string => `pass open protocol-reply confirmed: ${detail}`;
const refused = (detail: string): string => `pass open service-refusal refused: ${detail}`;
const skipped = (why: string): string => `skipped: ${why}`;

const SIP_OK = proven("200 OK");
const sipRefuses = (status: string): string => refused(`SIP answers, and refuses OPTIONS: ${status}`);
/** Rule 5: all that can be proven without a certificate of ours. */
const WANTS_CERTIFICATE =
  "pass open tls-alert refused: TLS proven, inner protocol not asked: the peer wants a client certificate";
const NEEDS_CREDENTIALS = refused("STUN answers; Binding without credentials: 401 Unauthorized (realm lab.test)");
const MS_TURN = refused("MS-TURN answers");
const TLS_ALONE = proven("certificate for dc01.example.com until 2120-01-01; what is inside was not asked");
const ONLY_ACCEPTS = "pass open syn-ack unchecked: accepts; the service was not asked";

const CLOSED = "fail closed conn-refused unchecked: closed: connection refused";
const CLOSED_UDP = "fail closed port-unreach unchecked: closed: port unreachable by the target";
/** Under `path`: what the host itself refuses got there. */
const CLOSED_PATH = "pass closed conn-refused unchecked: closed: connection refused";
const CLOSED_RANGE = "pass closed conn-refused unchecked: 0 open, 21 closed, 0 filtered";
const CLOSED_UDP_RANGE = "pass closed port-unreach unchecked: 0 open, 21 closed, 0 filtered";

const MEDIA = skipped("could disturb a live call");

const KERBEROS = refused("KRB-ERROR 6 principal unknown");
const KPASSWD = refused("KRB-ERROR 2");
const LDAP = proven("dc01.lab.test, DC=lab,DC=test; anonymous bind: success");
const GLOBAL_CATALOG = proven("dc01.lab.test, DC=lab,DC=test; anonymous bind: success; global catalog ready");
const DNS = proven("lab.test is served by dc01.lab.test");

const SIP_OF_FRONT_END = {
  "sip/tcp/5060": SIP_OK,
  "sip-over-mtls/tcp/5061": WANTS_CERTIFICATE,
  "sip-for-im-conferencing/tcp/5062": sipRefuses("403 Forbidden"),
  "sip-for-a-v-conferencing/tcp/5063": sipRefuses("404 Not Found"),
  "sip-for-telephony-conferencing/tcp/5064": sipRefuses("483 Too Many Hops"),
  // Whether OCS answers everybody is unknown, so that a silence decides nothing.
  "sip-for-application-sharing/tcp/5065":
    "inconclusive open no-response silent: whether OCS answers OPTIONS of a stranger is unverified",
  "sip-for-response-group/tcp/5071": SIP_OK,
  "sip-for-conferencing-auto-attendant/tcp/5072": CLOSED,
  "sip-for-conferencing-announcement/tcp/5073": CLOSED,
  "sip-for-outside-voice-control/tcp/5074":
    'fail open mismatch mismatch: something answers, but not SIP; it says "HTTP/1.1 400 Bad Request"',
  "dcom-and-rpc/tcp/135": skipped("load-balancer off"),
  "psom/tcp/8057": TLS_ALONE,
  "response-group-remoting/tcp/8404": CLOSED,
  "media/udp/49152-65335": MEDIA,
};

export const VECTORS: readonly Vector[] = [
  {
    profile: "unity-to-sip",
    host: SIP_ENDPOINT,
    args: ["--with", "sip"],
    exitCode: 0,
    cells: { "sip/tcp/5060": sipRefuses("404 Not Found"), "rtp/udp/22800-32767": MEDIA },
  },
  {
    profile: "um-gateway-to-um",
    host: UM_SERVER,
    args: ["--with", "lookup-rows"],
    exitCode: 0,
    cells: {
      "sip/tcp/5060": SIP_OK,
      "sip/udp/5060": CLOSED_UDP,
      "sip-over-mutual-tls/tcp/5061": sipRefuses("403 Forbidden"),
      "sip-of-the-um-worker/tcp/5065": SIP_OK,
      "sip-of-the-um-worker/tcp/5067": CLOSED,
      "sip-of-the-um-worker-over-tls/tcp/5066": CLOSED,
      "sip-of-the-um-worker-over-tls/tcp/5068": SIP_OK,
      "rtp/udp/16384-32766/even": MEDIA,
      "rtp-companion/tcp/16385-32767/odd": MEDIA,
      "rtcp/udp/16385-32767/odd": MEDIA,
      "t-38-fax/udp/$t38-range": skipped("not tested: ports unknown, set t38-range"),
    },
  },
  {
    profile: "messenger-to-lcs",
    host: LCS_SERVER,
    exitCode: 0,
    cells: {
      "sip/tcp/5060": CLOSED,
      "sip-over-tls/tcp/5061": sipRefuses("403 Forbidden"),
    },
  },
  {
    profile: "ocs-edge",
    host: EDGE,
    args: ["--set", "interface=internal"],
    exitCode: 0,
    cells: {
      "sip-over-mtls/tcp/5061": WANTS_CERTIFICATE,
      "a-v-authentication/tcp/5062": SIP_OK,
      "sip-web-conferences-and-stun-over-tls/tcp/443": NEEDS_CREDENTIALS,
      "psom-over-mtls/tcp/8057": WANTS_CERTIFICATE,
      "stun/udp/3478": NEEDS_CREDENTIALS,
      "media/tcp/50000-59999": skipped("interface is internal"),
      "media/udp/50000-59999": skipped("interface is internal"),
    },
  },
  {
    profile: "ocs-edge-lb-external",
    host: EDGE,
    exitCode: 0,
    cells: {
      "sip-web-conferences-and-stun-over-tls/tcp/443": NEEDS_CREDENTIALS,
      "sip-over-mtls/tcp/5061": WANTS_CERTIFICATE,
      "stun/tcp/3478": NEEDS_CREDENTIALS,
      "stun/udp/3478": NEEDS_CREDENTIALS,
    },
  },
  {
    profile: "ocs-edge-lb-external",
    host: A_V_EDGE,
    args: ["--skip", "tcp/5061", "--skip", "tcp/3478"],
    exitCode: 0,
    onlyIpv4: true,
    cells: {
      "sip-web-conferences-and-stun-over-tls/tcp/443": MS_TURN,
      "sip-over-mtls/tcp/5061": skipped("left out by --skip"),
      "stun/tcp/3478": skipped("left out by --skip"),
      "stun/udp/3478": MS_TURN,
    },
  },
  {
    profile: "livemeeting-to-edge",
    host: ACCESS_EDGE,
    exitCode: 0,
    cells: { "sip/tcp/443": SIP_OK, "psom/tcp/443": TLS_ALONE, "sip-over-tls/tcp/5061": SIP_OK },
  },
  {
    profile: "ocs-front-end",
    host: FRONT_END,
    args: ["--with", "lookup-rows"],
    exitCode: 1,
    cells: {
      ...SIP_OF_FRONT_END,
      "web-components-over-https/tcp/443": proven("HTTP 200 OK, nginx"),
      "focus-and-conferencing-servers/tcp/444": refused("answers, and refuses: HTTP 403 Forbidden"),
      "web-components/tcp/80": skipped("https on"),
      "qoe-agent/tcp/5069": SIP_OK,
    },
  },
  {
    profile: "ocs-front-end",
    host: FRONT_END,
    args: ["--without", "https"],
    exitCode: 1,
    cells: {
      ...SIP_OF_FRONT_END,
      "web-components-over-https/tcp/443": skipped("https off"),
      "focus-and-conferencing-servers/tcp/444": refused("answers, and refuses: HTTP 403 Forbidden"),
      "web-components/tcp/80":
        "inconclusive open answered-by-intermediary unchecked: HTTP 502 Bad Gateway: an intermediary answered",
      "qoe-agent/tcp/5069": skipped("lookup-rows off"),
    },
  },
  {
    profile: "unity-to-dns",
    host: DC,
    args: ["--set", "domain=lab.test"],
    exitCode: 0,
    cells: { "dns/tcp/53": DNS, "dns/udp/53": DNS },
  },
  {
    profile: "exchange-to-gc",
    host: DC,
    args: ["--skip", "tcp/135"],
    exitCode: 0,
    onlyIpv4: true,
    cells: {
      "kerberos/tcp/88": KERBEROS,
      "kerberos/udp/88": KERBEROS,
      "kerberos-passwd/tcp/464": KPASSWD,
      "kerberos-passwd/udp/464": KPASSWD,
      "ldap/tcp/389": LDAP,
      "ldap/udp/389": proven("dc01.lab.test, site Default-First-Site-Name"),
      "ldap-over-ssl/tcp/636": LDAP,
      "ldap/tcp/3268": GLOBAL_CATALOG,
      "ldap/udp/3268": CLOSED_UDP,
      "ldap-over-ssl/tcp/3269": GLOBAL_CATALOG,
      "netbios-name/udp/137": proven("LAB\\DC01, domain controller"),
      "netbios-datagram/udp/138": "inconclusive open|filtered no-response silent: never answered by design",
      "netbios-session/tcp/139": proven("session accepted"),
      "smb/tcp/445": proven("SMB 3"),
      "winrpc-endpoint-locator/tcp/135": skipped("left out by --skip"),
      "dcom-rpc/tcp/5000-5020": "pass mixed conn-refused unchecked: 3 open (5000-5002), 18 closed, 0 filtered",
      "dcom-rpc/udp/5000-5020": CLOSED_UDP_RANGE,
    },
  },
  {
    profile: "snmp-to-unity",
    host: UNITY,
    exitCode: 0,
    cells: { "snmp/udp/161": proven("SNMP engine of net-snmp") },
  },
  {
    profile: "admin-to-unity",
    host: UNITY,
    args: ["--with", "rdp", "--with", "report-share"],
    exitCode: 1,
    onlyIpv4: true,
    cells: {
      "iis-web-server/tcp/80": skipped("https on"),
      "iis-web-server-over-https/tcp/443": refused("answers, and refuses: HTTP 401 Unauthorized (Negotiate)"),
      "winrpc-endpoint-locator/tcp/135": CLOSED,
      "dcom-rpc/tcp/5000-5020": CLOSED_RANGE,
      "dcom-rpc/udp/5000-5020": CLOSED_UDP_RANGE,
      "netbios-name/udp/137": CLOSED_UDP,
      "netbios-datagram/udp/138": CLOSED_UDP,
      "netbios-session/tcp/139": CLOSED,
      "smb/tcp/445": CLOSED,
      "wts-or-rdp/tcp/3389": proven("RDP with TLS"),
    },
  },
  {
    profile: "unity-to-cucm",
    host: CUCM,
    exitCode: 0,
    cells: {
      "sccp/tcp/2000": ONLY_ACCEPTS,
      "sccp-over-tls/tcp/2443": TLS_ALONE,
      "cucm-web-server/tcp/8443": proven("HTTP 200 OK, nginx"),
      "rtp/udp/22800-32767": MEDIA,
    },
  },
  {
    profile: "exchange-to-voicemail",
    host: UNITY,
    exitCode: 0,
    cells: { "smtp/tcp/25": proven("mail.lab.test, ESMTP; STARTTLS: TLSv1.3") },
  },
  {
    profile: "unity-failover-pair",
    host: UNITY,
    args: ["--skip", "udp/137", "--skip", "udp/138", "--skip", "tcp/139", "--skip", "tcp/445"],
    exitCode: 0,
    onlyIpv4: true,
    cells: {
      "netbios-name/udp/137": skipped("left out by --skip"),
      "netbios-datagram/udp/138": skipped("left out by --skip"),
      "netbios-session/tcp/139": skipped("left out by --skip"),
      "smb/tcp/445": skipped("left out by --skip"),
      "microsoft-sql-server/tcp/1433": proven("SQL Server 2008"),
      "microsoft-sql-server-browser/udp/1434": proven("MSSQLSERVER"),
      "microsoft-sql-server-browser/udp/1434 > tcp/1433": proven("SQL Server 2008"),
      "microsoft-distributed-transaction-coordinator/tcp/3372": ONLY_ACCEPTS,
      "transaction-coordinator-by-the-endpoint-mapper/tcp/135": CLOSED,
      "failover-node-manager/tcp/3653": ONLY_ACCEPTS,
    },
  },
  {
    profile: "messenger-peer",
    host: LCS_SERVER,
    exitCode: 0,
    cells: {
      "t-120/tcp/1503": CLOSED_PATH,
      "file-transfer/tcp/6891-6900": "pass closed conn-refused unchecked: 0 open, 10 closed, 0 filtered",
      "audio/udp/$messenger-rtp-range": skipped("not tested: ports unknown, set messenger-rtp-range"),
      "video/udp/$messenger-rtp-range": skipped("not tested: ports unknown, set messenger-rtp-range"),
    },
  },
];
