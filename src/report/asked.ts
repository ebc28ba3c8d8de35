/** What a document says of a check whether it ran or not: what is asked, of whom, from where. */
import type { Plan } from "../model/check.ts";
import type { CheckResult } from "../model/result.ts";
import type { AskedEntry, ProfileEntry } from "./document.ts";

/** The part of an entry that a plan and a run share. The plan names the role of the target. */
export function askedEntry(
  { check, source = check.source, required }: Pick<CheckResult, "check" | "source" | "required">,
  plan: Plan,
): AskedEntry {
  const { row } = check;
  return {
    profile: row.profile,
    check: check.id,
    service: row.service,
    transport: check.transport,
    ports: check.portsText,
    prober: check.prober,
    direction: check.direction,
    role: plan.profiles.find(({ id }) => id === row.profile)?.to ?? "",
    host: check.host,
    address: check.address ?? null,
    source: source ?? null,
    ...(check.farEnd?.seenAs !== undefined && { seenAs: check.farEnd.seenAs }),
    expect: check.expect,
    required,
    ...(row.group !== undefined && { group: row.group }),
    ...(check.via !== undefined && { via: check.via }),
    ...(check.purpose === "canary" && { canary: true }),
    ...(row.seed && { seed: { document: row.seed.document, line: row.seed.line } }),
  };
}

export function profileEntries(plan: Plan): readonly ProfileEntry[] {
  return plan.profiles.map(({ id, title, from, to, caution }) => ({
    id,
    title,
    from,
    to,
    ...(caution !== undefined && { caution }),
  }));
}
