/** Which hosts have a responder, and where its control channel listens: `dc01`, `dc01:7654`, `[2001:db8::7]:7654`. */
import { ConfigError } from "./config-error.ts";
import { parseAddress, parseHost } from "./hosts.ts";
import { didYouMean } from "./nearest.ts";
import { parsePort } from "./ports.ts";

export const RESPONDER_PORT = 7654;

/** The port of each host's responder. */
export type Responders = ReadonlyMap<string, number>;

/** A responder answers at its own addresses, so that each word names one of `hosts`. Throws ConfigError. */
export function parseResponders(words: readonly string[], hosts: Iterable<string>): Responders {
  const known = new Set(hosts);
  const responders = new Map<string, number>();
  for (const word of words) {
    const { host, port } = parseResponder(word);
    if (!known.has(host)) {
      const meant = didYouMean(host, known) ?? `one of ${[...known].slice(0, 3).join(", ")}`;
      throw new ConfigError(`the responder ${word} is at no host that is asked`, meant);
    }
    if ((responders.get(host) ?? port) !== port) {
      throw new ConfigError(`${host} has two responders`, "name one: it serves every prober");
    }
    responders.set(host, port);
  }
  return responders;
}

function parseResponder(word: string): { readonly host: string; readonly port: number } {
  const [, host, digits] = parseAddress(word) === undefined ? (/^(.+):([^:\]]*)$/.exec(word) ?? []) : [];
  if (host === undefined || digits === undefined) return { host: parseHost(word).host, port: RESPONDER_PORT };
  try {
    return { host: parseHost(host).host, port: parsePort(digits) };
  } catch (error) {
    throw error instanceof ConfigError ? error.of(`the responder ${word}`) : error;
  }
}
