/** What the engine is given: the far end at one address, by a session with its responder. */
import type { FarEnd, NoFarEnd } from "../model/far-end.ts";
import { type ClientOptions, type ClientParts, connectResponder, ResponderSession } from "./client.ts";
import { proveIn } from "./prove-in.ts";
import { proveOut } from "./prove-out.ts";
import { runStream } from "./stream.ts";

/** Opens the session, or says why there is none. Never throws for what a network does. */
export async function openFarEnd(options: ClientOptions, parts: ClientParts): Promise<FarEnd | NoFarEnd> {
  const session = await connectResponder(options, parts);
  if (!(session instanceof ResponderSession)) return session;
  const { features } = parts.sockets;
  return {
    seenAs: session.seenAs,
    local: session.local,
    errorQueue: {
      tcp: features.tcpErrorQueue.has,
      udp: (session.local.includes(":") ? features.udpErrorQueue6 : features.udpErrorQueue4).has,
    },
    prove: ({ direction, ...wish }, signal) =>
      direction === "out" ? proveOut(session, wish, parts, signal) : proveIn(session, wish, parts, signal),
    stream: (ask, signal) => runStream(session, ask, parts, signal),
    end: () => session.end(),
  };
}
