/**
 * SCCP, the protocol of Cisco's phones, as politely as it goes: CUCM raises an alarm for every connection that ends
 * before a phone has registered, and to register would be to play somebody else's phone. So by default nothing is said;
 * a KeepAlive goes out only where a row wants it. Nothing here can register.
 */
import type { Connection, Dialogue, Reading, World } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import { decodeSccp, encodeSccp, SCCP_MESSAGE, sccpFrameLength } from "../wire/sccp.ts";
import { within } from "./within.ts";

export interface SccpParams {
  readonly keepAlive?: boolean;
}

/** A phone that connects and leaves sooner than this is no phone; the peer may also end the connection meanwhile. */
const HOLD_MS = 2_000;
const ANSWER_MS = 3_000;
const QUARTER_OF_AN_HOUR_MS = 15 * 60_000;
/** Whatever the peer says unasked is left where it is. */
const UNREAD_BYTES = 64 * 1024;

const KEEP_ALIVE = encodeSccp({ version: 0, id: SCCP_MESSAGE.keepAlive, body: new Uint8Array(0) });

export const sccp: Dialogue<SccpParams> = {
  kind: "dialogue",
  id: "sccp",
  transports: ["tcp"],
  silence: "inconclusive",
  manners: { minIntervalMs: QUARTER_OF_AN_HOUR_MS },
  params: {
    keepAlive: {
      type: "boolean",
      about: "Sends a KeepAlive. Whether CUCM answers one of somebody who never registered is unverified.",
    },
  },
  giveUpMs: 10_000,
  cost: { packets: 1, bytes: KEEP_ALIVE.length },
  about: {
    protocol: "SCCP",
    title: "SCCP connection",
    sends:
      "Nothing: one connection, inside TLS where the row has tls, which is held for 2 s and closed. With keepAlive: a KeepAlive (12 bytes). Never a registration, nor the name of a device.",
    accepts:
      "That the connection is accepted and held; a peer that meanwhile says something other than SCCP is a mismatch. With keepAlive: a KeepAliveAck; a RegisterReject or Reset counts as a refusal by the service. That CUCM answers so is unverified.",
    proves: "That something accepts at the port. With keepAlive, where it is answered: a call manager.",
    triggers:
      "The alarm TransientConnection in CUCM and a line in its event log, for each connection. One connection a run, and none again for 15 minutes.",
    specification: ["Wireshark's dissector of Skinny: the protocol is not published"],
  },
  async run({ keepAlive = false }, ask) {
    const connection = await ask.connect(ask.tls === undefined ? {} : { tls: ask.tls });
    if (connection === undefined) return undefined;
    if (keepAlive) return answerOf(connection, ask.world);
    return (await endsMeanwhile(connection, ask.world)) ? undefined : HELD;
  },
};

const HELD: Reading = { service: "unchecked", detail: "accepts and holds; SCCP was not asked", evidence: {} };

async function answerOf(connection: Connection, world: World): Promise<Reading | undefined> {
  connection.send(KEEP_ALIVE);
  const bytes = await within(world, ANSWER_MS, connection.receive(sccpFrameLength, UNREAD_BYTES));
  if (bytes === undefined) return undefined;
  const { id, version } = decodeSccp(bytes);
  const evidence = { messageId: id, headerVersion: version };
  switch (id) {
    case SCCP_MESSAGE.keepAliveAck:
      return { service: "confirmed", detail: "SCCP answers: KeepAliveAck", evidence };
    case SCCP_MESSAGE.registerReject:
      return { service: "refused", detail: "SCCP answers, and refuses: RegisterReject", evidence };
    case SCCP_MESSAGE.reset:
      return { service: "refused", detail: "SCCP answers, and refuses: Reset", evidence };
  }
  throw new WireError("malformed", `message ${id}, which answers no KeepAlive`, 8);
}

/** The peer ended the connection while it was held. Throws WireError where it said what SCCP is not. */
async function endsMeanwhile(connection: Connection, world: World): Promise<boolean> {
  const ended = connection.receive(sccpFrameLength, UNREAD_BYTES).then((bytes) => {
    if (bytes !== undefined) decodeSccp(bytes);
    return bytes === undefined;
  });
  return (await within(world, HOLD_MS, ended)) ?? false;
}
