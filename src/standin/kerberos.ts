/** A key distribution centre (RFC 4120 section 3.1.3) that nobody has an account with, as Samba refuses a stranger. */
import type { Transport } from "../model/words.ts";
import { decodeAsRequest, encodeKrbError, type KrbError } from "../wire/kerberos.ts";
import { decodeKerberosFrame, encodeKerberosFrame, kerberosFrameLength } from "../wire/kerberos-frame.ts";
import type { Clock, StandIn } from "./stand-in.ts";

const PRINCIPAL_UNKNOWN = 6;

export function kerberos(transport: Transport, clock: Clock): StandIn {
  return kerberosService(transport, (message) => {
    const { client, realm, server } = decodeAsRequest(message);
    const code = PRINCIPAL_UNKNOWN;
    return encodeKrbError({ type: "krbError", ...serverTime(clock), code, clientRealm: realm, client, realm, server });
  });
}

/** A service whose messages go in frames over TCP, and bare over UDP. */
export function kerberosService(transport: Transport, answer: (message: Uint8Array) => Uint8Array): StandIn {
  if (transport === "udp") return { transport, answer };
  return {
    transport,
    frameLength: kerberosFrameLength,
    answer: (frame) => [encodeKerberosFrame(answer(decodeKerberosFrame(frame)!))],
  };
}

/** The time of day as an error tells it. */
export function serverTime(clock: Clock): Pick<KrbError, "serverTimeS" | "serverMicroseconds"> {
  const wallUs = Math.floor(clock.wallMs() * 1000);
  return { serverTimeS: Math.floor(wallUs / 1_000_000), serverMicroseconds: wallUs % 1_000_000 };
}
