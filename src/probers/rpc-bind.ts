/**
 * Binds to one DCE/RPC interface on a dynamic port. The endpoint mapper announces such ports; only a bind to the very
 * interface shows that the service is there and that the network lets it through.
 */
import type { Dialogue } from "../model/prober.ts";
import { associate, firstCallId } from "./rpc-association.ts";

interface Params {
  readonly interface: string;
  readonly major: number;
  readonly minor: number;
  readonly name: string;
}

export const rpcBind: Dialogue<Params> = {
  kind: "dialogue",
  id: "rpc-bind",
  transports: ["tcp"],
  silence: "inconclusive",
  giveUpMs: 10_000,
  cost: { packets: 1, bytes: 72 },
  manners: { minIntervalMs: 0 },
  params: {
    interface: {
      type: "string",
      required: true,
      about: "UUID of the interface.",
      maxLength: 36,
      example: "e3514235-4b06-11d1-ab04-00c04fc2dcd2",
    },
    major: { type: "integer", required: true, about: "Major version of the interface.", example: 4 },
    minor: { type: "integer", required: true, about: "Minor version of the interface.", example: 0 },
    name: {
      type: "string",
      required: true,
      about: "What people call the interface.",
      maxLength: 64,
      example: "drsuapi",
    },
  },
  about: {
    protocol: "DCE/RPC",
    title: "DCE/RPC bind",
    sends: "One bind PDU of 72 bytes that asks for the interface, without authentication. No call follows.",
    accepts: "bind_ack, bind_nak or fault with our call id. Only a bind_ack that accepts the interface confirms it.",
    proves:
      "The RPC runtime behind the port answered; where it accepts the interface, this very interface is served there.",
    triggers: "Nothing known for a well-formed bind.",
    specification: ["C706 sections 12.6.3 and 12.6.4", "MS-RPCE sections 2.2.2 and 3.3.1"],
  },
  async run(params, ask) {
    const connection = await ask.connect();
    if (connection === undefined) return undefined;
    const { major, minor, name } = params;
    const callId = firstCallId(ask.world.randomBytes(4));
    const association = await associate(connection, { uuid: params.interface, major, minor }, callId);
    if (association === undefined) return undefined;
    const evidence = { interface: params.interface, version: `${major}.${minor}` };
    const { refusal } = association;
    return refusal === undefined
      ? { service: "confirmed", detail: `${name} accepts a bind`, evidence }
      : {
          service: "refused",
          detail: `RPC answers, but ${name} is refused: ${refusal}`,
          evidence: { ...evidence, refusal },
        };
  },
};
