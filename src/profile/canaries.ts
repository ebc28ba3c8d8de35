/**
 * Canaries: three random TCP ports of a host that no row lists. If all three accept, something on the way accepts
 * whatever is asked, and a plain accept proves nothing there. Random, so that no middle box can learn them.
 */
import type { Check } from "../model/check.ts";
import { countPorts, formatPorts, onePort, portsOf } from "../model/ports.ts";

const CANARIES = 3;
const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65_535;

/**
 * The canary check of one host, or undefined where the plan asks that host nothing over TCP: only there does the
 * guard matter. `checks` are all checks of the host; the canary belongs to the profile of the first.
 */
export function canaryFor(checks: readonly Check[], randomBytes: (length: number) => Uint8Array): Check | undefined {
  const tcp = checks.filter((check) => check.transport === "tcp");
  const first = tcp.find((check) => check.skip === undefined);
  if (first === undefined) return undefined;
  const ports = pickPorts(tcp, randomBytes);
  return {
    id: "canary/tcp",
    row: { profile: first.row.profile, service: "Canary", required: false, note: "shows whether the network lies" },
    host: first.host,
    ...(first.address !== undefined && { address: first.address }),
    ...(first.source !== undefined && { source: first.source }),
    transport: "tcp",
    ports: ports.map(onePort),
    portsText: formatPorts(ports),
    direction: "out",
    prober: "port-sweep",
    params: {},
    expect: "path",
    silence: "inconclusive",
    purpose: "canary",
  };
}

/** Three ports, ascending: of those that no row lists, else of those that no row asks singly. */
function pickPorts(tcp: readonly Check[], randomBytes: (length: number) => Uint8Array): readonly number[] {
  const unlisted = portsOutside(tcp);
  const candidates =
    unlisted.length >= CANARIES ? unlisted : portsOutside(tcp.filter((check) => countPorts(check.ports) === 1));
  const picked: number[] = [];
  while (picked.length < CANARIES) {
    const random = new DataView(Uint8Array.from(randomBytes(4)).buffer).getUint32(0);
    picked.push(...candidates.splice(random % candidates.length, 1));
  }
  return picked.sort((a, b) => a - b);
}

function portsOutside(checks: readonly Check[]): number[] {
  const listed = new Set(checks.flatMap((check) => [...portsOf(check.ports)]));
  const all = Array.from({ length: HIGHEST_PORT - LOWEST_PORT + 1 }, (_, index) => LOWEST_PORT + index);
  return all.filter((port) => !listed.has(port));
}
