/** TCP 1024-65535 against nmap: all closed, a tenth dropped, all kinds of rules, and over a long and lossy line. */

import { nmap, ours, portsOf, rangeRow, type Tool } from "./contenders.ts";
import { loadTruth, type Network, setIcmpLimits, withNetwork } from "./network.ts";
import { writeProfile } from "./profile-file.ts";
import { overSlowLine } from "./slow-line.ts";
import { compare, type Entry, HEAD, lineOf, ratio } from "./table.ts";
import {
  ALL_CLOSED,
  MIXED,
  type Mix,
  PROHIBITED,
  portsThatAre,
  TENTH_DROPPED,
  type Truth,
  truthOf,
  wrongCells,
} from "./truth.ts";

const PORTS = "1024-65535";
const REPEATS = 3;
const LIMIT_S = 60;
const BEST = ["-T5", "--min-rate", "20000", "--max-retries", "1"];
const LOSSY = { eachWayMs: 10, lostPerMillion: 5_000 };
const LOSSY_AIM_S = 1.7;

interface Tools {
  readonly connect: Tool;
  readonly syn: Tool;
  readonly portable: Tool;
}

const NMAP = {
  connect: nmap("-sT", "-T5"),
  syn: nmap("-sS", "-T5"),
  connectBest: nmap("-sT", ...BEST),
  synBest: nmap("-sS", ...BEST),
};

/** Measures, and gives the tables as text. Rejects where namespaces or nmap are not to be had. */
export function benchTcp(): Promise<string> {
  return withNetwork(portsThatAre(truthOf(MIXED), "open"), async (network) => {
    const profile = await writeProfile(network, `tcp/${PORTS}`);
    const engine = (name: string) => ours(profile, "--full", "--rate", "max", "--engine", name);
    const tools = { connect: engine("connect"), syn: engine("syn"), portable: engine("portable") };
    const tables = [
      await onMix(network, ALL_CLOSED, tools, [0.7, 0.9]),
      await onMix(network, TENTH_DROPPED, tools, [0.35, 0.14]),
      await best(network, tools),
      await lossy(network, tools),
      await offenders(network, tools),
    ];
    return `TCP ${PORTS}, Node ${process.versions.node}, medians of ${REPEATS}\n${tables.join("\n")}`;
  });
}

async function table(network: Network, mix: Mix, tools: readonly Tool[], repeats = REPEATS) {
  const truth = truthOf(mix);
  await loadTruth(network, truth);
  return compare(network, tools, { ports: PORTS, repeats, limitS: LIMIT_S, wrong: (said) => wrongCells(truth, said) });
}

async function onMix(network: Network, mix: Mix, tools: Tools, aims: readonly [number, number]): Promise<string> {
  await setIcmpLimits(network, "default");
  const entries = await table(network, mix, [tools.connect, NMAP.connect, tools.syn, NMAP.syn, tools.portable]);
  const [connect, nmapConnect, syn, nmapSyn] = entries as [Entry, Entry, Entry, Entry];
  return page(mix.name, entries, [ratio(connect, nmapConnect, aims[0]), ratio(syn, nmapSyn, aims[1])]);
}

/** With the settings by which nmap is at its fastest. */
async function best(network: Network, tools: Tools): Promise<string> {
  const entries = await table(network, MIXED, [tools.connect, NMAP.connectBest, tools.syn, NMAP.synBest]);
  const [connect, nmapConnect, syn, nmapSyn] = entries as [Entry, Entry, Entry, Entry];
  return page(MIXED.name, entries, [ratio(connect, nmapConnect, 0.5), ratio(syn, nmapSyn, 0.2)]);
}

async function lossy(network: Network, tools: Tools): Promise<string> {
  return overSlowLine(network, LOSSY, async () => {
    const entries = await table(network, MIXED, [tools.connect, tools.syn, NMAP.synBest]);
    const slow = await table(network, MIXED, [NMAP.connect], 1);
    return page("mixed, 20 ms there and back, 0.5 % lost each way", [...entries, ...slow], [`  aim: ${LOSSY_AIM_S} s`]);
  });
}

/** Who rejected it: with a router that sends an ICMP error for each packet. */
async function offenders(network: Network, tools: Tools): Promise<string> {
  const truth = truthOf(PROHIBITED);
  await setIcmpLimits(network, "lifted");
  const entries = await table(network, PROHIBITED, [tools.connect, tools.syn], 1);
  await setIcmpLimits(network, "default");
  const named = entries.map(({ tool, runs }) => `  ${tool.name}: ${namedIn(runs[0]!.stdout, truth)}`);
  return page("200 prohibited, the router's limit on ICMP errors lifted", entries, named);
}

function namedIn(json: string, truth: Truth): string {
  const rejected = portsThatAre(truth, "admin-prohibited");
  const named = new Set((rangeRow(json).range?.offenders ?? []).flatMap(({ ports }) => portsOf(ports)));
  return `${rejected.filter((port) => named.has(port)).length} of ${rejected.length} offenders named`;
}

function page(title: string, entries: readonly Entry[], notes: readonly string[]): string {
  return [`\n${title}`, HEAD, ...entries.map(lineOf), ...notes].join("\n");
}
