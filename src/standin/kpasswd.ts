/** A change-password service (RFC 3244 section 2) that cannot decrypt what it is given, as Samba says so. */
import type { Transport } from "../model/words.ts";
import { decodeChangeRequest, encodeChangeError, encodeChangeResult } from "../wire/kpasswd.ts";
import { kerberosService, serverTime } from "./kerberos.ts";
import { LAB } from "./lab-domain.ts";
import type { Clock, StandIn } from "./stand-in.ts";

/** Samba has it twice: as the result, and where the error code belongs. */
const HARD_ERROR = 2;

const REFUSAL = { code: HARD_ERROR, text: "gensec_update failed - NT_STATUS_LOGON_FAILURE\n" };

export function kpasswd(transport: Transport, clock: Clock): StandIn {
  return kerberosService(transport, (message) => {
    const { apRequest } = decodeChangeRequest(message);
    return encodeChangeError({
      type: "krbError",
      ...serverTime(clock),
      code: HARD_ERROR,
      realm: LAB.realm,
      server: apRequest.ticket.server,
      data: encodeChangeResult(REFUSAL),
    });
  });
}
