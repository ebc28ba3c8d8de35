/** Which checks a far end is to prove, and what a token costs: the engine keeps it, and `plan` counts by it. */
import type { Check } from "./check.ts";

export const TOKEN_BYTES = 32;

/** Rows, those too that are held back for others' sake. A token does not leave from a port that a row wants to be asked from. */
export function isForTokens({ purpose, skip, sourcePort }: Check): boolean {
  const asked = skip === undefined || skip.unlessProven === true;
  return purpose === "row" && asked && sourcePort === undefined;
}
