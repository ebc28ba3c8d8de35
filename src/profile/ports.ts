/**
 * Ports as people write them: `tcp/88`, `udp/22800-32767`, `tcp/80,443`, `tcp/$dcom-range`, and with `/even` or `/odd`
 * behind a range only every other port of it, as media use them (RFC 3550 section 11). Everything here throws a
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
    .map((part) => part.slice(1).split("/")[0]!);
}

/**
 * Puts the values of variables into `5000,$dcom-range`. A name that `values` does not hold stays as it is; a parity
 * behind a name holds for every range of its value.
 */
export function substitute(ports: string, values: ReadonlyMap<string, string>): string {
  return ports
    .split(",")
    .map((part) => {
      if (!part.startsWith("$")) return part;
      const [name, ...parity] = part.slice(1).split("/");
      const value = values.get(name!);
      return value === undefined ? part : value.replaceAll(/[^,]+/g, (range) => [range, ...parity].join("/"));
    })
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

/** Spans as a profile writes them, in the order given: `80,443,5000-5020,16384-32766/even`. */
export function formatSpans(spans: readonly PortSpan[]): string {
  return spans
    .map(({ first, last, step }) => {
      if (first === last) return `${first}`;
      return `${first}-${last}${step === 2 ? `/${PARITIES[first % 2]}` : ""}`;
    })
    .join(",");
}

/** By the remainder of a port that is divided by two. */
const PARITIES: readonly string[] = ["even", "odd"];

function parseSpan(part: string): PortSpan {
  const match = /^(\d+)(?:-(\d+)(?:\/(even|odd))?)?$/.exec(part);
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
  return match[3] === undefined ? { first, last, step: 1 } : everyOther(first, last, match[3]);
}

/** The even or the odd ports of a range. */
function everyOther(from: number, to: number, parity: string): PortSpan {
  const wanted = PARITIES.indexOf(parity);
  const [first, last] = [from + Math.abs((from % 2) - wanted), to - Math.abs((to % 2) - wanted)];
  if (last < first) throw new ConfigError(`the range ${from}-${to} has no ${parity} port`);
  return first === last ? onePort(first) : { first, last, step: 2 };
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
