/**
 * `--only`, `--skip` and `--source-port`: words that pick rows of a plan. A word that picks nothing is a mistake,
 * never an empty run.
 */
import { countPorts, holdsPort, type PortSpan } from "../model/ports.ts";
import type { Transport } from "../model/words.ts";
import { ConfigError } from "./config-error.ts";
import { nearest } from "./nearest.ts";
import { formatSpans, parsePort, parsePorts, splitPortsWord } from "./ports.ts";

/** What a word can pick a row by. */
export interface Selectable {
  readonly id: string;
  readonly row: { readonly service: string };
  readonly transport: Transport;
  readonly ports: readonly PortSpan[];
  readonly portsText: string;
}

/** The rows that one word picks: a service name or its slug, `tcp/389`, or the id of a check. Never empty. */
export function select<T extends Selectable>(rows: readonly T[], word: string, flag: string): ReadonlySet<T> {
  const wanted = word.includes("/") ? normalPorts(word, flag) : slugOf(word);
  const picked = rows.filter(
    (row) => row.id === wanted || portsWordOf(row) === wanted || slugOf(row.row.service) === wanted,
  );
  if (picked.length > 0) return new Set(picked);
  const around = rows.find((row) => holdsAll(row, wanted));
  const known = rows.flatMap((row) => [row.row.service, portsWordOf(row)]);
  const meant = around === undefined ? nearest(word, known) : portsWordOf(around);
  const hint = severalHint(word, flag) ?? (meant === undefined ? undefined : `did you mean "${meant}"?`);
  throw new ConfigError(`${flag} ${word} picks no row`, hint);
}

/** Rows in one word: `tcp/88,udp/88`. A comma may be part of a row's ports. */
function severalHint(word: string, flag: string): string | undefined {
  const words = word.split(/,\s*(?=[a-z])/i);
  return words.length < 2
    ? undefined
    : `give the flag once for each: ${words.map((one) => `${flag} ${one}`).join(" ")}`;
}

/** `udp/137=137`: the rows of one port and the source port to ask them from. */
export function selectSourcePort<T extends Selectable & { readonly sweeps: boolean }>(
  rows: readonly T[],
  word: string,
): { readonly rows: ReadonlySet<T>; readonly port: number } {
  const [target, source, ...rest] = word.split("=");
  if (!target?.includes("/") || !source || rest.length > 0) {
    throw new ConfigError(`--source-port ${word} is not understood`, "write for instance udp/137=137");
  }
  const picked = select(rows, target, "--source-port");
  if ([...picked].some((row) => row.sweeps || countPorts(row.ports) !== 1)) {
    throw new ConfigError(`--source-port ${word} picks a range`, "only rows of one port can have a source port");
  }
  try {
    return { rows: picked, port: parsePort(source) };
  } catch (error) {
    throw error instanceof ConfigError ? error.of(`--source-port ${word}`) : error;
  }
}

/** A service as it stands in check ids: `DCOM RPC` gives `dcom-rpc`. */
export function slugOf(service: string): string {
  return service
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

function portsWordOf(row: Selectable): string {
  return `${row.transport}/${row.portsText}`;
}

/** `tcp/389` as a row writes it; a check's id is left as it is. */
function normalPorts(word: string, flag: string): string {
  if (!/^(tcp|udp)\/[\d,-]*$/i.test(word)) return word;
  try {
    const { transport, ports } = splitPortsWord(word.toLowerCase());
    return `${transport}/${formatSpans(parsePorts(ports))}`;
  } catch (error) {
    throw error instanceof ConfigError ? error.of(`${flag} ${word}`) : error;
  }
}

function holdsAll(row: Selectable, wanted: string): boolean {
  const match = /^(tcp|udp)\/(\d+)(?:-(\d+))?$/.exec(wanted);
  if (match === null || match[1] !== row.transport) return false;
  return [match[2], match[3] ?? match[2]].every((port) => holdsPort(row.ports, Number(port)));
}
