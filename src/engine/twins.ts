/** Checks that ask the same question of one address: asked once, and the answer shown under each of them. */
import type { Check } from "../model/check.ts";
import type { CheckSeen } from "../model/result.ts";
import { askAddress } from "./address.ts";
import type { AddressContext } from "./context.ts";
import { interrupted } from "./seen.ts";

/** Asks everything and gives one entry for each check, leads included. */
export async function askOnce(checks: readonly Check[], context: AddressContext): Promise<readonly CheckSeen[]> {
  const asked = await askAddress(
    checks.filter((check) => !isTwin(check)),
    context,
  );
  const twins = checks.filter(isTwin).map((check) => {
    const seen = seenOf(check, asked);
    context.onSeen(seen);
    return seen;
  });
  return [...asked, ...twins];
}

/** A check that is left out is asked by nobody, whatever it has in common with another. */
function isTwin({ sameAs, skip }: Check): boolean {
  return sameAs !== undefined && skip === undefined;
}

function seenOf(check: Check, asked: readonly CheckSeen[]): CheckSeen {
  const first = asked.find(
    ({ check: { id, row, purpose } }) =>
      purpose === "row" && id === check.sameAs?.check && row.profile === check.sameAs.profile,
  );
  return first === undefined ? interrupted(check) : { ...first, check };
}
