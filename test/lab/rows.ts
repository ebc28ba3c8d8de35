/** The rows of the profile `failover-secondary`, written down by hand. */

/** What a row asks, as far as its cells differ by it. */
export type Kind =
  /** A TCP service that answers, and one whose answer is a refusal. */
  | "tcpService"
  | "tcpRefusal"
  /** The same over UDP. */
  | "udpService"
  | "udpRefusal"
  | "udpNeverAnswers"
  | "tcpRange"
  | "udpRange";

export interface LabRow {
  readonly check: string;
  readonly kind: Kind;
  readonly transport: "tcp" | "udp";
  /** As nftables and the profile write them: `88` or `5000-5020`. */
  readonly ports: string;
  readonly required: boolean;
}

export const KERBEROS_TCP = row("kerberos/tcp/88", "tcpRefusal");
export const KERBEROS_UDP = row("kerberos/udp/88", "udpRefusal");
export const KPASSWD_TCP = row("kerberos-passwd/tcp/464", "tcpRefusal");
export const KPASSWD_UDP = row("kerberos-passwd/udp/464", "udpRefusal");
export const LDAP = row("ldap/tcp/389", "tcpService");
export const LDAP_PING = row("ldap/udp/389", "udpService");
export const LDAPS = row("ldap-over-ssl/tcp/636", "tcpService");
export const NETBIOS_NAME = row("netbios-name/udp/137", "udpService");
export const NETBIOS_DATAGRAM = row("netbios-datagram/udp/138", "udpNeverAnswers", false);
export const NETBIOS_SESSION = row("netbios-session/tcp/139", "tcpService");
export const SMB = row("smb/tcp/445", "tcpService");
export const NTP = row("ntp/udp/123", "udpService");
export const EPM = row("winrpc-endpoint-locator/tcp/135", "tcpService");
export const DCOM_TCP = row("dcom-rpc/tcp/5000-5020", "tcpRange");
export const DCOM_UDP = row("dcom-rpc/udp/5000-5020", "udpRange");

export const ROWS: readonly LabRow[] = [
  ...[KERBEROS_TCP, KERBEROS_UDP, KPASSWD_TCP, KPASSWD_UDP, LDAP, LDAP_PING, LDAPS],
  ...[NETBIOS_NAME, NETBIOS_DATAGRAM, NETBIOS_SESSION, SMB, NTP, EPM, DCOM_TCP, DCOM_UDP],
];

function row(check: string, kind: Kind, required = true): LabRow {
  const [, transport, ports] = check.split("/");
  return { check, kind, transport: transport as "tcp" | "udp", ports: ports!, required };
}
