/** `unity-probe respond` behind its flags: key, ports and addresses checked, then a responder until a signal ends it. */
import { once } from "node:events";
import { openSockets } from "#node-dgram-ext";
import { formatEndpoint } from "../model/ports.ts";
import type { World } from "../model/prober.ts";
import { EXIT_CODES } from "../model/result.ts";
import { ConfigError } from "../profile/config-error.ts";
import { type ResponderEvent, type ResponderOptions, startResponder } from "../responder/server.ts";
import { durationMs, type FlagValues, list, text } from "./flags.ts";
import { realWorld } from "./parts.ts";
import { privilegedPortsRemark } from "./privileged-ports.ts";
import { allowsOf, dataSourceOf, listenOf, staticAddressOf } from "./respond-addresses.ts";
import { eventLine, listedText } from "./respond-lines.ts";
import { listedPorts } from "./respond-ports.ts";
import { credentialsFrom } from "./responder-credentials.ts";
import { THIS_MACHINE } from "./secrets.ts";
import { endingSignals } from "./signals.ts";
import { toolVersion } from "./version.ts";

const DEFAULT_TTL = "15m";

/** Serves until SIGINT or SIGTERM; resolves to the exit code when everything is released. Throws ConfigError. */
export async function runResponder(flags: FlagValues): Promise<number> {
  const world = realWorld();
  const credentials = await credentialsFrom(flags, "nobody is served without a key", THIS_MACHINE);
  const listed = await listedPorts(flags, world.randomBytes);
  const [listen, ttl] = [text(flags, "listen"), text(flags, "ttl")];
  const allows = allowsOf(list(flags, "allow"));
  if (flags.static === true && credentials.key !== undefined) {
    const { holdStatic, refuseChannelFlags } = await import("./respond-static.ts");
    refuseChannelFlags(flags);
    const held = { address: staticAddressOf(listen), key: credentials.key, listed, allows };
    await holdStatic(held, ttl === undefined ? undefined : durationMs(ttl, "--ttl"), world);
    return EXIT_CODES.passed;
  }
  const options: ResponderOptions = {
    ...credentials,
    listed,
    listen: listenOf(listen),
    ttlMs: durationMs(ttl ?? DEFAULT_TTL, "--ttl"),
    tool: `unity-probe ${toolVersion()}`,
    dataSource: dataSourceOf(list(flags, "data-source")),
    allows,
  };
  await serve(options, flags, world);
  return EXIT_CODES.passed;
}

async function serve(options: ResponderOptions, flags: FlagValues, world: World): Promise<void> {
  const { listed } = options;
  const logs = flags.verbose === true && process.stderr.isTTY !== true;
  const tell = logs ? await jsonTeller() : (event: ResponderEvent) => THIS_MACHINE.tell(eventLine(event));
  const remark = await privilegedPortsRemark(listed);
  const sockets = await openSockets();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of endingSignals()) process.once(signal, interrupt);
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
}

function refuseListen(error: unknown): never {
  const { code = "unknown error" } = error as NodeJS.ErrnoException;
  throw new ConfigError(`the control channel cannot listen: ${code}`, "--listen says where");
}

async function jsonTeller(): Promise<(event: ResponderEvent) => void> {
  const { createResponderLog } = await import("./logger.ts");
  return createResponderLog();
}
