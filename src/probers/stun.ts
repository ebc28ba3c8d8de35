/**
 * STUN and TURN: asks in turn what servers of the family know, because each is silent to the requests of the others. A
 * STUN server answers Binding, an old one Binding without the cookie, a TURN server refuses Allocate, and that of OCS
 * hears nothing but MS-TURN's own Allocate. Whichever answers is proven: it repeats the 16 bytes of the request's id.
 */
import type { Oneshot, Transaction } from "../model/prober.ts";
import { decodeStun, encodeStun } from "../wire/stun.ts";
import { grantsRelay, isAnswer, isMsTurn, readingOf } from "./stun-reading.ts";
import {
  allocateRequest,
  bindingRequest,
  msAllocateRequest,
  oldBindingRequest,
  releaseRequest,
  type StunRequest,
} from "./stun-requests.ts";
import { CONVERSATION_COST, CONVERSATION_GIVE_UP_MS, converse } from "./stun-stream.ts";

export interface StunParams {
  /** MS-TURN is asked first. */
  readonly msTurn?: boolean;
}

/**
 * Which request each send makes, as a place in the order of asking: the first one twice and at once, as the first resend
 * of RFC 8489 section 6.2.1, then each of the others, then those again. Each is sent twice, half a second or more apart,
 * and the last one still has two seconds for its answer.
 */
const TURNS = [0, 0, 1, 2, 3, 1, 2, 3] as const;

export const stun: Oneshot<StunParams> = {
  kind: "oneshot",
  id: "stun",
  transports: ["tcp", "udp"],
  silence: "fail",
  schedule: {
    sendsAtMs: [0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500],
    giveUpMs: 5_500,
    replyFrom: "same",
  },
  manners: { minIntervalMs: 0 },
  params: {
    msTurn: {
      type: "boolean",
      about: "Asks MS-TURN first, the TURN of OCS and Lync, which answers nothing else.",
    },
  },
  about: {
    protocol: "STUN or TURN",
    title: "STUN Binding, TURN Allocate",
    sends:
      "Until one is answered: a Binding request (20 bytes), a Binding request as in RFC 3489, a TURN Allocate request without credentials and an MS-TURN Allocate request with its magic cookie (28 bytes each). Over UDP each is sent twice, and --attempts counts the datagrams: fewer than five leave kinds out. Over TCP each goes on a connection of its own and waits 3 s, inside TLS where the row has tls; MS-TURN then begins in clear with its pretence of TLS (50 bytes), which a server that has just spoken TLS is spared, and puts 4 bytes before its request, and the RFC 3489 form is left out, because such servers have UDP only. Where a TURN server grants an allocation without credentials: a Refresh with lifetime 0, which gives it back.",
    accepts:
      "A response of the request's own method that repeats all 16 bytes of its id, a Binding response only with our address in it, an allocation only with the address that was allocated, and a fingerprint only when it is right. An error response, such as 401 to an Allocate without credentials, counts as a refusal by the service. In answer to the pretence of TLS: the two server messages that MS-TURN prescribes, byte for byte. How MS-TURN servers treat values whose length is no multiple of four, and whether they look at the random bytes, is unverified: no server of it was at hand.",
    proves:
      "A STUN or TURN server answered this very request; after a Binding, which address and port it sees us at. That it relays is not proven. A warning tells when it relays for anybody.",
    triggers: "A log line about a request without credentials.",
    specification: [
      "RFC 8489 sections 5, 6, 7 and 14",
      "RFC 8656 sections 7, 8 and 18",
      "RFC 3489 sections 9 and 11",
      "MS-TURN sections 2.1, 2.2 and 3.1.10",
    ],
  },
  start({ msTurn = false }, ask, local): Transaction {
    const { world } = ask;
    const requests: readonly StunRequest[] = msTurn
      ? [msAllocateRequest(world), bindingRequest(world), allocateRequest(world), oldBindingRequest(world)]
      : [bindingRequest(world), oldBindingRequest(world), allocateRequest(world), msAllocateRequest(world)];
    return {
      request: (send) => encodeStun(requests[TURNS[send % TURNS.length]!]!.message),
      read(bytes) {
        const answer = decodeStun(bytes);
        const request = requests.find((each) => isAnswer(answer, each));
        if (request === undefined) return {};
        const final = readingOf(answer, request, local);
        const givesBack = grantsRelay(answer) && !isMsTurn(answer);
        return givesBack ? { final, undo: releaseRequest(world) } : { final };
      },
    };
  },
  conversation: { giveUpMs: CONVERSATION_GIVE_UP_MS, cost: CONVERSATION_COST, run: converse },
};
