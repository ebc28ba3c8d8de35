/**
 * Checks of one host that ask the same question, in one profile or in several: a domain controller that is also a
 * global catalog is asked for Kerberos once. The first is asked, and the others say which one that is.
 */
import type { Check } from "../model/check.ts";

/** The checks of one host, each that repeats an earlier one marked with it. */
export function withTwins(checks: readonly Check[]): readonly Check[] {
  const first = new Map<string, Check>();
  return checks.map((check) => {
    if (check.skip !== undefined) return check;
    const question = questionOf(check);
    const asked = first.get(question);
    if (asked === undefined) {
      first.set(question, check);
      return check;
    }
    return { ...check, sameAs: { profile: asked.row.profile, check: asked.id } };
  });
}

/** All that goes out, and to where. What the row makes of the answer is its own. */
function questionOf({ transport, ports, direction, prober, params, tls, sourcePort }: Check): string {
  return JSON.stringify([transport, ports, direction, prober, Object.entries(params).sort(), tls, sourcePort]);
}
