/** What `run` and `plan` ask: the profiles and hosts of the flags, or all vectors of a site file that start here. */
import { hostname } from "node:os";
import type { Plan } from "../model/check.ts";
import { ConfigError } from "../profile/config-error.ts";
import { expandPlan, expandVectors } from "../profile/expand.ts";
import { parseResponders, type Responders } from "../profile/responders.ts";
import { type FlagValues, list, planOptionsOf, text, vectorOptionsOf } from "./flags.ts";
import { knownProfiles, loadProfiles, missingProfile, readText, shippedRoles } from "./profile-files.ts";

export interface Planned {
  readonly plan: Plan;
  /** This machine, with its roles where a site file says them. */
  readonly source: { readonly host: string; readonly role?: string };
  /** What is not asked, and why: a sentence each, for the user to read before the report. */
  readonly remarks: readonly string[];
  /** The hosts with a responder. */
  readonly responders: Responders;
}

type RandomBytes = (length: number) => Uint8Array;

/** Throws ConfigError. */
export async function planFor(flags: FlagValues, randomBytes: RandomBytes): Promise<Planned> {
  const site = text(flags, "site");
  if (site !== undefined) return planForSite(site, flags, randomBytes);
  if (list(flags, "role").length > 0) throw new ConfigError("--role is about a site", "add --site FILE");
  const words = list(flags, "profile");
  if (words.length === 0) throw missingProfile();
  const profiles = await loadProfiles(words, text(flags, "profiles-dir"));
  const named = list(flags, "responder");
  const plan = expandPlan(profiles, { ...planOptionsOf(flags, randomBytes), farEnds: named.length > 0 });
  return { plan, source: { host: hostname() }, remarks: [], responders: parseResponders(named, hostsOf(plan)) };
}

async function planForSite(path: string, flags: FlagValues, randomBytes: RandomBytes): Promise<Planned> {
  for (const other of ["profile", "host", "own-address"]) {
    if (list(flags, other).length > 0) throw new ConfigError(`--${other} beside --site`, "the site file says it");
  }
  const [{ parseSite }, { ownRoles, vectorsOf }] = await Promise.all([
    import("../profile/site-file.ts"),
    import("../profile/site.ts"),
  ]);
  const [roles, profiles] = await Promise.all([shippedRoles(), knownProfiles(text(flags, "profiles-dir"))]);
  const site = parseSite(await readText(path), path, roles, profiles);
  const own = ownRoles(list(flags, "role"), site, roles);
  const { vectors, remarks, settings } = vectorsOf(site, own, roles, profiles);
  const options = vectorOptionsOf(flags, randomBytes);
  const both = (key: "set" | "with" | "without") => [...(settings[key] ?? []), ...(options[key] ?? [])];
  const named = list(flags, "responder");
  const farEnds = named.length > 0 || (site.responders?.size ?? 0) > 0;
  const settled = { ...options, set: both("set"), with: both("with"), without: both("without"), farEnds };
  const plan = expandVectors(vectors, settled);
  const hosts = hostsOf(plan);
  const ofSite = [...(site.responders ?? [])].filter(([host]) => hosts.has(host));
  return {
    plan,
    source: { host: hostname(), role: own.join(", ") },
    remarks,
    responders: new Map([...ofSite, ...parseResponders(named, hosts)]),
  };
}

function hostsOf({ checks }: Plan): ReadonlySet<string> {
  return new Set(checks.map(({ host }) => host));
}

/** Tells the user what is not asked. */
export function tell(remarks: readonly string[]): void {
  for (const remark of remarks) process.stderr.write(`unity-probe: ${remark}\n`);
}
