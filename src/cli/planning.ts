/** What `run` and `plan` ask: the profiles and hosts of the flags, or all vectors of a site file that start here. */
import { hostname } from "node:os";
import type { Plan } from "../model/check.ts";
import { ConfigError } from "../profile/config-error.ts";
import { expandPlan, expandVectors } from "../profile/expand.ts";
import { parseHosts } from "../profile/hosts.ts";
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
  const options = planOptionsOf(flags, randomBytes);
  const hosts = parseHosts(options.hosts).map(({ host }) => host);
  const responders = parseResponders(list(flags, "responder"), hosts);
  const reverse = sendersOf(responders, flags);
  const plan = expandPlan(profiles, { ...options, farEnds: responders.size > 0, ...(reverse && { reverse }) });
  return { plan, source: { host: hostname() }, remarks: [], responders };
}

async function planForSite(path: string, flags: FlagValues, randomBytes: RandomBytes): Promise<Planned> {
  for (const other of ["profile", "host", "own-address"]) {
    if (list(flags, other).length > 0) throw new ConfigError(`--${other} beside --site`, "the site file says it");
  }
  const [{ parseSite }, { ownRoles, vectorsIn, vectorsOf }] = await Promise.all([
    import("../profile/site-file.ts"),
    import("../profile/site.ts"),
  ]);
  const [roles, profiles] = await Promise.all([shippedRoles(), knownProfiles(text(flags, "profiles-dir"))]);
  const site = parseSite(await readText(path), path, roles, profiles);
  const own = ownRoles(list(flags, "role"), site, roles);
  const everyHost = [...site.hosts.values()].flat().map(({ host }) => host);
  const named = parseResponders(list(flags, "responder"), everyHost);
  const responders = new Map([...(site.responders ?? []), ...named]);
  const senders = sendersOf(responders, flags) ?? new Map();
  const all = [vectorsOf(site, own, roles, profiles)];
  if (senders.size > 0) all.push(vectorsIn(site, senders, own, roles, profiles));
  const options = vectorOptionsOf(flags, randomBytes);
  const both = (key: "set" | "with" | "without") => [
    ...new Set(all.flatMap(({ settings }) => settings[key] ?? [])),
    ...(options[key] ?? []),
  ];
  const settled = { ...options, set: both("set"), with: both("with"), without: both("without") };
  const vectors = all.flatMap((one) => one.vectors);
  const plan = expandVectors(vectors, { ...settled, farEnds: responders.size > 0 });
  const hosts = hostsOf(plan);
  parseResponders(list(flags, "responder"), hosts);
  return {
    plan,
    source: { host: hostname(), role: own.join(", ") },
    remarks: all.flatMap(({ remarks }) => remarks),
    responders: new Map([...responders].filter(([host]) => hosts.has(host))),
  };
}

/** The far ends that send to us, where --reverse wants that. Throws ConfigError when there is none. */
function sendersOf(responders: Responders, flags: FlagValues): Responders | undefined {
  if (flags.reverse !== true) return undefined;
  if (flags.static === true) {
    throw new ConfigError("--reverse beside --static", "without a control channel nobody can tell a far end to send");
  }
  if (responders.size > 0) return responders;
  throw new ConfigError("--reverse needs a far end that sends", "add --responder HOST and --key-file FILE");
}

function hostsOf({ checks }: Plan): ReadonlySet<string> {
  return new Set(checks.map(({ host }) => host));
}

/** Tells the user what is not asked. */
export function tell(remarks: readonly string[]): void {
  for (const remark of remarks) process.stderr.write(`unity-probe: ${remark}\n`);
}
