/** `unity-probe respond` behind its flags: key, ports and addresses checked, then a responder until a signal ends it. */
import { once } from "node:events";
import { openSockets } from "#node-dgram-ext";
import { formatEndpoint } from "../model/ports.ts";
import { EXIT_CODES } from "../model/result.ts";
import { ConfigError } from "../profile/config-error.ts";
import { parseAddress } from "../profile/hosts.ts";
import { parsePort } from "../profile/ports.ts";
import { RESPONDER_PORT } from "../profile/responders.ts";
import { allowedBy } from "../responder/allow.ts";
import { type ResponderEvent, type ResponderOptions, startResponder } from "../responder/server.ts";
import { durationMs, type FlagValues, list, text } from "./flags.ts";
import { realWorld } from "./parts.ts";
import { privilegedPortsRemark } from "./privileged-ports.ts";
import { eventLine, listedText } from "./respond-lines.ts";
import { listedPorts } from "./respond-ports.ts";
import { keyFrom } from "./responder-key.ts";
import { THIS_MACHINE } from "./secrets.ts";
import { toolVersion } from "./version.ts";

const DEFAULT_TTL = "15m";

/** Serves until SIGINT or SIGTERM; resolves to the exit code when everything is released. Throws ConfigError. */
export async function runResponder(flags: FlagValues): Promise<number> {
  const world = realWorld();
  const key = await keyFrom(text(flags, "key-file"), "nobody is served without a key", THIS_MACHINE);
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

/** `10.0.0.1:7654`, `[2001:db8::1]:7654`, an address alone, or `:7654`. Throws ConfigError. */
function listenOf(word: string | undefined): ResponderOptions["listen"] {
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
