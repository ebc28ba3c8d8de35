/**
 * Write me: what is asked and why, and the document that says how. Until then this prober speaks the echo protocol
 * (RFC 862): random bytes, which the same bytes answer.
 */
import type { Dialogue } from "../../src/model/prober.ts";
import { WireError } from "../../src/wire/bytes.ts";

const TOKEN_BYTES = 8;

export const template: Dialogue<Record<string, never>> = {
  kind: "dialogue",
  id: "template",
  transports: ["tcp"],
  silence: "inconclusive",
  giveUpMs: 5_000,
  cost: { packets: 1, bytes: TOKEN_BYTES },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "echo",
    title: "Echo request",
    sends: "Eight random bytes. With tls: the handshake first.",
    accepts: "The same eight bytes.",
    proves: "Something echoed this very request.",
    triggers: "Nothing known.",
    specification: ["RFC 862"],
  },
  async run(_params, ask) {
    const connection = await ask.connect(ask.tls === undefined ? {} : { tls: ask.tls });
    if (connection === undefined) return undefined;
    const token = ask.world.randomBytes(TOKEN_BYTES);
    connection.send(token);
    const reply = await connection.receive(() => TOKEN_BYTES, TOKEN_BYTES);
    if (reply === undefined) return undefined;
    if (!reply.every((byte, at) => byte === token[at])) throw new WireError("malformed", "the echo differs", 0);
    return { service: "confirmed", detail: "echoed", evidence: {} };
  },
};
