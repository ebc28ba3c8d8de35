/** The addresses that `respond` is told: where it listens, and whom it hears. All throw ConfigError. */
import { ConfigError } from "../profile/config-error.ts";
import { parseAddress } from "../profile/hosts.ts";
import { parsePort } from "../profile/ports.ts";
import { RESPONDER_PORT } from "../profile/responders.ts";
import { allowedBy, parseBlock } from "../responder/allow.ts";
import type { ResponderOptions } from "../responder/server.ts";

const BLOCK_MEANT = "write for instance 10.10.4.0/24";

/** `10.0.0.1:7654`, `[2001:db8::1]:7654`, an address alone, or `:7654`. */
export function listenOf(word: string | undefined): ResponderOptions["listen"] {
  if (word === undefined) return { port: RESPONDER_PORT };
  const whole = parseAddress(word);
  if (whole !== undefined) return { address: whole, port: RESPONDER_PORT };
  const [, host, digits] = /^(.*):(\d+)$/.exec(word) ?? [];
  const address = host === undefined || host === "" ? undefined : parseAddress(host);
  if (digits === undefined || (host !== "" && address === undefined)) {
    throw new ConfigError(`--listen ${word} is no address with a port`, `write 10.0.0.1:${RESPONDER_PORT}`);
  }
  return { port: parsePort(digits), ...(address !== undefined && { address }) };
}

/** The address at which a responder without a control channel holds its ports: a reply has to come from there. */
export function staticAddressOf(word: string | undefined): string {
  const address = word === undefined ? undefined : parseAddress(word);
  if (address !== undefined) return address;
  const wrong = word === undefined ? "--listen is missing" : `--listen ${word} is no address alone`;
  throw new ConfigError(wrong, "with --static it says at which address the ports are held: --listen 10.20.1.10");
}

export function allowsOf(words: readonly string[]): (address: string) => boolean {
  const allowed = allowedBy(words);
  if ("allows" in allowed) return allowed.allows;
  throw new ConfigError(`--allow ${allowed.wrong} is neither an address nor a block`, BLOCK_MEANT);
}

export function dataSourceOf(words: readonly string[]): readonly string[] {
  const wrong = words.find((word) => parseBlock(word) === undefined);
  if (wrong === undefined) return words;
  throw new ConfigError(`--data-source ${wrong} is neither an address nor a block`, BLOCK_MEANT);
}
