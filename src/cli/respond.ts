/** `unity-probe respond` behind its flags: key, ports and addresses checked, then a responder until a signal ends it. */
import { once } from "node:events";
import { openSockets } from "#node-dgram-ext";
import { formatEndpoint } from "../model/ports.ts";
import { EXIT_CODES } from "../model/result.ts";
import { ConfigError } from "../profile/config-error.ts";
import { parseAddress } from "../profile/hosts.ts";
import { parsePort } from "../profile/ports.ts";
import { allowedBy } from "../responder/allow.ts";
import { KEY_BYTES, parseKey } from "../responder/key.ts";
import { type ResponderEvent, type ResponderOptions, startResponder } from "../responder/server.ts";
import { durationMs, type FlagValues, list, text } from "./flags.ts";
import { realWorld } from "./parts.ts";
import { privilegedPortsRemark } from "./privileged-ports.ts";
import { eventLine, listedText } from "./respond-lines.ts";
import { listedPorts } from "./respond-ports.ts";
import { type Machine, secretLine, THIS_MACHINE } from "./secrets.ts";
import { toolVersion } from "./version.ts";

const DEFAULT_PORT = 7654;
const DEFAULT_TTL = "15m";
const KEY_MEANT = "make one and give it to both sides: (umask 077; openssl rand -hex 32 > responder.key)";

/** Serves until SIGINT or SIGTERM; resolves to the exit code when everything is released. Throws ConfigError. */
export async function runResponder(flags: FlagValues): Promise<number> {
  const world = realWorld();
  const key = await keyFrom(text(flags, "key-file"), THIS_MACHINE);
  const listed = await listedPorts(flags, world.randomBytes);
  const options: ResponderOptions = {
    key,
    listed,
    listen: listenOf(text(flags, "listen")),
    ttlMs: durationMs(text(flags, "ttl") ?? DEFAULT_TTL, "--ttl"),
    tool: `unity-probe ${toolVersion()}`,
    allows: allowsOf(list(flags, "allow")),
  };
  const logs = flags.verbose === true && process.stderr.isTTY !== true;
  const tell = logs ? await jsonTeller() : (event: ResponderEvent) => THIS_MACHINE.tell(eventLine(event));
  const remark = await privilegedPortsRemark(listed);
  const sockets = await openSockets();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  try {
    const responder = await startResponder(options, { world, sockets, tell }).catch(refuseListen);
    if (remark !== undefined) THIS_MACHINE.tell(remark);
    THIS_MACHINE.tell(`listening on ${formatEndpoint(responder.local)} for ${listedText(listed)}`);
    if (!stop.signal.aborted) await once(stop.signal, "abort");
    await responder.close();
    THIS_MACHINE.tell("ended; every port is free");
  } finally {
    sockets.close();
  }
  return EXIT_CODES.passed;
}

/** The key of a file. Throws ConfigError, which never quotes it. */
export async function keyFrom(file: string | undefined, machine: Machine): Promise<Uint8Array> {
  if (file === undefined) throw new ConfigError("--key-file is missing, and nobody is served without a key", KEY_MEANT);
  const key = parseKey(await secretLine(file, 2 * KEY_BYTES, machine));
  if (key !== undefined) return key;
  throw new ConfigError(`${file} does not hold a key of ${2 * KEY_BYTES} hexadecimal digits`, KEY_MEANT);
}

/** `10.0.0.1:7654`, `[2001:db8::1]:7654`, an address alone, or `:7654`. Throws ConfigError. */
function listenOf(word: string | undefined): ResponderOptions["listen"] {
  if (word === undefined) return { port: DEFAULT_PORT };
  const whole = parseAddress(word);
  if (whole !== undefined) return { address: whole, port: DEFAULT_PORT };
  const [, host, digits] = /^(.*):(\d+)$/.exec(word) ?? [];
  const address = host === undefined || host === "" ? undefined : parseAddress(host);
  if (digits === undefined || (host !== "" && address === undefined)) {
    throw new ConfigError(`--listen ${word} is no address with a port`, `write 10.0.0.1:${DEFAULT_PORT}`);
  }
  return { port: parsePort(digits), ...(address !== undefined && { address }) };
}

function allowsOf(words: readonly string[]): (address: string) => boolean {
  const allowed = allowedBy(words);
  if ("allows" in allowed) return allowed.allows;
  throw new ConfigError(
    `--allow ${allowed.wrong} is neither an address nor a block`,
    "write for instance 10.10.4.0/24",
  );
}

function refuseListen(error: unknown): never {
  const { code = "unknown error" } = error as NodeJS.ErrnoException;
  throw new ConfigError(`the control channel cannot listen: ${code}`, "--listen says where");
}

async function jsonTeller(): Promise<(event: ResponderEvent) => void> {
  const { createResponderLog } = await import("./logger.ts");
  return createResponderLog();
}
