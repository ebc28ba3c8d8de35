/**
 * LDAP over UDP (MS-ADTS section 3.1.1.3.1.11, once RFC 1798): a datagram holds a request, or all messages of its
 * answer one behind the other, for instance an entry and the end of the search.
 */
import { WireError } from "./bytes.ts";
import { decodeLdap, encodeLdap, type LdapMessage, ldapFrameLength } from "./ldap.ts";

/** An answer has two; a server may add a few, but none has more than this. */
const MAX_MESSAGES = 64;

export function encodeCldap(messages: readonly LdapMessage[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...encodeLdap(message)]));
}

/** All messages of a datagram, at least one. */
export function decodeCldap(datagram: Uint8Array): readonly LdapMessage[] {
  const messages: LdapMessage[] = [];
  for (let at = 0; at < datagram.length || messages.length === 0; ) {
    if (messages.length >= MAX_MESSAGES) throw new WireError("limit", `more than ${MAX_MESSAGES} messages`, at);
    const length = ldapFrameLength(datagram.subarray(at));
    if (length === undefined || at + length > datagram.length) {
      throw new WireError("truncated", "a datagram that ends within a message", at);
    }
    messages.push(decodeLdap(datagram.subarray(at, at + length)));
    at += length;
  }
  return messages;
}
