/** A proof while it grows. */
import type { Fate, PortError, Proof, ProofAsk } from "../model/far-end.ts";
import type { Asked } from "./ask.ts";

export interface Growing extends Proof {
  readonly fates: Map<number, Fate>;
  readonly errors: Map<number, PortError>;
  readonly intercepted: Set<number>;
  packets: number;
}

/** What is to be proven, in a direction that is known. */
export type Wish = Omit<ProofAsk, "direction">;

export function emptyProof(): Growing {
  return { fates: new Map(), errors: new Map(), intercepted: new Set(), packets: 0 };
}

export function note(fates: Map<number, Fate>, ports: Uint16Array, fate: Fate): void {
  for (const port of ports) fates.set(port, fate);
}

/** Where nobody can say any more what arrived, a reply still proves both ways, and what was not asked is known. */
export function noteAnswered(
  fates: Map<number, Fate>,
  ports: Uint16Array,
  { answered, mirrored }: Pick<Asked, "answered" | "mirrored">,
): void {
  for (const [index, port] of ports.entries()) {
    if (answered[index] !== 0) fates.set(port, "open");
    else if (mirrored[index] !== 0) fates.set(port, "mirrored");
  }
}

export function noteWays(
  fates: Map<number, Fate>,
  ports: Uint16Array,
  arrived: Uint8Array,
  { answered, unsent, mirrored }: Pick<Asked, "answered" | "unsent" | "mirrored">,
  elsewhere?: Uint8Array,
): void {
  for (const [index, port] of ports.entries()) {
    const isElsewhere = elsewhere !== undefined && elsewhere[index] !== 0;
    if (answered[index] !== 0) fates.set(port, "open");
    else if (mirrored[index] !== 0) fates.set(port, "mirrored");
    else if (arrived[index] !== 0) fates.set(port, "reply-lost");
    else if (isElsewhere) fates.set(port, "elsewhere");
    else fates.set(port, unsent[index] === 0 ? "request-lost" : "not-sent");
  }
}
