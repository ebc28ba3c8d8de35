/**
 * Servers of the STUN family as far ends. Their answers are bytes that coturn sent, or for MS-TURN, whose servers nobody
 * here has, bytes that were typed from its specification: set to the id of the request, and otherwise left alone.
 */
import { turnFrameLength } from "../../src/wire/pseudo-tls.ts";
import { decodeStun, encodeStun, STUN_ATTRIBUTE, stunFrameLength } from "../../src/wire/stun.ts";
import { tlsFrameLength } from "../../src/wire/tls-record.ts";
import { fixture, printed, toHex } from "../wire/support.ts";
import type { Script } from "./conversation.ts";
import type { Entry, Peer } from "./peers.ts";

/** A captured answer with the id of this request; a fingerprint is over the id, and so made anew. */
export function stunAnswer(path: string, request: Uint8Array, idBit = 0): Uint8Array {
  const id = request.slice(4, 20);
  id[15]! ^= idBit;
  const { attributes, ...head } = decodeStun(fixture(path));
  const others = attributes.filter(({ type }) => type !== STUN_ATTRIBUTE.fingerprint);
  return encodeStun({ ...head, id, attributes: others }, { fingerprint: others.length < attributes.length });
}

/** Where a request ends over TCP: a pretence of TLS, a frame of MS-TURN, or STUN. */
export function stunRequestLength(buffered: Uint8Array): number | undefined {
  if (buffered[0] === 0x16) return tlsFrameLength(buffered);
  return buffered[0] === 0x02 ? turnFrameLength(buffered) : stunFrameLength(buffered);
}

/** The bytes but for those of the id. */
const withoutId = (message: Uint8Array): string => toHex(message.subarray(0, 4)) + toHex(message.subarray(20));

/** The 401 of an A/V Edge Server to the Allocate that its specification prescribes; to anything else, nothing. */
export function msTurnAnswer(request: Uint8Array): Uint8Array | undefined {
  if (withoutId(request) !== withoutId(printed("ms-turn-allocate-request"))) return undefined;
  const answer = printed("ms-turn-allocate-401");
  answer.set(request.subarray(4, 20), 4);
  return answer;
}

/** The same over TCP, where it hangs up on whatever is not prescribed. */
export const msTurnServer: Script = (request) => {
  const hello = printed("ms-turn-pseudo-client-hello");
  if (request[0] === 0x16) {
    const sameButRandom = toHex(request.subarray(0, 11)) === toHex(hello.subarray(0, 11));
    const sameEnd = toHex(request.subarray(43)) === toHex(hello.subarray(43));
    return sameButRandom && sameEnd ? [printed("ms-turn-pseudo-server-hello")] : undefined;
  }
  // 02 for control, a zero, and the length of the message behind it (MS-TURN section 2.1.4).
  if (toHex(request.subarray(0, 4)) !== "0200001c") return undefined;
  const answer = msTurnAnswer(request.subarray(4));
  return answer && [Uint8Array.of(2, 0, 0, answer.length, ...answer)];
};

/** What coturn answers to a Binding request; to what else there is, nothing. */
function binding(path: string, request: Uint8Array, idBit = 0): readonly Uint8Array[] {
  return request.length === 20 ? [stunAnswer(path, request, idBit)] : [];
}

const replies: Pick<Peer, "answer" | "refusal" | "wrongId"> = {
  answer: (request) => binding("stun/binding-coturn.hex", request),
  refusal: (request) => binding("stun/binding-secure-coturn.hex", request),
  wrongId: (request) => binding("stun/binding-coturn.hex", request, 1),
};

/** For the table of peers. */
export const STUN: Entry = { tcp: { frameLength: stunRequestLength, tls: true, ...replies }, udp: replies };
