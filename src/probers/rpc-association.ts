/** The first step of every DCE/RPC conversation: agreeing on an interface (C706 section 12.6.4, MS-RPCE section 3.3.1). */
import type { Connection } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import { decodePdu, encodePdu, faultName, type Pdu, pduFrameLength, WHOLE } from "../wire/dcerpc.ts";
import { bindTo, nakReason, rejectionReason, type Syntax } from "../wire/dcerpc-bind.ts";

/** A fragment has a length of 16 bits. */
export const PDU_CAP_BYTES = 65_535;
const ACCEPTED = 0;

/** How the peer answered a bind; `refusal` says why not, in words. */
export interface Association {
  readonly refusal?: string;
}

/** Asks for an interface; undefined when the connection ended first. Throws WireError for what is no answer to it. */
export async function associate(
  connection: Connection,
  wanted: Syntax,
  callId: number,
): Promise<Association | undefined> {
  connection.send(encodePdu({ ...WHOLE, callId, ...bindTo(wanted) }));
  const answer = await receivePdu(connection, callId);
  switch (answer?.type) {
    case undefined:
      return undefined;
    case "bindAck": {
      const [result] = answer.results;
      if (result === undefined) throw new WireError("malformed", "a bind_ack without a result", 0);
      return result.result === ACCEPTED ? {} : { refusal: rejectionReason(result.reason) };
    }
    case "bindNak":
      return { refusal: nakReason(answer.reason) };
    case "fault":
      return { refusal: faultName(answer.status) };
    default:
      throw new WireError("malformed", `a bind was answered by a ${answer!.type}`, 2);
  }
}

/** The next PDU of this call; undefined when the connection ended first. */
export async function receivePdu(connection: Connection, callId: number): Promise<Pdu | undefined> {
  const bytes = await connection.receive(pduFrameLength, PDU_CAP_BYTES);
  if (bytes === undefined) return undefined;
  const pdu = decodePdu(bytes);
  if (pdu.callId !== callId) throw new WireError("malformed", `call ${pdu.callId} was never made`, 12);
  return pdu;
}

/** A call id that nobody can guess, with room for the calls that follow. */
export function firstCallId(random: Uint8Array): number {
  return (new Reader(random).u32("be") & 0x3fff_ffff) | 1;
}
