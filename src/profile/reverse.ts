/**
 * Vectors of which this machine is the target: a far end sends to the ports of their rows, and we listen. Each is a
 * profile of its own in the report, so that each direction has its list, its counts and its part in the exit code.
 */
import type { Profile } from "./format.ts";

/** `failover-secondary` is `failover-secondary/reverse` the other way; no file can have such an id. */
export function mirrored({ id, title, from, to, caution: _caution, ...rest }: Profile): Profile {
  return { ...rest, id: `${id}/reverse`, title: titleBack(title), from: to, to: from };
}

/** A vector that ends here, in a plan that may have it the other way too: `unity-peers/in`. */
export function heard({ id, ...rest }: Profile): Profile {
  return { ...rest, id: `${id}/in` };
}

/** `Unity secondary → DC` becomes `Unity secondary ← DC`. */
function titleBack(title: string): string {
  return title.includes("→") ? title.replaceAll("→", "←") : `${title}, the way back`;
}
