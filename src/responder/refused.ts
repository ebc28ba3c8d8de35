/** What is refused at data ports and in messages, in words for the operator: nothing of it is quoted. */

const WHY = {
  "foreign-sender": "sent to data ports that are held for another address",
  "no-token": "sent no token of the session to a data port",
  "repeated-token": "repeated a token more often than it is answered",
  "too-many": "too many connections to data ports",
  "not-listed": "asked for ports that are not listed",
} as const;

export type RefusedKind = keyof typeof WHY;

/** The same where there is no session. */
const WHY_STATIC: Readonly<Record<RefusedKind, string>> = {
  ...WHY,
  "foreign-sender": "not in --allow",
  "no-token": "sent no token that is good now: another key, or clocks more than a minute apart",
};

/** Notes that something of this kind came from an address. */
export type NoteRefused = (kind: RefusedKind, address: string) => void;

/** Tells a person of an address and why it got nothing. */
type Tell = (address: string, why: string) => void;

/** Addresses that are told of in one session for each kind: a sender may forge as many as it likes. */
export const TOLD_ADDRESSES = 16;

/** In one session: tells of each kind once for each address, however often it is noted, and of the first addresses only. */
export function tellOnce(tell: Tell): NoteRefused {
  const told = new Map<RefusedKind, Set<string>>();
  return (kind, address) => {
    const addresses = told.get(kind) ?? new Set();
    told.set(kind, addresses);
    if (addresses.size >= TOLD_ADDRESSES || addresses.has(address)) return;
    addresses.add(address);
    tell(address, WHY[kind]);
  };
}

/** Each line is told once in this time, and so many lines in all. */
const TOLD_EVERY_MS = 60_000;
export const TOLD_LINES = 32;

/** Tells of strangers without end, but of no more than a person can read. */
export function tellEachMinute(tell: Tell, monotonicMs: () => number): Tell {
  let told = new Set<string>();
  let sinceMs = Number.NEGATIVE_INFINITY;
  return (address, why) => {
    const nowMs = monotonicMs();
    if (nowMs - sinceMs >= TOLD_EVERY_MS) {
      told = new Set();
      sinceMs = nowMs;
    }
    const line = `${address} ${why}`;
    if (told.size >= TOLD_LINES || told.has(line)) return;
    told.add(line);
    tell(address, why);
  };
}

/** Where there is no session. */
export function tellStatic(tell: Tell, monotonicMs: () => number): NoteRefused {
  const tellBounded = tellEachMinute(tell, monotonicMs);
  return (kind, address) => tellBounded(address, WHY_STATIC[kind]);
}
