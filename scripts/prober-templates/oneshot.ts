/**
 * Write me: what is asked and why, and the document that says how. Until then this prober speaks the echo protocol
 * (RFC 862): random bytes, which the same bytes answer.
 */
import type { Oneshot } from "../../src/model/prober.ts";

const TOKEN_BYTES = 8;

export const template: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "template",
  transports: ["udp"],
  silence: "inconclusive",
  schedule: { sendsAtMs: [0, 1_000, 2_000], giveUpMs: 4_000, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "echo",
    title: "Echo request",
    sends: "Eight random bytes.",
    accepts: "The same eight bytes.",
    proves: "Something echoed this very request.",
    triggers: "Nothing known.",
    specification: ["RFC 862"],
  },
  start(_params, ask) {
    const token = ask.world.randomBytes(TOKEN_BYTES);
    return {
      request: () => token,
      read(bytes) {
        const ours = bytes.length === token.length && bytes.every((byte, at) => byte === token[at]);
        return ours ? { final: { service: "confirmed", detail: "echoed", evidence: {} } } : {};
      },
    };
  },
};
