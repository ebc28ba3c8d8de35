/**
 * Bytes that are not the protocol: a codec's WireError becomes a `mismatch` reading here, once for all probers, so that
 * none of them can forget it and the engine never sees an exception for what a peer sent.
 */
import type { Conversation, Prober, Reading } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";

/** The prober, with malformed replies as readings. Over UDP a better datagram may still come; over TCP none can. */
export function withMismatch(prober: Prober): Prober {
  switch (prober.kind) {
    case "sweep":
      return prober;
    case "dialogue":
      return { ...prober, ...conversationWithMismatch(prober, prober) };
    case "oneshot":
      return {
        ...prober,
        ...(prober.conversation && { conversation: conversationWithMismatch(prober, prober.conversation) }),
        start: (params, ask, local) => {
          const transaction = prober.start(params, ask, local);
          return {
            request: (send) => transaction.request(send),
            read: (bytes, from, atMs) => {
              try {
                return transaction.read(bytes, from, atMs);
              } catch (error) {
                const reading = mismatch(prober, error);
                return ask.remote.transport === "tcp" ? { final: reading } : { soFar: reading };
              }
            },
          };
        },
      };
  }
}

function conversationWithMismatch<P>(prober: Prober, conversation: Conversation<P>): Conversation<P> {
  return {
    ...conversation,
    run: async (params, ask) => {
      try {
        return await conversation.run(params, ask);
      } catch (error) {
        return mismatch(prober, error);
      }
    },
  };
}

/** Rethrows what is no WireError, or one about bytes that we could not write: a mistake of ours, not of the peer. */
function mismatch(prober: Prober, error: unknown): Reading {
  if (!(error instanceof WireError) || error.code === "unencodable") throw error;
  return {
    service: "mismatch",
    detail: `something answers, but not ${prober.about.protocol}`,
    evidence: { malformed: error.message },
  };
}
