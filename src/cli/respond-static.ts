/** `unity-probe respond --static`: ports are held from the start, until a signal or the end of `--ttl`. */
import { once } from "node:events";
import { openSockets } from "#node-dgram-ext";
import { formatCount, formatPorts } from "../model/ports.ts";
import type { World } from "../model/prober.ts";
import { TRANSPORTS } from "../model/words.ts";
import { ConfigError } from "../profile/config-error.ts";
import { type NotBound, type StaticOptions, startStaticResponder } from "../responder/static-server.ts";
import { type FlagValues, list } from "./flags.ts";
import { eventLine } from "./respond-lines.ts";
import { THIS_MACHINE } from "./secrets.ts";
import { endingSignals } from "./signals.ts";

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program holds them, and answers in its own protocol",
  EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE",
  EMFILE: "this process may have no more descriptors (ulimit -n)",
};

/** Resolves when every port is free again. Throws ConfigError where not one could be bound. */
export async function holdStatic(options: StaticOptions, ttlMs: number | undefined, world: World): Promise<void> {
  const sockets = await openSockets();
  try {
    const stop = new AbortController();
    for (const signal of endingSignals()) process.once(signal, () => stop.abort());
    const tell = (peer: string, why: string) => THIS_MACHINE.tell(eventLine({ what: "turned-away", peer, why }));
    const responder = await startStaticResponder(options, { world, sockets, tell });
    for (const line of notBoundLines(responder.notBound)) THIS_MACHINE.tell(line);
    const { tcp, udp } = responder.bound;
    if (tcp + udp === 0) throw new ConfigError(`no port could be bound at ${options.address}`, "--listen says where");
    THIS_MACHINE.tell(`holds ${formatCount(udp)} UDP and ${formatCount(tcp)} TCP ports at ${options.address}`);
    const timer = ttlMs === undefined ? undefined : setTimeout(() => stop.abort(), ttlMs);
    if (!stop.signal.aborted) await once(stop.signal, "abort");
    clearTimeout(timer);
    responder.close();
    THIS_MACHINE.tell("ended; every port is free");
  } finally {
    sockets.close();
  }
}

/** Flags that speak of a control channel. Throws ConfigError. */
export function refuseChannelFlags(flags: FlagValues): void {
  if (list(flags, "data-source").length === 0) return;
  throw new ConfigError("--data-source beside --static", "--allow says whom a responder without a session hears");
}

function notBoundLines(notBound: NotBound): readonly string[] {
  return TRANSPORTS.flatMap((transport) =>
    [...notBound[transport]].map(
      ([code, ports]) => `${transport}/${formatPorts(ports)} could not be bound: ${WHY[code] ?? code}`,
    ),
  );
}
