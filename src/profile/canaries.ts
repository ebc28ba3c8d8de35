/**
 * Canaries: three random TCP ports of a host that no row lists. If all three accept, something on the way accepts
 * whatever is asked, and a plain accept proves nothing there. Random, so that no middle box can learn them.
 */
import type { Check } from "../model/check.ts";
import { countPorts, formatPorts, onePort, portsOf } from "../model/ports.ts";

const CANARIES = 3;
const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65_535;

/** What canaries need to know of a row. */
type Asked = Pick<Check, "transport" | "ports" | "skip">;

/**
 * The ports that canaries are drawn from: those that no TCP row lists, else those that no row asks singly. None where
 * nothing is asked over TCP: only there does the guard matter.
 */
export function canaryCandidates(rows: readonly Asked[]): readonly number[] {
  const tcp = rows.filter((row) => row.transport === "tcp");
  if (tcp.every((row) => row.skip !== undefined)) return [];
  const unlisted = portsOutside(tcp);
  return unlisted.length >= CANARIES ? unlisted : portsOutside(tcp.filter((row) => countPorts(row.ports) === 1));
}

/** The canary check of one host: three of the candidates, in the place and profile of `row`. */
export function canaryFor(
  row: Check,
  candidates: readonly number[],
  randomBytes: (length: number) => Uint8Array,
): Check {
  const ports = draw(candidates, randomBytes);
  return {
    id: "canary/tcp",
    row: { profile: row.row.profile, service: "Canary", required: false, note: "shows whether the network lies" },
    host: row.host,
    ...(row.address !== undefined && { address: row.address }),
    ...(row.source !== undefined && { source: row.source }),
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

/** The candidates are tens of thousands, and the same for every host: they are not copied to draw three. */
function draw(candidates: readonly number[], randomBytes: (length: number) => Uint8Array): readonly number[] {
  const taken: number[] = [];
  while (taken.length < CANARIES) {
    const random = new DataView(Uint8Array.from(randomBytes(4)).buffer).getUint32(0);
    let place = random % (candidates.length - taken.length);
    for (const other of taken) if (place >= other) place++;
    taken.push(place);
    taken.sort((a, b) => a - b);
  }
  return taken.map((place) => candidates[place]!).sort((a, b) => a - b);
}

function portsOutside(rows: readonly Asked[]): readonly number[] {
  const listed = new Uint8Array(HIGHEST_PORT + 1);
  for (const row of rows) for (const port of portsOf(row.ports)) listed[port] = 1;
  const free: number[] = [];
  for (let port = LOWEST_PORT; port <= HIGHEST_PORT; port++) if (listed[port] === 0) free.push(port);
  return free;
}
