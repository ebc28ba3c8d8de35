/**
 * A site file: what this machine is, where the others are. One file serves every machine of the site. Everything wrong
 * with it comes back with its place.
 */

import type { z } from "zod";
import { MEDIA_PROBE } from "./conditions.ts";
import { ConfigError } from "./config-error.ts";
import type { Profile } from "./format.ts";
import { type Host, parseFurther, parseHost } from "./hosts.ts";
import { issueErrors } from "./issues.ts";
import { didYouMean } from "./nearest.ts";
import type { Path, YamlPlaces } from "./places.ts";
import { parseResponders, type Responders } from "./responders.ts";
import type { Roles } from "./roles.ts";
import { listOf } from "./rows.ts";
import type { Site } from "./site.ts";
import { siteSchema, type WrittenSite } from "./site-schema.ts";
import { inOrder, readYaml } from "./yaml-file.ts";

/** What the names in a site are held against. */
export interface SiteWords {
  readonly roles: Roles;
  /** All that a run of the site may choose from. */
  readonly profiles: readonly Profile[];
}

/** Takes a mistake to the place of the value at the path. */
export type Report = (path: Path, error: ConfigError) => void;

/** Reads a site. `profiles` are all that a run of it may choose from. Throws ConfigError with the first mistake. */
export function parseSite(text: string, file: string, roles: Roles, profiles: readonly Profile[]): Site {
  return parseSiteWith(siteSchema(Object.keys(roles)), text, file, { roles, profiles }).site;
}

/**
 * Reads a file that has the keys of a site and perhaps more: `schema` says which, and `check` finds what is wrong with
 * the others beyond their shape. Throws ConfigError with the first mistake in the file.
 */
export function parseSiteWith<Written extends WrittenSite>(
  schema: z.ZodType<Written>,
  text: string,
  file: string,
  { roles, profiles }: SiteWords,
  check?: (written: Written, report: Report) => void,
): { readonly site: Site; readonly written: Written; readonly places: YamlPlaces } {
  const read = readYaml(text, file);
  if ("errors" in read) throw read.errors[0]!;
  const { data, places } = read;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new ConfigError("the file is not a site", "it begins with keys such as role and hosts", places.of([]));
  }
  const errors: ConfigError[] = roleErrors(data, roles, places);
  if (errors.length > 0) throw inOrder(errors)[0]!;
  const shaped = schema.safeParse(data, { reportInput: true });
  if (!shaped.success) throw inOrder(issueErrors(shaped.error.issues, schema, places))[0]!;
  const written = shaped.data;
  const report: Report = (path, error) => errors.push(error.at(places.of(path)));
  const hosts = hostsOf(written, report);
  checkNames(written, profiles, report);
  const responders = respondersOf(written, hosts, report);
  check?.(written, report);
  if (errors.length > 0) throw inOrder(errors)[0]!;
  const { role, set, with: on, without: off } = written;
  const settings = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  const site = { file, roles: listOf(role), hosts, set: settings, with: on, without: off, responders };
  return { site, written, places };
}

function respondersOf({ responders }: WrittenSite, hosts: Site["hosts"], report: Report): Responders {
  try {
    return parseResponders(
      responders,
      [...hosts.values()].flat().map(({ host }) => host),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    report(["responders"], error);
    return new Map();
  }
}

/** Words that are no role: the mistake that is made most often gets the nearest right word. */
function roleErrors(data: object, roles: Roles, places: YamlPlaces): ConfigError[] {
  const { role, hosts } = data as { readonly role?: unknown; readonly hosts?: unknown };
  const isMap = typeof hosts === "object" && hosts !== null && !Array.isArray(hosts);
  const own = listOf(role).map((name, at) => ({
    name,
    place: places.of(Array.isArray(role) ? ["role", at] : ["role"]),
  }));
  const others = Object.keys(isMap ? hosts : {}).map((name) => ({ name, place: places.ofKey(["hosts"], name) }));
  return [...own, ...others].flatMap(({ name, place }) => {
    if (typeof name !== "string" || Object.hasOwn(roles, name)) return [];
    const meant = didYouMean(name, Object.keys(roles)) ?? `"unity-probe profiles roles" shows all`;
    return [new ConfigError(`there is no role "${name}"`, meant, place)];
  });
}

function hostsOf({ hosts }: WrittenSite, report: Report): Site["hosts"] {
  const spellings = new Map<string, string>();
  const byRole = new Map<string, readonly Host[]>();
  for (const [role, written] of Object.entries(hosts)) {
    const entries = listOf(written);
    const path = ["hosts", role];
    if (entries.length === 0) report(path, new ConfigError(`"${role}" has no host`, "name one, or leave the role out"));
    const found: Host[] = [];
    for (const [at, entry] of entries.entries()) {
      try {
        const word = typeof entry === "string" ? entry : entry.host;
        const host = hostOf(entry);
        checkSpelling(word, host, spellings);
        if (found.some((other) => other.host === host.host)) {
          throw new ConfigError(`"${word}" stands twice under "${role}"`, "drop one");
        }
        found.push(host);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        report(Array.isArray(written) ? [...path, at] : path, error);
      }
    }
    byRole.set(role, found);
  }
  return byRole;
}

function hostOf(entry: string | { readonly host: string; readonly addresses: readonly string[] }): Host {
  if (typeof entry === "string") return parseHost(entry);
  return { ...parseHost(entry.host), addresses: entry.addresses.map(parseFurther) };
}

/** One machine has one name here: under two it would be two columns, and its further addresses those of one of them. */
function checkSpelling(word: string, host: Host, spellings: Map<string, string>): void {
  const same = host.host.replace(/\.$/, "");
  const before = spellings.get(same);
  if (before !== undefined && before !== word) {
    throw new ConfigError(`"${word}" is the host that is written "${before}" elsewhere`, "write it one way");
  }
  spellings.set(same, word);
}

/** Variables and switches that no profile has. */
function checkNames(site: WrittenSite, profiles: readonly Profile[], report: Report): void {
  const variables = new Set(profiles.flatMap((profile) => Object.keys(profile.variables)));
  const switches = new Set([...profiles.flatMap((profile) => Object.keys(profile.switches)), MEDIA_PROBE]);
  for (const name of Object.keys(site.set)) {
    if (variables.has(name)) continue;
    report(["set", name], new ConfigError(`no profile has a variable "${name}"`, didYouMean(name, variables)));
  }
  for (const key of ["with", "without"] as const) {
    for (const [at, name] of site[key].entries()) {
      if (switches.has(name)) continue;
      report([key, at], new ConfigError(`no profile has a switch "${name}"`, didYouMean(name, switches)));
    }
  }
}
