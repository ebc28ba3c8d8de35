/**
 * A router's firewall: nftables rules for IPv4 and IPv6 alike. Without rules everything passes. Each loading takes
 * the place of what was there.
 */
import { runOk } from "./command.ts";
import { inside, type Lane, setKernel } from "./namespaces.ts";
import type { LabRow } from "./rows.ts";

/** What the router does to packets that match. */
export type Fault = "dropped" | "reset" | "admin-prohibited" | "port-unreachable" | "net-unreachable";

const VERDICT: Readonly<Record<Fault, string>> = {
  dropped: "drop",
  reset: "reject with tcp reset",
  "admin-prohibited": "reject with icmpx type admin-prohibited",
  "port-unreachable": "reject with icmpx type port-unreachable",
  "net-unreachable": "reject with icmpx type no-route",
};

/** Rules of the forward chain, or a whole set of chains. */
export type Firewall = readonly string[];

export const ALL_PASSES: Firewall = [];

/** Treats the ports of these rows; the rest passes. TCP alone can be reset, so a reset leaves UDP as it is. */
export function faultOn(rows: readonly LabRow[], fault: Fault): Firewall {
  return rows
    .filter(({ transport }) => fault !== "reset" || transport === "tcp")
    .map(({ transport, ports }) => `add rule inet lab forward ${transport} dport ${ports} ${VERDICT[fault]}`);
}

/** Everything vanishes, both ways. */
export const BLACK_HOLE: Firewall = ["add rule inet lab forward drop"];

/** The first packet from the agent with an unseen pair of endpoints vanishes; those after it pass. */
export const FIRST_OF_EVERY_FLOW_LOST: Firewall = ["ip", "ip6"].flatMap((family) => {
  const address = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const key = `${family} saddr . meta l4proto . th sport . ${family} daddr . th dport`;
  const type = `${address} . inet_proto . inet_service . ${address} . inet_service`;
  const flow = `iifname "agent" meta l4proto { tcp, udp }`;
  return [
    `add set inet lab seen_${family} { type ${type}; size 65535; flags dynamic; }`,
    `add rule inet lab forward ${flow} ${key} @seen_${family} accept`,
    `add rule inet lab forward ${flow} add @seen_${family} { ${key} } drop`,
  ];
});

/** Of all packets that pass the router, either way, the 1st, the 21st, the 41st and so on vanish. */
export const EVERY_20TH_LOST: Firewall = ["add rule inet lab forward numgen inc mod 20 0 drop"];

/** No ICMP error passes the router or leaves it; neighbour discovery and path MTU still work. */
export const ICMP_SILENCED: Firewall = ["forward", "output"].flatMap((chain) => [
  `add rule inet lab ${chain} icmp type destination-unreachable drop`,
  `add rule inet lab ${chain} icmpv6 type destination-unreachable drop`,
]);

/**
 * Answers every connection request itself, and asks the server only when the handshake stands. `LOOSE_TRACKING` must be
 * off, or the handshake's end passes for one of a connection that is already known.
 */
const SYN_PROXY: Firewall = [
  "add chain inet lab prerouting { type filter hook prerouting priority raw; }",
  'add rule inet lab prerouting iifname "agent" tcp flags & (syn | ack) == syn notrack',
  'add rule inet lab forward iifname "agent" meta l4proto tcp ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm',
  "add rule inet lab forward ct state invalid drop",
];
const LOOSE_TRACKING = "net.netfilter.nf_conntrack_tcp_loose";

export async function loadSynProxy(lane: Lane): Promise<void> {
  await loadFirewall(lane, SYN_PROXY);
  await setKernel(lane.router, { [LOOSE_TRACKING]: 0 });
}

export async function loadFirewall({ router }: Lane, firewall: Firewall): Promise<void> {
  const script = [
    "flush ruleset",
    "add table inet lab",
    "add chain inet lab forward { type filter hook forward priority 0; policy accept; }",
    "add chain inet lab output { type filter hook output priority 0; policy accept; }",
    ...firewall,
    "",
  ];
  await runOk(inside(router, ["nft", "-f", "-"]), { input: script.join("\n") });
}
