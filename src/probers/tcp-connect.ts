/**
 * TCP connect: asks whether a port accepts, for services that cannot be asked politely, or whose protocol nobody here
 * speaks (yet). It says nothing, so an accept proves an accept: `open` and `unchecked`, never more. With `tls` the
 * handshake is made, and what is inside stays unasked.
 */
import type { Connection, Dialogue, World } from "../model/prober.ts";
import { within } from "./within.ts";

/** A middle box that accepts for a host which then refuses ends the connection within this time. */
const LINGER_MS = 350;

/** Whatever the peer says first is left where it is. */
const UNREAD_BYTES = 64 * 1024;

export const tcpConnect: Dialogue<Record<string, never>> = {
  kind: "dialogue",
  id: "tcp-connect",
  transports: ["tcp"],
  silence: "inconclusive",
  manners: { minIntervalMs: 0 },
  params: {},
  giveUpMs: 6_000,
  cost: { packets: 0, bytes: 0 },
  about: {
    protocol: "TCP",
    title: "TCP connect",
    sends: "A connection request, and nothing in the connection, which is closed again. With tls: the handshake.",
    accepts: "That the connection is accepted and not ended by the peer at once.",
    proves:
      "That something accepts at the port. Never which service: an open port of a row that expects one is undecided.",
    triggers: "A log line about a connection in which nobody said anything.",
    specification: ["RFC 9293 section 3.5"],
  },
  async run(_params, ask) {
    const connection = await ask.connect(ask.tls === undefined ? {} : { tls: ask.tls });
    if (connection === undefined || (await endsAtOnce(connection, ask.world))) return undefined;
    const inside = connection.tls?.version === undefined ? "accepts" : `accepts, ${connection.tls.version}`;
    return { service: "unchecked", detail: `${inside}; the service was not asked`, evidence: {} };
  },
};

/** The peer ended the connection before it said a byte, while we lingered. */
async function endsAtOnce(connection: Connection, world: World): Promise<boolean> {
  const ended = connection
    .receive((buffered) => (buffered.length > 0 ? buffered.length : undefined), UNREAD_BYTES)
    .then((bytes) => bytes === undefined);
  return (await within(world, LINGER_MS, ended)) ?? false;
}
