/**
 * A domain controller in its best health: every service that a stand-in plays, on the port where Windows and Samba have
 * it. A new protocol is one file beside this one and one line here.
 */
import type { Syntax } from "../wire/dcerpc-bind.ts";
import { dnsOverTcp, dnsOverUdp } from "./dns.ts";
import { type Announced, endpointMapper } from "./endpoint-mapper.ts";
import { silence } from "./faults.ts";
import { kerberos } from "./kerberos.ts";
import { kpasswd } from "./kpasswd.ts";
import { ldap } from "./ldap.ts";
import { ldapPing } from "./ldap-ping.ts";
import { netbiosName } from "./netbios-name.ts";
import { netbiosSession } from "./netbios-session.ts";
import { ntp } from "./ntp.ts";
import { rpc } from "./rpc.ts";
import { smb } from "./smb.ts";
import type { Clock, StandIn } from "./stand-in.ts";

/** A service and the port that everybody expects it on. */
export interface Service {
  readonly port: number;
  readonly standIn: StandIn;
}

const MAPPER_PORT = 135;

const DRSUAPI: Syntax = { uuid: "e3514235-4b06-11d1-ab04-00c04fc2dcd2", major: 4, minor: 0 };
const NETLOGON: Syntax = { uuid: "12345678-1234-abcd-ef00-01234567cffb", major: 1, minor: 0 };
const DNSSERVER: Syntax = { uuid: "50abc2a4-574d-40b3-9d66-ee4fd5fba076", major: 5, minor: 0 };

/** Dynamic RPC, restricted to ports from 5000 on as a firewall wants it. */
const ANNOUNCED: readonly Announced[] = [
  { port: 5000, syntax: DRSUAPI },
  { port: 5001, syntax: NETLOGON },
  { port: 5002, syntax: DNSSERVER },
];

export function domainController(clock: Clock): readonly Service[] {
  return [
    { port: 53, standIn: dnsOverTcp() },
    { port: 53, standIn: dnsOverUdp() },
    { port: 88, standIn: kerberos("tcp", clock) },
    { port: 88, standIn: kerberos("udp", clock) },
    { port: 123, standIn: ntp(clock) },
    { port: MAPPER_PORT, standIn: endpointMapper(ANNOUNCED, MAPPER_PORT) },
    { port: 137, standIn: netbiosName() },
    // NetBIOS datagrams are never answered.
    { port: 138, standIn: silence("udp") },
    { port: 139, standIn: netbiosSession() },
    { port: 389, standIn: ldap(clock) },
    { port: 389, standIn: ldapPing() },
    { port: 445, standIn: smb(clock) },
    { port: 464, standIn: kpasswd("tcp", clock) },
    { port: 464, standIn: kpasswd("udp", clock) },
    ...ANNOUNCED.map(({ port, syntax }) => ({ port, standIn: rpc(syntax, port) })),
  ];
}
