/**
 * The network of the lab: several lanes, each a network namespace for an agent and one for its router, lead to the one
 * namespace of the domain controller, so that cases can run side by side, each behind a firewall of its own.
 *
 *     agent 0 -- router 0 --+
 *     agent 1 -- router 1 --+-- lan (a bridge) in dc
 *     ...                   |
 *     stranger, swept,      |
 *     services -------------+
 *
 * All links are veth pairs with IPv4 and IPv6 (unique local addresses, RFC 4193). Names carry the process id, so two
 * runs on one machine do not meet; the addresses exist inside the namespaces only and may be the same in every run.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type AddressPair, DC, HOSTS, onLan, SERVICE_ADDRESSES, STRANGER_ADDRESSES, SWEPT } from "./addresses.ts";
import { type Daemon, runOk, untilReady } from "./command.ts";

/** What a test needs to know of the lab: the names of the namespaces. */
export interface Lab {
  readonly dc: string;
  /** A machine on the domain controller's network that is none. */
  readonly stranger: string;
  /** Another, of which only its ports matter. */
  readonly swept: string;
  /** The one with an address for each machine of the documents. */
  readonly services: string;
  readonly lanes: readonly Lane[];
}

/** Where a server is to live. */
export interface Machine {
  readonly namespace: string;
  readonly address: AddressPair;
}

export interface Lane {
  readonly number: number;
  readonly agent: string;
  readonly router: string;
}

/** The router's addresses on the agent's side, from which it rejects. */
export function routerAddresses({ number }: Lane): AddressPair {
  return { v4: `10.77.${100 + number}.1`, v6: `fd77:0:0:${100 + number}::1` };
}

export function agentAddresses({ number }: Lane): AddressPair {
  return { v4: `10.77.${100 + number}.2`, v6: `fd77:0:0:${100 + number}::2` };
}

/** Cases that run at the same time; most of a case is waiting for silence. */
export const LANES = 8;

/** The argument vector that runs a program inside a namespace. */
export function inside(namespace: string, argv: readonly string[]): readonly string[] {
  return ["ip", "netns", "exec", namespace, ...argv];
}

export function labOf(processId: number): Lab {
  const name = (role: string) => `unity-lab-${processId}-${role}`;
  const lane = (number: number) => ({ number, agent: name(`agent${number}`), router: name(`router${number}`) });
  return {
    dc: name("dc"),
    stranger: name("stranger"),
    swept: name("swept"),
    services: name("services"),
    lanes: Array.from({ length: LANES }, (_, number) => lane(number)),
  };
}

/** Builds all namespaces, joined and routed; nothing leads out of them. */
export async function createNamespaces({ dc, stranger, swept, services, lanes }: Lab): Promise<void> {
  await createNamespace(dc, "127.0.0.1 localhost\n");
  await configure(dc, [
    "link add lan type bridge mcast_snooping 0",
    "link set lan up",
    // nodad: duplicate address detection would keep an address from use for a second or two.
    `addr add ${DC.v4}/24 dev lan`,
    `addr add ${DC.v6}/64 dev lan nodad`,
  ]);
  await setIcmpLimit(dc, "lifted");
  await createNeighbour(stranger, dc, "stranger", STRANGER_ADDRESSES);
  await createNeighbour(swept, dc, "swept", [SWEPT]);
  await createNeighbour(services, dc, "services", SERVICE_ADDRESSES);
  for (const lane of lanes) await createLane(lane, dc, [stranger, swept, services]);
}

/** A machine on the domain controller's network. */
async function createNeighbour(
  namespace: string,
  dc: string,
  link: string,
  addresses: readonly AddressPair[],
): Promise<void> {
  await createNamespace(namespace, "127.0.0.1 localhost\n");
  await runOk(["ip", "link", "add", "lan", "netns", namespace, "type", "veth", "peer", link, "netns", dc]);
  await configure(dc, [`link set ${link} up master lan`]);
  await configure(namespace, [
    "link set lan up",
    ...addresses.flatMap(({ v4, v6 }) => [`addr add ${v4}/24 dev lan`, `addr add ${v6}/64 dev lan nodad`]),
  ]);
  await setIcmpLimit(namespace, "lifted");
}

async function createLane({ number, agent, router }: Lane, dc: string, neighbours: readonly string[]): Promise<void> {
  const net = { v4: `10.77.${100 + number}`, v6: `fd77:0:0:${100 + number}:` };
  const outer = onLan(100 + number);
  await createNamespace(agent, HOSTS);
  await createNamespace(router, HOSTS);
  await runOk(["ip", "link", "add", "eth0", "netns", agent, "type", "veth", "peer", "agent", "netns", router]);
  await runOk(["ip", "link", "add", `port${number}`, "netns", dc, "type", "veth", "peer", "dc", "netns", router]);
  await configure(router, [
    ...["link set agent up", `addr add ${net.v4}.1/24 dev agent`, `addr add ${net.v6}:1/64 dev agent nodad`],
    ...["link set dc up", `addr add ${outer.v4}/24 dev dc`, `addr add ${outer.v6}/64 dev dc nodad`],
  ]);
  await connectAgent({ number, agent, router });
  await configure(dc, [`link set port${number} up master lan`]);
  const wayBack = [`route add ${net.v4}.0/24 via ${outer.v4}`, `-6 route add ${net.v6}:/64 via ${outer.v6}`];
  for (const namespace of [dc, ...neighbours]) await configure(namespace, wayBack);
  await setKernel(router, { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 });
  await setIcmpLimit(router, "lifted");
}

/** Gives the agent its link, addresses and routes, whatever it had. */
export async function connectAgent(lane: Lane): Promise<void> {
  const [own, router] = [agentAddresses(lane), routerAddresses(lane)];
  await configure(lane.agent, [
    ...["link set eth0 up", `addr replace ${own.v4}/24 dev eth0`, `addr replace ${own.v6}/64 dev eth0 nodad`],
    ...[`route replace 10.77.0.0/16 via ${router.v4}`, `-6 route replace fd77::/48 via ${router.v6}`],
  ]);
}

async function createNamespace(namespace: string, hosts: string): Promise<void> {
  // `ip netns exec` binds each file of this folder over its namesake in /etc.
  await mkdir(`/etc/netns/${namespace}`, { recursive: true });
  await writeFile(`/etc/netns/${namespace}/hosts`, hosts);
  await writeFile(`/etc/netns/${namespace}/resolv.conf`, "nameserver 127.0.0.1\n");
  await writeFile(`/etc/netns/${namespace}/nsswitch.conf`, "passwd: files\ngroup: files\nhosts: files\n");
  await runOk(["ip", "netns", "add", namespace]);
  await configure(namespace, ["link set lo up"]);
}

/**
 * A Linux host sends one peer about six ICMP errors at once and then one a second, which would decide every case that
 * closes or rejects a range. `lifted` takes the limit away where it is not the point of a case.
 */
export async function setIcmpLimit(namespace: string, limit: "lifted" | "default"): Promise<void> {
  const intervalMs = limit === "lifted" ? 0 : 1000;
  await setKernel(namespace, {
    "net.ipv4.icmp_ratelimit": intervalMs,
    "net.ipv6.icmp.ratelimit": intervalMs,
    // To all peers together a host sends 50 at once: a router that gives up on a missing host has more to say.
    "net.ipv4.icmp_msgs_burst": limit === "lifted" ? 10_000 : 50,
    "net.ipv4.icmp_msgs_per_sec": limit === "lifted" ? 100_000 : 1_000,
  });
}

/** Ends whatever still runs inside, and removes every trace. */
export async function removeNamespaces({ dc, stranger, swept, services, lanes }: Lab): Promise<void> {
  const present = new Set((await runOk(["ip", "netns", "list"])).split("\n").map((line) => line.split(" ")[0]));
  for (const namespace of [...lanes.flatMap(({ agent, router }) => [agent, router]), stranger, swept, services, dc]) {
    await rm(`/etc/netns/${namespace}`, { recursive: true, force: true });
    if (!present.has(namespace)) continue;
    await endProcesses(namespace);
    await runOk(["ip", "netns", "delete", namespace]);
  }
}

/** A server may fork between the listing and the signal, so this is repeated until nobody is left. */
async function endProcesses(namespace: string): Promise<void> {
  for (let round = 0; round < 400; round++) {
    const pids = (await runOk(["ip", "netns", "pids", namespace])).split(/\s+/).filter(Boolean);
    if (pids.length === 0) return;
    for (const pid of pids) endProcess(Number(pid));
    await sleep(50);
  }
  throw new Error(`processes in ${namespace} do not end`);
}

/** Sockets that listen inside a namespace, as `tcp/10.0.0.1:389` or `udp/[fd00::1]:123`. */
export async function listeners(namespace: string): Promise<ReadonlySet<string>> {
  const lines = (await runOk(inside(namespace, ["ss", "-Hlntu"]))).trim().split("\n");
  return new Set(lines.map((line) => line.split(/\s+/)).map((column) => `${column[0]}/${column[4]}`));
}

const LISTEN_TIMEOUT_MS = 60_000;

/** Waits until a server inside a namespace listens on all of these, written as `listeners` does. */
export function untilListening(daemon: Daemon, namespace: string, sockets: readonly string[]): Promise<void> {
  const ready = async () => {
    const listening = await listeners(namespace);
    return sockets.every((socket) => listening.has(socket));
  };
  return untilReady(daemon, ready, LISTEN_TIMEOUT_MS);
}

async function configure(namespace: string, lines: readonly string[]): Promise<void> {
  for (const line of lines) await runOk(["ip", "-n", namespace, ...line.split(" ")]);
}

/** Sets kernel variables of a namespace. */
export async function setKernel(namespace: string, values: Readonly<Record<string, number | string>>): Promise<void> {
  const assignments = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  await runOk(inside(namespace, ["sysctl", "-qw", ...assignments]));
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself between the listing and now.
  }
}
