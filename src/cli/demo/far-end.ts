/**
 * The demo's far end: stand-ins on loopback, each at its usual port plus one offset for all, so that tcp/389 is found
 * at, say, 20389 and a range stays a range. The offset is one at which every port is free, also those that are to be
 * closed, so that nobody else's service is ever asked.
 */
import type { Endpoint } from "../../model/ports.ts";
import type { Transport } from "../../model/words.ts";
import type { Listener } from "../../net/listen.ts";
import { ConfigError } from "../../profile/config-error.ts";
import { silence } from "../../standin/faults.ts";
import { type StandIn, serve } from "../../standin/stand-in.ts";

export const LOOPBACK = "127.0.0.1";

/** The highest is 27,000: with ports up to 5,767 below 32,768, from where on systems give ports to any client. */
const OFFSETS: readonly number[] = Array.from({ length: 18 }, (_, at) => 10_000 + at * 1_000);

/** Stands for every port that the far end does not know; no profile lists it. */
const UNKNOWN_PORT = 1;

/** A port of the far end; without a stand-in nothing listens there. */
export interface Door {
  readonly transport: Transport;
  readonly port: number;
  readonly standIn?: StandIn;
}

export interface FarEnd {
  /** Where an endpoint of the far end really is. */
  whereIs(endpoint: Endpoint): Endpoint;
  close(): Promise<void>;
}

/** Opens the doors. Throws ConfigError when there is no offset at which all are free. */
export async function startFarEnd(doors: readonly Door[]): Promise<FarEnd> {
  const all: readonly Door[] = [
    ...doors,
    { transport: "tcp", port: UNKNOWN_PORT },
    { transport: "udp", port: UNKNOWN_PORT },
  ];
  const known = new Set(all.map(keyOf));
  for (const offset of OFFSETS) {
    const listeners = await openAll(all, offset);
    if (listeners === undefined) continue;
    return {
      whereIs: (endpoint) => {
        const port = known.has(keyOf(endpoint)) ? endpoint.port : UNKNOWN_PORT;
        return { transport: endpoint.transport, address: LOOPBACK, port: offset + port };
      },
      close: () => closeAll(listeners),
    };
  }
  throw new ConfigError(`the demo finds no free ports on ${LOOPBACK}`, "end what listens between 10000 and 32767");
}

function keyOf({ transport, port }: Door): string {
  return `${transport}/${port}`;
}

/** Undefined, and nothing left open, when a port cannot be had. One after the other: of two demos one gets them all. */
async function openAll(doors: readonly Door[], offset: number): Promise<readonly Listener[] | undefined> {
  const listeners: Listener[] = [];
  try {
    for (const { transport, port, standIn } of doors) {
      const listener = await serve(standIn ?? silence(transport), LOOPBACK, offset + port);
      if (standIn === undefined) await listener.close();
      else listeners.push(listener);
    }
    return listeners;
  } catch {
    await closeAll(listeners);
    return undefined;
  }
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}
