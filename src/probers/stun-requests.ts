/** What a server of the STUN family can be asked without credentials, each request with an id of its own. */
import type { World } from "../model/prober.ts";
import { Writer } from "../wire/bytes.ts";
import {
  encodeStun,
  hasMagicCookie,
  MAGIC_COOKIE,
  STUN_ATTRIBUTE,
  STUN_ID_BYTES,
  STUN_METHOD,
  type StunMessage,
} from "../wire/stun.ts";
import { numberAttribute } from "../wire/stun-attributes.ts";

/** A request, and the name that reports have for it. */
export interface StunRequest {
  readonly name: "Binding" | "RFC 3489 Binding" | "TURN Allocate" | "MS-TURN Allocate";
  readonly message: StunMessage;
}

/** The value of the magic cookie attribute (MS-TURN section 2.2.2.8). */
export const MS_MAGIC_COOKIE = 0x72c6_4bc6;

/** REQUESTED-TRANSPORT: UDP in the first byte, the others zero (RFC 8656 section 18.7). */
const RELAY_OVER_UDP = 17 << 24;

/** RFC 8489 section 6.1: no attribute is needed. */
export function bindingRequest(world: World): StunRequest {
  return { name: "Binding", message: request(STUN_METHOD.binding, newId(world)) };
}

/** RFC 3489 section 9.1: the same with an id that is all chance, for servers that do not know the cookie. */
export function oldBindingRequest(world: World): StunRequest {
  return { name: "RFC 3489 Binding", message: request(STUN_METHOD.binding, oldId(world)) };
}

/** RFC 8656 section 7.1, without credentials: a server that wants some says so. */
export function allocateRequest(world: World): StunRequest {
  const transport = numberAttribute(STUN_ATTRIBUTE.requestedTransport, RELAY_OVER_UDP);
  return { name: "TURN Allocate", message: request(STUN_METHOD.allocate, newId(world), transport) };
}

/** MS-TURN sections 2.2.2.8 and 3.2.4.1, without credentials; the magic cookie must be the first attribute. */
export function msAllocateRequest(world: World): StunRequest {
  const cookie = numberAttribute(STUN_ATTRIBUTE.msMagicCookie, MS_MAGIC_COOKIE);
  return { name: "MS-TURN Allocate", message: request(STUN_METHOD.allocate, oldId(world), cookie) };
}

/** RFC 8656 section 8.1: a lifetime of zero ends the allocation. */
export function releaseRequest(world: World): Uint8Array {
  return encodeStun(request(STUN_METHOD.refresh, newId(world), numberAttribute(STUN_ATTRIBUTE.lifetime, 0)));
}

function request(method: number, id: Uint8Array, ...attributes: StunMessage["attributes"]): StunMessage {
  return { class: "request", method, id, attributes };
}

function newId(world: World): Uint8Array {
  return new Writer()
    .u32(MAGIC_COOKIE, "be")
    .bytes(world.randomBytes(STUN_ID_BYTES - 4))
    .finish();
}

/** Chance may find the cookie too, once in four thousand million times. */
function oldId(world: World): Uint8Array {
  const id = Uint8Array.from(world.randomBytes(STUN_ID_BYTES));
  if (hasMagicCookie(id)) id[0]! ^= 0xff;
  return id;
}
