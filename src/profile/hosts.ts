/**
 * Hosts as people give them: a name or an address literal, and nothing round it. A URL, a port or a list is refused
 * with the host that was meant, because a silent guess would put a verdict under a name that nobody asked for.
 */
import { domainToASCII } from "node:url";
import { ConfigError } from "./config-error.ts";

/** `address` is set for literals only; names are resolved when the plan runs. */
export interface Host {
  readonly host: string;
  readonly address?: string;
  /** Further addresses of the same machine. */
  readonly addresses?: readonly string[];
}

/** All hosts of a run, each once, in the order given: `DC01` and `dc01`, `[::1]` and `0:0::1` are the same. */
export function parseHosts(words: readonly string[]): readonly Host[] {
  if (words.length === 0) throw new ConfigError("no host is given", "add --host NAME");
  return [...new Map(words.map(parseHost).map((host) => [host.host, host])).values()];
}

/**
 * The hosts with the further addresses that the words give them: `dc01=10.0.0.2`, or the address alone where there is
 * one host only. Throws ConfigError.
 */
export function withAddresses(hosts: readonly Host[], words: readonly string[]): readonly Host[] {
  const further = new Map<string, string[]>();
  for (const word of words) {
    const equals = word.indexOf("=");
    const host = equals === -1 ? (hosts.length === 1 ? hosts[0]! : undefined) : parseHost(word.slice(0, equals));
    const owner = hosts.find((one) => one.host === host?.host);
    if (owner === undefined) {
      const meant = `write ${hosts[0]!.host}=${word.slice(equals + 1)}, the host being one of this run`;
      throw new ConfigError(`--own-address ${word} names no host`, meant);
    }
    further.set(owner.host, [...(further.get(owner.host) ?? []), parseFurther(word.slice(equals + 1))]);
  }
  return hosts.map((host) => ({ ...host, ...(further.has(host.host) && { addresses: further.get(host.host)! }) }));
}

/** An address literal in its canonical form. Throws ConfigError. */
export function parseFurther(word: string): string {
  const address = parseAddress(word);
  if (address !== undefined) return address;
  throw new ConfigError(`"${word}" is not an address`, "give for instance 10.0.0.2");
}

/** One host, its spelling normalised: names in lower case and ASCII, addresses in their canonical form. */
export function parseHost(word: string): Host {
  const mistake = hostMistake(word);
  if (mistake !== undefined) throw mistake;
  const address = parseAddress(word);
  if (address === undefined) return { host: parseName(word) };
  if (/^(0\.|22[4-9]\.|23\d\.|24\d\.|25\d\.|ff|::$)/.test(address)) {
    throw new ConfigError(`host "${word}" is not the address of one machine`, "give a unicast address");
  }
  return { host: address, address };
}

/** The canonical form of an IPv4 or IPv6 literal, brackets or not; undefined when the word is neither. */
export function parseAddress(word: string): string | undefined {
  const bare = /^\[(.*)\]$/.exec(word)?.[1] ?? word;
  if (/^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(bare)) {
    return bare.split(".").every((part) => Number(part) <= 255) ? bare : undefined;
  }
  const [address, zone] = bare.split("%", 2);
  if (!/^[\da-f:.]*:[\da-f:.]*$/i.test(address!) || !URL.canParse(`http://[${address}]/`)) return undefined;
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical);
  if (mapped !== null) return dottedQuad(Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16));
  if (zone === undefined) return canonical;
  return /^fe[89ab]/.test(canonical) && /^[\w.-]+$/.test(zone) ? `${canonical}%${zone}` : undefined;
}

function dottedQuad(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function parseName(word: string): string {
  const name = domainToASCII(word).toLowerCase();
  const labels = name.replace(/\.$/, "").split(".");
  const looksNumeric = /^\d+$/.test(labels.at(-1)!);
  if (looksNumeric || name.length > 254 || !labels.every((label) => /^(?!-)[\w-]{1,63}(?<!-)$/.test(label))) {
    throw new ConfigError(`host "${word}" is neither a name nor an address`, "give for instance dc01 or 10.0.0.1");
  }
  return name;
}

/** The common ways of saying too much, each with what to write instead. */
function hostMistake(word: string): ConfigError | undefined {
  const parts = word.split(/[\s,;]+/).filter((part) => part !== "");
  if (parts.length === 0) return new ConfigError("the host is empty", "give a name or an address: --host dc01");
  if (parts.length > 1) {
    const flags = parts.map((part) => `--host ${hostIn(part)}`);
    return new ConfigError(`host "${word}" holds more than one word`, `give each by itself: ${flags.join(" ")}`);
  }
  if (/^[\d.:a-f]+\/\d+$/i.test(word))
    return new ConfigError(`host "${word}" is a network`, "give each host by itself");
  const excess = EXCESSES.find(([pattern]) => pattern.test(word));
  return excess && new ConfigError(`host "${word}" ${excess[1]}`, `give the host only: ${hostIn(parts[0]!)}`);
}

const EXCESSES: readonly (readonly [RegExp, string])[] = [
  [/[\s,;]/, "has something round it"],
  [/^[a-z][a-z\d+.-]*:\/\//i, "is a URL"],
  [/[/\\?#]/, "has a path"],
  [/@/, "has a user name"],
  [/^(\[.*\]|[^:]*):[^:]*$/, "has a port, and the profile says the ports"],
];

/** The host inside `scheme://user@host:port/path`, whichever of these are there. */
function hostIn(word: string): string {
  const authority = word
    .replace(/^[a-z][a-z\d+.-]*:\/\//i, "")
    .replace(/^[/\\]+/, "")
    .split(/[/\\?#]/, 1)[0]!;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return /^\[(.*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/^([^:]*):[^:]*$/, "$1");
}
