/** The plan behind the sample run: rows of every kind, none of it from a real profile. */
import type { Check, Plan } from "../../src/model/check.ts";
import { onePort, type PortSpan } from "../../src/model/ports.ts";
import type { Transport } from "../../src/model/words.ts";

export const HOST = "dc01.example.com";

function check(service: string, transport: Transport, ports: PortSpan, more: Partial<Check> = {}): Check {
  const portsText = ports.first === ports.last ? `${ports.first}` : `${ports.first}-${ports.last}`;
  return {
    id: `${service.toLowerCase().replaceAll(" ", "-")}/${transport}/${portsText}`,
    row: {
      profile: "failover-secondary",
      service,
      required: true,
      seed: { document: "001", line: 80 + (ports.first % 40) },
    },
    host: HOST,
    transport,
    ports: [ports],
    portsText,
    direction: "out",
    prober: "tcp-connect",
    params: {},
    expect: "service",
    silence: "inconclusive",
    purpose: "row",
    ...more,
  };
}

export const KERBEROS_TCP = check("Kerberos", "tcp", onePort(88), { prober: "kerberos" });
export const KERBEROS_UDP = check("Kerberos", "udp", onePort(88), { prober: "kerberos", silence: "fail" });
export const KPASSWD = check("Kerberos passwd", "tcp", onePort(464), { prober: "kpasswd" });
export const LDAPS = check("LDAP over SSL", "tcp", onePort(636), { prober: "ldap-bind" });
export const NETBIOS = check("NetBIOS datagram", "udp", onePort(138), {
  prober: "netbios-datagram",
  row: { profile: "failover-secondary", service: "NetBIOS datagram", required: false },
});
export const SMTP = check("Mail to the postmaster of the site", "tcp", onePort(25), { prober: "smtp" });
export const MAPPER = check("RPC endpoint mapper", "tcp", onePort(135), { prober: "endpoint-mapper" });
export const DCOM = check(
  "DCOM RPC",
  "tcp",
  { first: 5000, last: 5020, step: 1 },
  { prober: "port-sweep", expect: "path" },
);
export const MEDIA = check(
  "RTP",
  "udp",
  { first: 22800, last: 32767, step: 1 },
  {
    prober: "port-sweep",
    expect: "path",
    row: { profile: "failover-secondary", service: "RTP", required: true, media: true },
    skip: { why: "could disturb a live call", deliberate: false },
  },
);
export const OFF = check("WINS", "tcp", onePort(42), { skip: { why: "left out by --skip", deliberate: true } });
export const NTP = check("NTP", "udp", onePort(123), {
  prober: "ntp",
  row: { profile: "failover-secondary", service: "NTP", required: true, group: "time" },
});
export const DAYTIME = check("Daytime", "tcp", onePort(13), {
  row: { profile: "failover-secondary", service: "Daytime", required: true, group: "time" },
});
export const CANARY = check("canary", "tcp", onePort(43121), { purpose: "canary", expect: "accept" });
export const LEAD = check("DRSUAPI", "tcp", onePort(49152), { prober: "rpc-bind", purpose: "lead", via: MAPPER.id });

export const PLAN: Plan = {
  profiles: [
    {
      id: "failover-secondary",
      title: "Unity secondary → DC",
      from: "unity-secondary",
      to: "domain-controller",
      caution:
        "Never put a firewall between the primary Unity server and the DC that it monitors. These rows are for a secondary.",
    },
  ],
  checks: [KERBEROS_TCP, KERBEROS_UDP, KPASSWD, LDAPS, NETBIOS, SMTP, MAPPER, DCOM, MEDIA, OFF, NTP, DAYTIME, CANARY],
};
