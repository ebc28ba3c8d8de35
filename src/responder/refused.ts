/** What a session refuses at its data ports and in its messages, in words for the operator: nothing of it is quoted. */

const WHY = {
  "foreign-sender": "sent to data ports that are held for another address",
  "no-token": "sent no token of the session to a data port",
  "repeated-token": "repeated a token more often than it is answered",
  "too-many": "too many connections to data ports",
  "not-listed": "asked for ports that are not listed",
} as const;

export type RefusedKind = keyof typeof WHY;

/** Notes that something of this kind came from an address. */
export type NoteRefused = (kind: RefusedKind, address: string) => void;

/** Tells of each kind once, however often it is noted. */
export function tellOnce(tell: (address: string, why: string) => void): NoteRefused {
  const told = new Set<RefusedKind>();
  return (kind, address) => {
    if (told.has(kind)) return;
    told.add(kind);
    tell(address, WHY[kind]);
  };
}
