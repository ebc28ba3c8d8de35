/**
 * A stand-in plays the far end of one protocol, as far as it takes to be asked: for the demo and for tests. What it says
 * is a function from bytes to bytes; the only sockets are here, in `serve`.
 */
import type { Endpoint } from "../model/ports.ts";
import { type Accepted, type Listener, listenTcp, listenUdp } from "../net/listen.ts";
import { WireError } from "../wire/bytes.ts";

/** No request that a prober sends is longer; a client that sends more is hung up on. */
const FRAME_CAP_BYTES = 64 * 1024;

export interface TcpStandIn {
  readonly transport: "tcp";
  /** Said as soon as a client connects, before it says anything. */
  readonly greeting?: Uint8Array;
  /** Length of the request at the head of the buffer, or undefined while that cannot be known yet. */
  frameLength(buffered: Uint8Array): number | undefined;
  /** What one whole request is answered with, perhaps nothing; undefined hangs up. */
  answer(request: Uint8Array): readonly Uint8Array[] | undefined;
}

export interface UdpStandIn {
  readonly transport: "udp";
  /** The datagram that answers one, or undefined for none. */
  answer(datagram: Uint8Array): Uint8Array | undefined;
}

export type StandIn = TcpStandIn | UdpStandIn;

/** The time that stand-ins tell. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  wallMs(): number;
}

/**
 * Lets a stand-in listen; port 0 takes a free one. Bytes that are not its protocol end a connection with a reset, and
 * get no answer over UDP. Rejects when the port cannot be had.
 */
export function serve(standIn: StandIn, address: string, port: number): Promise<Listener> {
  if (standIn.transport === "tcp") return listenTcp(address, port, (connection) => converse(standIn, connection));
  return listenUdp(address, port, (datagram, _from: Endpoint, reply) => {
    const answer = answerOrNothing(standIn, datagram);
    if (answer !== undefined) reply(answer);
  });
}

/** A WireError out of it makes the listener reset the connection. */
async function converse(standIn: TcpStandIn, connection: Accepted): Promise<void> {
  if (standIn.greeting !== undefined) connection.send(standIn.greeting);
  for (;;) {
    const request = await connection.receive((buffered) => standIn.frameLength(buffered), FRAME_CAP_BYTES);
    const answers = request && standIn.answer(request);
    if (answers === undefined) break;
    for (const answer of answers) connection.send(answer);
  }
  connection.close();
}

function answerOrNothing(standIn: UdpStandIn, datagram: Uint8Array): Uint8Array | undefined {
  try {
    return standIn.answer(datagram);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return undefined;
  }
}
