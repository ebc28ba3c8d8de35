/** Where an agent listens, as its configuration writes it: nobody else may read it without a token. */
import { ConfigError } from "../profile/config-error.ts";
import { parseAddress } from "../profile/hosts.ts";
import type { Path } from "../profile/places.ts";
import { parsePort } from "../profile/ports.ts";
import { isLoopback } from "./access.ts";
import type { ListenConfig } from "./config.ts";
import type { WrittenAgent } from "./config-schema.ts";

const DEFAULT_LISTEN = { address: "127.0.0.1", port: 9_464 };

/** The address and port of `listen`, with what is given in its place; and whether it says a token. */
export function checkListen(written: WrittenAgent["listen"]): Pick<ListenConfig, "address" | "port"> {
  if (written === undefined) return DEFAULT_LISTEN;
  const where = typeof written === "string" ? addressAndPort(written, 0) : written;
  const { port = DEFAULT_LISTEN.port } = where;
  const address = parseAddress(where.address ?? DEFAULT_LISTEN.address);
  if (address === undefined) throw new ConfigError(`"${where.address}" is not an address`, "for instance 127.0.0.1");
  if (isLoopback(address) || (typeof written !== "string" && written.token !== undefined)) return { address, port };
  throw new ConfigError(
    `${address} can be reached by others, and there is no token`,
    `for instance {address: ${address}, port: ${port}, token: "\${file:token}"}`,
  );
}

export async function listenOf(
  written: WrittenAgent["listen"],
  fill: (path: Path, word: string) => Promise<string>,
): Promise<ListenConfig | undefined> {
  if (written === undefined) return undefined;
  const where = checkListen(written);
  if (typeof written === "string" || written.token === undefined) return where;
  return { ...where, token: await fill(["listen", "token"], written.token) };
}

/** `10.0.0.1:9464` or `[2001:db8::1]:9464`. Throws ConfigError without a place. */
export function addressAndPort(word: string, leastPort = 1): { readonly address: string; readonly port: number } {
  const [, host = "", digits = ""] = /^(.*):(\d+)$/.exec(word) ?? [];
  const address = parseAddress(host);
  if (address === undefined || (host.includes(":") && !host.startsWith("["))) {
    throw new ConfigError(`"${word}" is no address with a port`, "write for instance 127.0.0.1:9464");
  }
  return { address, port: leastPort === 0 && Number(digits) === 0 ? 0 : parsePort(digits) };
}
