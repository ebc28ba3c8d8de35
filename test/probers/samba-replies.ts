/** What Samba answers, captured, as the answer to another request; `idBit` makes it one to nobody's. */
import { decodeCldap, encodeCldap } from "../../src/wire/cldap.ts";
import { decodeLdap, encodeLdap } from "../../src/wire/ldap.ts";
import { decodeNetbiosDatagram, encodeNetbiosDatagram } from "../../src/wire/netbios.ts";
import { fixture } from "../wire/support.ts";

/** A captured LDAP message as the answer to this request. */
export function ldap(path: string, request: Uint8Array, idBit = 0): Uint8Array {
  return encodeLdap({ ...decodeLdap(fixture(path)), messageId: decodeLdap(request).messageId ^ idBit });
}

/** Samba's answer to an LDAP ping, entry and end of the search in one datagram, as the answer to this one. */
export function ldapPing(request: Uint8Array, idBit = 0): Uint8Array {
  const messageId = decodeLdap(request).messageId ^ idBit;
  return encodeCldap(decodeCldap(fixture("cldap/netlogon-samba.hex")).map((message) => ({ ...message, messageId })));
}

/** A datagram error for this datagram. */
export function datagramError(request: Uint8Array, idBit = 0): Uint8Array {
  const { datagramId, sourceAddress, sourcePort } = decodeNetbiosDatagram(request);
  const head = { datagramId: datagramId ^ idBit, sourceAddress, sourcePort };
  return encodeNetbiosDatagram({ ...head, type: "datagramError", code: 0x82 });
}

/** Samba's node status as the answer to this request. */
export function nodeStatus(request: Uint8Array, idBit = 0): Uint8Array {
  const bytes = fixture("netbios/nbstat-samba.hex");
  bytes.set(request.subarray(0, 2));
  bytes[1]! ^= idBit;
  return bytes;
}
