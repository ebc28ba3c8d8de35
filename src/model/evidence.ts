/** Flat facts that bytes or sockets said: printed, kept in history, sent across threads. Never an object tree. */
export type Evidence = Readonly<Record<string, EvidenceValue>>;

export type EvidenceValue = string | number | boolean | null | readonly (string | number)[];
