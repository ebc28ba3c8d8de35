/** The registry of probers: the word in YAML -> the file that speaks the protocol, loaded when it is first wanted. */
import type { Prober } from "../model/prober.ts";
import { withMismatch } from "./malformed.ts";

const PROBERS = {
  dns: async () => (await import("./dns.ts")).dns,
  "endpoint-mapper": async () => (await import("./endpoint-mapper.ts")).endpointMapper,
  "exchange-routing": async () => (await import("./exchange-routing.ts")).exchangeRouting,
  http: async () => (await import("./http.ts")).http,
  kerberos: async () => (await import("./kerberos.ts")).kerberos,
  kpasswd: async () => (await import("./kpasswd.ts")).kpasswd,
  "ldap-bind": async () => (await import("./ldap-bind.ts")).ldapBind,
  "ldap-ping": async () => (await import("./ldap-ping.ts")).ldapPing,
  msmq: async () => (await import("./msmq.ts")).msmq,
  mssql: async () => (await import("./mssql.ts")).mssql,
  "netbios-datagram": async () => (await import("./netbios-datagram.ts")).netbiosDatagram,
  "netbios-name": async () => (await import("./netbios-name.ts")).netbiosName,
  "netbios-session": async () => (await import("./netbios-session.ts")).netbiosSession,
  ntp: async () => (await import("./ntp.ts")).ntp,
  "port-sweep": async () => (await import("./port-sweep.ts")).portSweep,
  "rpc-bind": async () => (await import("./rpc-bind.ts")).rpcBind,
  sccp: async () => (await import("./sccp.ts")).sccp,
  sip: async () => (await import("./sip.ts")).sip,
  "smb-negotiate": async () => (await import("./smb-negotiate.ts")).smbNegotiate,
  smtp: async () => (await import("./smtp.ts")).smtp,
  snmp: async () => (await import("./snmp.ts")).snmp,
  "sql-browser": async () => (await import("./sql-browser.ts")).sqlBrowser,
  stun: async () => (await import("./stun.ts")).stun,
  "tcp-connect": async () => (await import("./tcp-connect.ts")).tcpConnect,
  tls: async () => (await import("./tls.ts")).tls,
  vnc: async () => (await import("./vnc.ts")).vnc,
  x224: async () => (await import("./x224.ts")).x224,
} as const satisfies Record<string, () => Promise<Prober>>;

export type ProberId = keyof typeof PROBERS;

/** Every prober there is, in alphabetical order. */
export const proberIds = Object.keys(PROBERS) as readonly ProberId[];

export function isProberId(id: string): id is ProberId {
  return Object.hasOwn(PROBERS, id);
}

/** Loads a prober. Throws RangeError for an id that is not in the registry: profile/ has checked it long before. */
export async function loadProber(id: string): Promise<Prober> {
  if (!isProberId(id)) throw new RangeError(`no prober is called ${id}`);
  return withMismatch(await PROBERS[id]());
}
