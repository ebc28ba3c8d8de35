/** What an endpoint mapper says to a bind and to lookups. */
import { decodePdu, encodePdu, type ResponsePdu, WHOLE } from "../../src/wire/dcerpc.ts";
import { NDR, type Syntax } from "../../src/wire/dcerpc-bind.ts";
import { splitResponse } from "../../src/wire/dcerpc-fragments.ts";
import { type EpmEntry, encodeLookupReply, type LookupReply } from "../../src/wire/epm.ts";
import { type Floor, tcpTower } from "../../src/wire/epm-tower.ts";
import { NIL_UUID } from "../../src/wire/uuid.ts";
import type { Script } from "./conversation.ts";
import { pdu } from "./peers.ts";

/** The handle that says the end of a listing. */
export const END = new Uint8Array(20);
/** One to go on with. */
export const MORE = new Uint8Array(20).fill(7);

/** Accepts the bind, then answers each lookup by the script; its first turn is 0. */
export function accepting(script: Script): Script {
  return (request, turn) => (turn === 0 ? [pdu("dcerpc/bind-ack-epm-samba.hex", request)] : script(request, turn - 1));
}

/** Accepts the bind, then gives these pages, and an empty last one behind them. */
export function listing(...pages: readonly (readonly EpmEntry[])[]): Script {
  return accepting((request, turn) => {
    const handle = turn < pages.length - 1 ? MORE : END;
    return fragments(request, { handle, entries: pages[turn] ?? [], status: 0 });
  });
}

export function fragments(request: Uint8Array, reply: LookupReply): readonly Uint8Array[] {
  return splitResponse(response(request, encodeLookupReply(reply)), 4280).map(encodePdu);
}

export function response(request: Uint8Array, stub: Uint8Array, flags: number = WHOLE.flags): ResponsePdu {
  return { ...WHOLE, flags, callId: decodePdu(request).callId, type: "response", contextId: 0, stub };
}

export function fault(request: Uint8Array, status: number): readonly Uint8Array[] {
  return [encodePdu({ ...WHOLE, callId: decodePdu(request).callId, type: "fault", contextId: 0, status })];
}

export function entry(tower: readonly Floor[], annotation = ""): EpmEntry {
  return { object: NIL_UUID, annotation, tower };
}

export const tcp = (syntax: Syntax, port: number, address?: string): EpmEntry =>
  entry(tcpTower(syntax, NDR, port, address));
