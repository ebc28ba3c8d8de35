/**
 * UDP without a far end against `nmap -sU`, where the host and the router send ICMP errors at their kernel's own rate:
 * a small range asked in full, and a sample of a large one.
 */

import { nmap, ours, portsOf, rangeRow } from "./contenders.ts";
import { dropUdp, type Network, setIcmpLimits, withNetwork } from "./network.ts";
import { writeProfile } from "./profile-file.ts";
import { compare, type Entry, HEAD, lineOf, ratio } from "./table.ts";

const SMALL = "5000-5020";
const LARGE = "22800-32767";
const SAMPLE = 30;
const DROPPED = "24000-27225";
/** A Linux host sends six ICMP errors at once and then one a second. */
const BURST = 6;
const FLOOR_S = portsOf(SMALL).length - BURST;
/** Until it can send six at once again. */
const PAUSE_S = BURST + 2;

/** Measures, and gives the tables as text. */
export function benchUdp(): Promise<string> {
  return withNetwork([], async (network) => {
    await setIcmpLimits(network, "default");
    const tables = [await small(network), await sample(network, ""), await sample(network, DROPPED)];
    return `UDP without a far end, Node ${process.versions.node}\n${tables.join("\n")}`;
  });
}

async function small(network: Network): Promise<string> {
  await dropUdp(network, "");
  const probe = ours(await writeProfile(network, `udp/${SMALL}`), "--full");
  const wrong = (said: ReadonlyMap<number, string>) =>
    portsOf(SMALL).filter((port) => said.get(port) !== "closed").length;
  const round = { ports: SMALL, repeats: 3, limitS: 120, pauseS: PAUSE_S, wrong };
  const entries = await compare(network, [probe, nmap("-sU"), nmap("-sU", "-T5")], round);
  const walls = entries[0]!.runs.map(({ wallS }) => (wallS / FLOOR_S).toFixed(2)).join(", ");
  const floor = `  unity-probe : ${FLOOR_S} s, the floor that the host's ICMP limit sets = ${walls} (aim 1.1)`;
  return page(`${SMALL}, all closed`, entries, [floor]);
}

/** nmap is asked for the very ports that our sample met; a dropped port is open|filtered for both. */
async function sample(network: Network, dropped: string): Promise<string> {
  await dropUdp(network, dropped);
  const blocked = new Set(portsOf(dropped));
  const probe = ours(await writeProfile(network, `udp/${LARGE}`), "--sample", String(SAMPLE));
  const wrong = (said: ReadonlyMap<number, string>) =>
    [...said].filter(([port, state]) => state !== (blocked.has(port) ? "open|filtered" : "closed")).length;
  const round = { ports: LARGE, repeats: 1, limitS: 180, pauseS: PAUSE_S, wrong };
  const [mine] = (await compare(network, [probe], round)) as readonly [Entry];
  const json = mine.runs[0]!.stdout;
  const asked = [...probe.read(json).keys()];
  const [theirs] = (await compare(network, [nmap("-sU")], { ...round, ports: asked.join(",") })) as readonly [Entry];
  const says = `  it says: ${rangeRow(json).range?.confidence ?? "nothing"}`;
  const rule = dropped === "" ? "all closed" : `${dropped} dropped, and where that begins and ends`;
  return page(`${asked.length} of ${LARGE}, ${rule}`, [mine, theirs], [ratio(mine, theirs, 0.55), says]);
}

function page(title: string, entries: readonly Entry[], notes: readonly string[]): string {
  return [`\n${title}`, HEAD, ...entries.map(lineOf), ...notes].join("\n");
}
