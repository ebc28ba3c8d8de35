/** Far ends of protocols whose servers nobody here has: what they say was printed by others. */
import { sccpFrameLength } from "../../src/wire/sccp.ts";
import { printed } from "../wire/support.ts";
import type { Entry } from "./peers.ts";

export const MSMQ: Entry = {
  udp: {
    answer: (request) => [msmqPing(request)],
    refusal: (request) => [msmqPing(request, { refuses: true })],
    wrongId: (request) => [msmqPing(request, { idBit: 1 })],
  },
};

export const SCCP: Entry = {
  tcp: {
    frameLength: sccpFrameLength,
    params: { keepAlive: true },
    tls: true,
    answer: () => [printed("sccp-keep-alive-ack")],
    refusal: () => [printed("sccp-register-reject")],
    wrongId: "An acknowledgement bears no id; the connection ties it to its KeepAlive.",
  },
};

/** The printed ping response with the cookie of this request. */
function msmqPing(request: Uint8Array, { refuses = false, idBit = 0 } = {}): Uint8Array {
  const bytes = printed("msmq-ping-response");
  bytes.set(request.subarray(4, 8), 4);
  bytes[4]! ^= idBit;
  if (refuses) bytes[0]! |= 2;
  return bytes;
}
