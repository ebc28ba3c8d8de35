/** Whether this process may bind the low ports, and what to do where it may not. */
import { readFile } from "node:fs/promises";
import { formatCount } from "../model/ports.ts";
import type { ListedPorts } from "./respond-ports.ts";

/** Bit of the capability in /proc/self/status: capabilities(7). */
const CAP_NET_BIND_SERVICE = 10n;
const USUAL_FIRST_FREE = 1_024;

/** A sentence for the user; undefined where every listed port may be bound. */
export async function privilegedPortsRemark(listed: ListedPorts): Promise<string | undefined> {
  const [capabilities, firstFree] = await Promise.all([
    found("/proc/self/status", /^CapEff:\s+([0-9a-f]+)$/m),
    found("/proc/sys/net/ipv4/ip_unprivileged_port_start", /^(\d+)$/m),
  ]);
  // Another system asks its own rules when the ports are bound.
  if (capabilities === undefined) return undefined;
  if (((BigInt(`0x${capabilities}`) >> CAP_NET_BIND_SERVICE) & 1n) === 1n) return undefined;
  const free = firstFree === undefined ? USUAL_FIRST_FREE : Number(firstFree);
  const low = [...listed.tcp, ...listed.udp].reduce(
    (sum, { first, last }) => sum + Math.max(0, Math.min(last + 1, free) - first),
    0,
  );
  if (low === 0) return undefined;
  const ports = low === 1 ? "1 port below" : `${formatCount(low)} ports below`;
  return `${ports} ${free} will be reported as not permitted: binding them needs CAP_NET_BIND_SERVICE (in systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)`;
}

async function found(path: string, pattern: RegExp): Promise<string | undefined> {
  return pattern.exec(await readFile(path, "utf8").catch(() => ""))?.[1];
}
