/**
 * The way back of a vector: the far end sends to the ports of its rows, and this machine listens. A profile of its own
 * in the report, so that each direction has its list, its counts and its part in the exit code.
 */
import type { Profile } from "./format.ts";

/** `failover-secondary` is `failover-secondary/reverse` the other way; no file can have such an id. */
export function mirrored({ id, title, from, to, caution: _caution, ...rest }: Profile): Profile {
  return { ...rest, id: `${id}/reverse`, title: titleBack(title), from: to, to: from };
}

/** `Unity secondary → DC` becomes `Unity secondary ← DC`. */
function titleBack(title: string): string {
  return title.includes("→") ? title.replaceAll("→", "←") : `${title}, the way back`;
}
