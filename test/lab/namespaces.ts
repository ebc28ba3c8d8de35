/**
 * The network of the lab: three network namespaces in a row, agent - router - dc, joined by veth pairs, with IPv4 and
 * IPv6 (unique local addresses, RFC 4193). Names carry the process id, so two runs on one machine do not meet; the
 * addresses exist inside the namespaces only and may be the same in every run.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { runOk } from "./command.ts";

/** Names of the namespaces: what a test needs to know of the lab. */
export interface Lab {
  readonly agent: string;
  readonly router: string;
  readonly dc: string;
}

export const AGENT = { v4: "10.77.1.2", v6: "fd77:0:0:1::2" } as const;
export const DC = { v4: "10.77.2.2", v6: "fd77:0:0:2::2" } as const;
/** On the domain controller's network, where no machine has this address. */
export const MISSING_HOST = { v4: "10.77.2.99", v6: "fd77:0:0:2::99" } as const;
/** The agent itself has no route there. */
export const NO_ROUTE = { v4: "10.78.0.2", v6: "fd78::2" } as const;

/** Names that the agent can resolve; any other does not exist, because its resolver asks nobody. */
export const DUAL_STACK_NAME = "dc01.lab.test";
export const HALF_DEAD_NAME = "dc02.lab.test";
export const UNKNOWN_NAME = "dc99.lab.test";

const HOSTS = [
  "127.0.0.1 localhost",
  `${DC.v4} ${DUAL_STACK_NAME}`,
  `${DC.v6} ${DUAL_STACK_NAME}`,
  `${DC.v4} ${HALF_DEAD_NAME}`,
  `${MISSING_HOST.v4} ${HALF_DEAD_NAME}`,
  "",
].join("\n");

/** The argument vector that runs a program inside a namespace. */
export function inside(namespace: string, argv: readonly string[]): readonly string[] {
  return ["ip", "netns", "exec", namespace, ...argv];
}

export function labOf(processId: number): Lab {
  const name = (role: string) => `unity-lab-${processId}-${role}`;
  return { agent: name("agent"), router: name("router"), dc: name("dc") };
}

/** Builds the three namespaces, joined and routed; nothing leads out of them. */
export async function createNamespaces({ agent, router, dc }: Lab): Promise<void> {
  // `ip netns exec` binds each file of this folder over its namesake in /etc.
  for (const namespace of [agent, dc]) {
    await mkdir(`/etc/netns/${namespace}`, { recursive: true });
    await writeFile(`/etc/netns/${namespace}/hosts`, namespace === agent ? HOSTS : `127.0.0.1 localhost\n`);
    await writeFile(`/etc/netns/${namespace}/resolv.conf`, "nameserver 127.0.0.1\n");
    await writeFile(`/etc/netns/${namespace}/nsswitch.conf`, "passwd: files\ngroup: files\nhosts: files\n");
  }
  for (const namespace of [agent, router, dc]) await runOk(["ip", "netns", "add", namespace]);
  await runOk(["ip", "-batch", "-"], {
    input: [
      `link add eth0 netns ${agent} type veth peer name agent0 netns ${router}`,
      `link add eth0 netns ${dc} type veth peer name dc0 netns ${router}`,
      "",
    ].join("\n"),
  });
  await configure(router, [...up("agent0", "10.77.1.1", "fd77:0:0:1::1"), ...up("dc0", "10.77.2.1", "fd77:0:0:2::1")]);
  await configure(agent, [...up("eth0", AGENT.v4, AGENT.v6), ...via("10.77.1.1", "fd77:0:0:1::1")]);
  await configure(dc, [...up("eth0", DC.v4, DC.v6), ...via("10.77.2.1", "fd77:0:0:2::1")]);
  await setKernel(router, { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 });
  for (const namespace of [router, dc]) await setIcmpLimit(namespace, "lifted");
}

/**
 * A Linux host sends one peer about six ICMP errors at once and then one a second, which would decide every case that
 * closes or rejects a range. `lifted` takes the limit away where it is not the point of a case.
 */
export async function setIcmpLimit(namespace: string, limit: "lifted" | "default"): Promise<void> {
  const intervalMs = limit === "lifted" ? 0 : 1000;
  await setKernel(namespace, { "net.ipv4.icmp_ratelimit": intervalMs, "net.ipv6.icmp.ratelimit": intervalMs });
}

/** Ends whatever still runs inside, and removes every trace. */
export async function removeNamespaces({ agent, router, dc }: Lab): Promise<void> {
  for (const namespace of [agent, router, dc]) {
    await rm(`/etc/netns/${namespace}`, { recursive: true, force: true });
    if (!(await exists(namespace))) continue;
    for (const pid of (await runOk(["ip", "netns", "pids", namespace])).split(/\s+/).filter(Boolean)) {
      endProcess(Number(pid));
    }
    await runOk(["ip", "netns", "delete", namespace]);
  }
}

/** Sockets that listen inside a namespace, as `tcp/10.0.0.1:389` or `udp/[fd00::1]:123`. */
export async function listeners(namespace: string): Promise<ReadonlySet<string>> {
  const lines = (await runOk(inside(namespace, ["ss", "-Hlntu"]))).trim().split("\n");
  return new Set(lines.map((line) => line.split(/\s+/)).map((column) => `${column[0]}/${column[4]}`));
}

function up(device: string, v4: string, v6: string): readonly string[] {
  // nodad: duplicate address detection would keep the address from use for a second or two.
  return [
    "link set lo up",
    `link set ${device} up`,
    `addr add ${v4}/24 dev ${device}`,
    `addr add ${v6}/64 dev ${device} nodad`,
  ];
}

function via(v4: string, v6: string): readonly string[] {
  return [`route add 10.77.0.0/16 via ${v4}`, `-6 route add fd77::/48 via ${v6}`];
}

async function configure(namespace: string, lines: readonly string[]): Promise<void> {
  for (const line of lines) await runOk(["ip", "-n", namespace, ...line.split(" ")]);
}

async function setKernel(namespace: string, values: Readonly<Record<string, number>>): Promise<void> {
  const assignments = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  await runOk(inside(namespace, ["sysctl", "-qw", ...assignments]));
}

async function exists(namespace: string): Promise<boolean> {
  const names = (await runOk(["ip", "netns", "list"])).split("\n").map((line) => line.split(" ")[0]);
  return names.includes(namespace);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself between the listing and now.
  }
}
