/** The real network, as the engine is given it: sockets and raw facts, no interpretation. */
import type { Sockets } from "#node-dgram-ext";
import type { Net } from "../model/parts.ts";
import { resolve } from "./resolve.ts";
import { route } from "./route.ts";
import { connectTcp } from "./tcp.ts";
import { openUdp } from "./udp.ts";

/** A network over these sockets, whose observations are timed by `monotonicMs`. */
export function createNet(clock: { monotonicMs(): number }, sockets: Pick<Sockets, "connectTcp" | "openUdp">): Net {
  const monotonicMs = () => clock.monotonicMs();
  return {
    resolve,
    route,
    tcp: (to, how, signal) => connectTcp(to, how, signal, { sockets, monotonicMs }),
    udp: (to, how, signal) => openUdp(to, how, signal, { sockets, monotonicMs }),
  };
}
