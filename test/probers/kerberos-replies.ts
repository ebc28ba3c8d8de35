/** What Samba's key distribution centre answers to a client, whatever its name. */
import { decodeAsRequest, decodeKrbError, encodeKrbError } from "../../src/wire/kerberos.ts";
import { fixture } from "../wire/support.ts";

/** Samba's refusal, about the client that asked. */
export function krbError(request: Uint8Array): Uint8Array {
  const { client } = decodeAsRequest(request);
  return encodeKrbError({ ...decodeKrbError(fixture("kerberos/krb-error-udp-samba.hex")), client });
}

/** Samba's ticket in its frame, for the client that asked: its name has as many letters as the one of the capture. */
export function ticket(request: Uint8Array): Uint8Array {
  const ours = decodeAsRequest(request).client.parts[0]!;
  const frame = Buffer.from(fixture("kerberos/as-rep-tcp-samba.hex")).toString("latin1");
  return Uint8Array.from(Buffer.from(frame.replaceAll("unity-probe-0123456789abcdef", ours), "latin1"));
}
