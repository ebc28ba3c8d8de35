/** What a machine can do -> what that means for a run, in words. */
import type { Feature } from "#node-dgram-ext";
import { formatCount } from "../../model/ports.ts";
import type { Machine, Way } from "./machine.ts";

/** One ability. */
export interface Finding {
  readonly id: string;
  readonly title: string;
  readonly can: "yes" | "no" | "unknown";
  /** What was seen, or why the ability is not there. */
  readonly seen: string;
  /** What that means for a run. */
  readonly means: string;
}

/** With fewer files and sockets, or ports, a long range shows it. */
const DESCRIPTORS_PLENTY = 1_024;
const PORTS_PLENTY = 4_096;

export function diagnose(machine: Machine): readonly Finding[] {
  const { features, ways } = machine;
  const { native, eventLoop } = features;
  const watched = (feature: Feature): Feature => (native.has && !eventLoop.has && feature.has ? eventLoop : feature);
  return [
    finding("system-calls", "system calls", native, {
      yes: "Ranges are swept in a thread of their own.",
      no: "Everything goes through Node's own sockets: they do not show who sent an ICMP error, and ranges take longer.",
    }),
    finding("icmp-udp-ipv4", "ICMP errors, UDP over IPv4", watched(features.udpErrorQueue4), UDP_ERRORS),
    finding("icmp-udp-ipv6", "ICMP errors, UDP over IPv6", watched(features.udpErrorQueue6), UDP_ERRORS),
    finding("icmp-tcp", "ICMP errors, TCP", watched(features.tcpErrorQueue), TCP_ERRORS),
    finding("syn-sweep", "SYN sweep", features.rawSockets, {
      yes: "TCP ranges are asked by single SYNs, and the TTL (IPv6: hop limit) of each reset is seen.",
      no: `Not available: TCP ranges are asked by connecting.${native.has ? " Run with CAP_NET_RAW to have it." : ""}`,
    }),
    finding("receive-buffers", "large receive buffers", features.largeBuffers, {
      yes: "Answers that come in a burst wait until they are read.",
      no: "Of a burst of answers some may be lost; their ports are asked again, which takes longer.",
    }),
    descriptors(machine),
    ephemeralPorts(machine),
    wayOut("ipv4", "IPv4", ways.ipv4),
    wayOut("ipv6", "IPv6", ways.ipv6),
    ownFirewall(machine),
  ];
}

interface Meaning {
  readonly yes: string;
  readonly no: string;
}

const UDP_ERRORS: Meaning = {
  yes: "A closed port and a firewall's reject are told apart, and the row names who rejected.",
  no:
    "A closed port cannot be told from a firewall's reject: refusals are doubted, and a row that expects a path stays " +
    "undecided. A network or host that is unreachable looks silent.",
};

const TCP_ERRORS: Meaning = {
  yes: "A reset and a firewall's reject are told apart, and the row names who rejected.",
  no:
    "A reset cannot be told from a firewall's reject: refusals are doubted, and a row that expects a path stays " +
    "undecided.",
};

function finding(id: string, title: string, { has, detail }: Feature, means: Meaning): Finding {
  return { id, title, can: has ? "yes" : "no", seen: detail, means: has ? means.yes : means.no };
}

const NOT_TOLD = "the system does not say";

function descriptors({ features }: Machine): Finding {
  const { descriptors: count } = features;
  const head = { id: "descriptors", title: "files and sockets" };
  if (count === undefined) {
    return { ...head, can: "unknown", seen: NOT_TOLD, means: "Where they run out, ports are asked again later." };
  }
  const plenty = count >= DESCRIPTORS_PLENTY;
  return {
    ...head,
    can: plenty ? "yes" : "no",
    seen: `${formatCount(count)} at most`,
    means: plenty
      ? "Enough for every range."
      : "Few ports of a range are asked at once, which takes longer; where none is left a row is in error. More with ulimit -n.",
  };
}

function ephemeralPorts({ features }: Machine): Finding {
  const head = { id: "ephemeral-ports", title: "ephemeral ports" };
  if (features.ephemeralPorts === undefined) {
    return { ...head, can: "unknown", seen: NOT_TOLD, means: "Where they run out, ports are asked again later." };
  }
  const { from, to } = features.ephemeralPorts;
  const count = to - from + 1;
  const plenty = count >= PORTS_PLENTY;
  return {
    ...head,
    can: plenty ? "yes" : "no",
    seen: `${formatCount(count)} (${from}-${to})`,
    means: plenty ? "Enough for every range." : "Long ranges may use them up: rows that find none are in error.",
  };
}

function wayOut(id: "ipv4" | "ipv6", family: string, { source, code }: Way): Finding {
  const head = { id: `route-${id}`, title: `${family} default route` };
  if (source !== undefined) {
    return { ...head, can: "yes", seen: `from ${source}`, means: `Hosts are asked over ${family}.` };
  }
  const forbidden = code === "EPERM" || code === "EACCES";
  return {
    ...head,
    can: "no",
    seen: code ?? NOT_TOLD,
    means: forbidden
      ? `A policy of this machine forbids it: rows over ${family} are in error.`
      : `Only networks with a route of their own are asked over ${family}; other addresses are skipped, or in error where the host has no others.`,
  };
}

/** Only sending would show it, and a firewall has rules for each target. */
function ownFirewall({ platform, features }: Machine): Finding {
  const seesErrors = features.eventLoop.has && features.tcpErrorQueue.has;
  const told = seesErrors
    ? "What it rejects, and what it drops over UDP, a run reports as an error of its own side. "
    : platform === "linux"
      ? "What it drops over UDP a run reports as an error of its own side; what it rejects looks refused by the target. "
      : "";
  return {
    id: "own-firewall",
    title: "own firewall",
    can: "unknown",
    seen: "cannot be known without sending to the target",
    means: `${told}What it drops ${told === "" ? "" : "over TCP "}looks like a firewall on the way.`,
  };
}
