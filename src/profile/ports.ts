/**
 * Ports as people write them: `tcp/88`, `udp/22800-32767`, `tcp/80,443`, `tcp/$dcom-range`. Everything here throws a
 * ConfigError without a place; the caller knows where the word stood.
 */
import { onePort, type PortSpan } from "../model/ports.ts";
import { TRANSPORTS, type Transport } from "../model/words.ts";
import { ConfigError } from "./config-error.ts";
import { nearest } from "./nearest.ts";

/** A word split at its slash; `ports` may still hold variables. */
export interface PortsWord {
  readonly transport: Transport;
  readonly ports: string;
}

/** Splits `tcp/5000-5020` into transport and ports, and reads neither number nor variable. */
export function splitPortsWord(word: string): PortsWord {
  const slash = word.indexOf("/");
  const transport = TRANSPORTS.find((known) => known === word.slice(0, slash));
  const ports = word.slice(slash + 1);
  if (slash === -1 || transport === undefined) {
    throw new ConfigError(`"${word}" names no transport`, transportMeant(word));
  }
  if (ports === "") throw new ConfigError(`"${word}" names no port`, `write for instance ${transport}/389`);
  return { transport, ports };
}

/** The names of the variables in `5000,$dcom-range`, in order. */
export function variablesIn(ports: string): string[] {
  return ports
    .split(",")
    .filter((part) => part.startsWith("$"))
    .map((part) => part.slice(1));
}

/** Puts the values of variables into `5000,$dcom-range`. A name that `values` does not hold stays as it is. */
export function substitute(ports: string, values: ReadonlyMap<string, string>): string {
  return ports
    .split(",")
    .map((part) => (part.startsWith("$") ? (values.get(part.slice(1)) ?? part) : part))
    .join(",");
}

/** Reads `88`, `5000-5020` or a list of both: no variables, no port twice, each 1-65535. */
export function parsePorts(text: string): readonly PortSpan[] {
  const spans: PortSpan[] = [];
  for (const part of text.split(",")) {
    const span = parseSpan(part);
    const twice = spans.find((other) => span.first <= other.last && other.first <= span.last);
    if (twice !== undefined)
      throw new ConfigError(`port ${Math.max(span.first, twice.first)} stands twice in "${text}"`);
    spans.push(span);
  }
  return spans;
}

/** Spans as a profile writes them, in the order given: `80,443,5000-5020`. */
export function formatSpans(spans: readonly PortSpan[]): string {
  return spans.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

function parseSpan(part: string): PortSpan {
  const match = /^(\d+)(?:-(\d+))?$/.exec(part);
  if (match === null) {
    const inner = /^\s*(?:(?:tcp|udp)\/)?(\d+(?:-\d+)?)\s*$/i.exec(part.replaceAll(/\s*-\s*/g, "-"));
    throw new ConfigError(
      part === "" ? "a port is missing" : `"${part}" is no port and no range`,
      inner === null ? "write for instance 389 or 5000-5020" : `write ${inner[1]}`,
    );
  }
  const first = parsePort(match[1]!);
  if (match[2] === undefined) return onePort(first);
  const last = parsePort(match[2]);
  if (last < first) throw new ConfigError(`the range ${part} runs backwards`, `write ${last}-${first}`);
  return { first, last, step: 1 };
}

/** A port number, 1-65535. */
export function parsePort(digits: string): number {
  const port = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(port >= 1 && port <= 65_535)) throw new ConfigError(`there is no port ${digits}`, "ports are 1-65535");
  return port;
}

function transportMeant(word: string): string {
  const swapped = /^([\d,$-][\w,$-]*)[/:](tcp|udp)$/i.exec(word);
  if (swapped !== null) return `write ${swapped[2]!.toLowerCase()}/${swapped[1]}`;
  if (/^[\d,$-][\w,$-]*$/.test(word)) return `write tcp/${word} or udp/${word}`;
  const split = /^([a-z]+)[^a-z0-9$]*([\d,$].*)$/i.exec(word);
  const transport = split === null ? undefined : nearest(split[1]!, TRANSPORTS);
  return transport === undefined ? "write for instance tcp/389" : `write ${transport}/${split![2]}`;
}
