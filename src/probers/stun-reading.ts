/** What a reply to a STUN or TURN request says. */
import type { Evidence } from "../model/evidence.ts";
import type { Endpoint } from "../model/ports.ts";
import { formatEndpoint } from "../model/ports.ts";
import type { Reading } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import { STUN_ATTRIBUTE, STUN_METHOD, type StunMessage } from "../wire/stun.ts";
import { addressOf, errorOf, numberOf, type StunAddress, textOf } from "../wire/stun-attributes.ts";
import { MS_MAGIC_COOKIE, type StunRequest } from "./stun-requests.ts";

/** Whether a message answers this request: a response of its method that bears all 16 bytes of its id. */
export function isAnswer(message: StunMessage, { message: request }: StunRequest): boolean {
  const response = message.class === "success" || message.class === "error";
  return response && message.method === request.method && message.id.every((byte, at) => byte === request.id[at]);
}

/** An allocation was granted to nobody in particular. */
export function grantsRelay(answer: StunMessage): boolean {
  return answer.class === "success" && answer.method === STUN_METHOD.allocate;
}

/** What an answer says. Throws WireError for one that lacks what it must have; `local` is our own end. */
export function readingOf(answer: StunMessage, request: StunRequest, local: Endpoint): Reading {
  if (answer.class === "error") return refusalOf(answer, request);
  return grantsRelay(answer) ? openRelay(answer, request) : bindingOf(answer, request, local);
}

function refusalOf(answer: StunMessage, request: StunRequest): Reading {
  const error = errorOf(answer);
  if (error === undefined) throw new WireError("malformed", "an error response without an error", 0);
  const { realm, ...facts } = factsOf(answer, request);
  const words = [`${error.code}`, error.reason].filter((word) => word !== "").join(" ");
  const where = realm === undefined ? "" : ` (realm ${realm})`;
  return {
    service: "refused",
    detail: `${protocolOf(answer)} answers; ${request.name} without credentials: ${words}${where}`,
    evidence: { ...facts, errorCode: error.code, reason: error.reason, ...(realm === undefined ? {} : { realm }) },
  };
}

function bindingOf(answer: StunMessage, request: StunRequest, local: Endpoint): Reading {
  const mapped = mappedAddressOf(answer);
  if (mapped === undefined) throw new WireError("malformed", "a Binding response without our address", 0);
  const translated = mapped.address !== local.address || mapped.port !== local.port;
  return {
    service: "confirmed",
    detail: `STUN sees us as ${formatEndpoint(mapped)}${translated ? `, not as ${formatEndpoint(local)}: NAT` : ""}`,
    evidence: { ...factsOf(answer, request), mappedAddress: formatEndpoint(mapped), translated },
  };
}

/** An Allocate without credentials was granted. */
function openRelay(answer: StunMessage, request: StunRequest): Reading {
  const lifetimeS = numberOf(answer, STUN_ATTRIBUTE.lifetime);
  const relayed = relayedAddressOf(answer);
  // What only turns requests round into successes relays nothing.
  if (relayed === undefined) throw new WireError("malformed", "an allocation without its address", 0);
  const end = isMsTurn(answer)
    ? "the port that it gave us runs out by itself"
    : "the port that it gave us was given back at once";
  return {
    service: "confirmed",
    detail: `${protocolOf(answer)} relays for anybody`,
    evidence: {
      ...factsOf(answer, request),
      openRelay: true,
      relayedAddress: formatEndpoint(relayed),
      ...(lifetimeS === undefined ? {} : { lifetimeS }),
    },
    warnings: [`an open relay: it forwards traffic for anybody, without credentials; ${end}`],
  };
}

/** The port that an allocation gave us (RFC 8656 section 7.3); MS-TURN has it in MAPPED-ADDRESS (section 2.2.2.1). */
function relayedAddressOf(answer: StunMessage): StunAddress | undefined {
  const { xorRelayedAddress, mappedAddress } = STUN_ATTRIBUTE;
  return addressOf(answer, isMsTurn(answer) ? mappedAddress : xorRelayedAddress);
}

function mappedAddressOf(answer: StunMessage): StunAddress | undefined {
  const { xorMappedAddress, oldXorMappedAddress, mappedAddress } = STUN_ATTRIBUTE;
  return (
    addressOf(answer, xorMappedAddress) ?? addressOf(answer, oldXorMappedAddress) ?? addressOf(answer, mappedAddress)
  );
}

/** What any answer may tell. */
function factsOf(answer: StunMessage, request: StunRequest): Evidence & { readonly realm?: string } {
  const { software, responseOrigin, otherAddress, realm, msRealm } = STUN_ATTRIBUTE;
  const [origin, other] = [addressOf(answer, responseOrigin), addressOf(answer, otherAddress)];
  const facts = {
    protocol: protocolOf(answer),
    request: request.name,
    software: textOf(answer, software),
    realm: textOf(answer, isMsTurn(answer) ? msRealm : realm),
    responseOrigin: origin && formatEndpoint(origin),
    otherAddress: other && formatEndpoint(other),
  };
  return Object.fromEntries(Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined));
}

function protocolOf(answer: StunMessage): string {
  if (isMsTurn(answer)) return "MS-TURN";
  return answer.method === STUN_METHOD.binding ? "STUN" : "TURN";
}

/** Its messages begin with the magic cookie attribute. */
export function isMsTurn(answer: StunMessage): boolean {
  const [first] = answer.attributes;
  if (first?.type !== STUN_ATTRIBUTE.msMagicCookie || first.value.length !== 4) return false;
  return numberOf(answer, STUN_ATTRIBUTE.msMagicCookie) === MS_MAGIC_COOKIE;
}
