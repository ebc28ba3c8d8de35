/** The tools that ask a range, and how each says what it found: a word for each port. */
import { join } from "node:path";
import type { ReportDocument } from "../../../src/report/document.ts";
import type { Network } from "./network.ts";

export interface Tool {
  readonly name: string;
  argv(network: Network, ports: string): readonly string[];
  /** The state of each port that it names; `open`, `closed`, `filtered`, `open|filtered`. */
  read(stdout: string): ReadonlyMap<number, string>;
  /** Ports whose ICMP error it attributes to somebody. */
  readonly namesOffenders: boolean;
}

/** nmap without name look-ups and host discovery. */
export function nmap(...options: readonly string[]): Tool {
  return {
    name: `nmap ${options.join(" ")}`,
    argv: (network, ports) => ["nmap", "-n", "-Pn", ...options, "-p", ports, "-oX", "-", network.target],
    read: readNmap,
    namesOffenders: false,
  };
}

/** Ports that nmap lists one by one, and those that it sums up. */
function readNmap(xml: string): ReadonlyMap<number, string> {
  const said = new Map<number, string>();
  for (const [, port, state] of xml.matchAll(/<port protocol="\w+" portid="(\d+)"><state state="([^"]+)"/g)) {
    said.set(Number(port), state!);
  }
  for (const [, state, reasons] of xml.matchAll(/<extraports state="([^"]+)"[^>]*>([\s\S]*?)<\/extraports>/g)) {
    for (const [, ports] of reasons!.matchAll(/ ports="([^"]+)"/g)) {
      for (const port of portsOf(ports!)) said.set(port, state!);
    }
  }
  return said;
}

/** unity-probe from its start to its JSON document, over a profile of one row. */
export function ours(profile: string, ...options: readonly string[]): Tool {
  return {
    name: ["unity-probe", ...options].join(" "),
    argv: ({ root, target }) => {
      const command = [process.execPath, join(root, "bin/unity-probe.js"), "--profile", profile, "--host", target];
      return [...command, ...options, "-o", "json"];
    },
    read: readOurs,
    namesOffenders: true,
  };
}

function readOurs(json: string): ReadonlyMap<number, string> {
  const said = new Map<number, string>();
  const { range } = rangeRow(json);
  const { open, closed, filtered, openFiltered } = range!.ports;
  const lists = { open, closed, filtered, "open|filtered": openFiltered };
  for (const [state, ports] of Object.entries(lists)) for (const port of portsOf(ports ?? "")) said.set(port, state);
  return said;
}

/** The one row of the profile, without the ports that show whether the network lies. */
export function rangeRow(json: string): ReportDocument["results"][number] {
  const { results } = JSON.parse(json) as ReportDocument;
  return results.find(({ canary }) => !canary)!;
}

/** The ports of a list like `1024-1030,1035`. */
export function portsOf(list: string): readonly number[] {
  return list
    .split(",")
    .filter(Boolean)
    .flatMap((span) => {
      const [first, last = first] = span.split("-").map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
    });
}
