/** A site -> the vectors that start from one of its machines, each with the hosts that it goes to. */
import { MEDIA_PROBE } from "./conditions.ts";
import { ConfigError } from "./config-error.ts";
import type { Vector } from "./expand.ts";
import type { Profile } from "./format.ts";
import type { Host } from "./hosts.ts";
import { didYouMean } from "./nearest.ts";
import type { Responders } from "./responders.ts";
import { heard } from "./reverse.ts";
import { kinOf, type Roles } from "./roles.ts";
import type { SettingWords } from "./values.ts";

/** A site file after validation. */
export interface Site extends SettingWords {
  readonly file: string;
  /** What this machine is; none in a file that all machines share. */
  readonly roles: readonly string[];
  readonly hosts: ReadonlyMap<string, readonly Host[]>;
  readonly responders?: Responders;
}

export interface SiteVectors {
  readonly vectors: readonly Vector[];
  /** Vectors without a host, and hosts that no vector reaches: a sentence each. */
  readonly remarks: readonly string[];
  /** The site's settings that these vectors know. */
  readonly settings: SettingWords;
}

/** The roles of this machine: those given, else those of the file. Throws ConfigError. */
export function ownRoles(given: readonly string[], site: Site, roles: Roles): readonly string[] {
  const own = given.length > 0 ? given : site.roles;
  if (own.length === 0) {
    throw new ConfigError(`${site.file} does not say what this machine is`, "add --role, for instance unity-secondary");
  }
  const unknown = own.find((role) => !Object.hasOwn(roles, role));
  if (unknown === undefined) return own;
  const meant = didYouMean(unknown, Object.keys(roles)) ?? `"unity-probe profiles roles" shows all`;
  throw new ConfigError(`there is no role "${unknown}"`, meant);
}

/** Every vector that starts from a machine of these roles, or of what it also is. Throws ConfigError when none does. */
export function vectorsOf(site: Site, own: readonly string[], roles: Roles, profiles: readonly Profile[]): SiteVectors {
  const kin = new Set(own.flatMap((role) => kinOf(role, roles)));
  const starting = profiles.filter((profile) => startsFrom(profile, [...kin]));
  const all = starting.map((profile) => ({ profile, hosts: hostsFor(profile, site, own, roles), roles: [...kin] }));
  const vectors = all.filter(({ hosts }) => hosts.length > 0);
  const remarks = [...withoutHost(all), ...unreached(site, own, vectors)];
  if (vectors.length > 0)
    return {
      vectors,
      remarks,
      settings: settingsFor(
        site,
        vectors.map(({ profile }) => profile),
      ),
    };
  const problem = starting.length === 0 ? "no vector starts from" : "no host is named that a vector reaches from";
  throw new ConfigError(`${site.file}: ${problem} ${own.join(" or ")}`, remarks[0]);
}

/**
 * Every vector that ends or starts at a machine of these roles, or of what it also is: what a far end there is asked, and
 * what it is to send. Throws ConfigError when none does.
 */
export function vectorsAt(
  site: Site,
  own: readonly string[],
  roles: Roles,
  profiles: readonly Profile[],
): { readonly profiles: readonly Profile[]; readonly settings: SettingWords } {
  const kin = new Set(own.flatMap((role) => kinOf(role, roles)));
  const here = profiles.filter((profile) => kin.has(profile.to) || startsFrom(profile, [...kin]));
  if (here.length === 0) throw new ConfigError(`${site.file}: no vector ends or starts at ${own.join(" or ")}`);
  return { profiles: here, settings: settingsFor(site, here) };
}

/** Every vector that ends at a machine of these roles, from those hosts that have a responder: they send, and it listens. */
export function vectorsIn(
  site: Site,
  responders: Responders,
  own: readonly string[],
  roles: Roles,
  profiles: readonly Profile[],
): SiteVectors {
  const kin = new Set(own.flatMap((role) => kinOf(role, roles)));
  const sends = ({ host }: Host) => responders.has(host);
  const vectors = profiles
    .filter(({ to }) => kin.has(to))
    .map((profile): Vector => {
      const senders = [...site.hosts].filter(
        ([role]) => !own.includes(role) && startsFrom(profile, kinOf(role, roles)),
      );
      const named = senders.flatMap(([, hosts]) => hosts.filter(sends));
      return {
        profile: heard(profile),
        hosts: [...new Map(named.map((host) => [host.host, host])).values()],
        roles: [...new Set(senders.flatMap(([role]) => kinOf(role, roles)))],
        direction: "in",
      };
    })
    .filter(({ hosts }) => hosts.length > 0);
  const remarks =
    vectors.length > 0 ? [] : [`--reverse: no host with a responder starts a vector to ${own.join(" or ")}`];
  const settings = settingsFor(
    site,
    vectors.map(({ profile }) => profile),
  );
  return { vectors, remarks, settings };
}

function startsFrom({ from, rows }: Profile, kin: readonly string[]): boolean {
  return rows.some((row) => (row.from ?? [from]).some((role) => kin.includes(role)));
}

/** The hosts of the target's role and of every role that is one, this machine itself left out. */
function hostsFor({ to }: Profile, site: Site, own: readonly string[], roles: Roles): readonly Host[] {
  const hosts = [...site.hosts].flatMap(([role, named]) => {
    const itself = own.includes(role) && roles[role]?.single === true;
    return !itself && kinOf(role, roles).includes(to) ? named : [];
  });
  return [...new Map(hosts.map((host) => [host.host, host])).values()];
}

function withoutHost(all: readonly Vector[]): readonly string[] {
  return all
    .filter(({ hosts }) => hosts.length === 0)
    .map(({ profile }) => `${profile.id} is not asked: no host is named for ${profile.to}`);
}

function unreached(site: Site, own: readonly string[], vectors: readonly Vector[]): readonly string[] {
  const reached = new Set(vectors.flatMap(({ hosts }) => hosts.map(({ host }) => host)));
  return [...site.hosts].flatMap(([role, hosts]) => {
    const left = hosts.filter(({ host }) => !reached.has(host)).map(({ host }) => host);
    if (left.length === 0 || own.includes(role)) return [];
    return [`${left.join(", ")} (${role}): no vector from ${own.join(" or ")} goes there`];
  });
}

/** What the file sets for other machines is left out. */
function settingsFor(site: Site, profiles: readonly Profile[]): SettingWords {
  const variables = new Set(profiles.flatMap((profile) => Object.keys(profile.variables)));
  const switches = new Set([...profiles.flatMap((profile) => Object.keys(profile.switches)), MEDIA_PROBE]);
  return {
    set: (site.set ?? []).filter((word) => variables.has(word.split("=", 1)[0]!)),
    with: (site.with ?? []).filter((name) => switches.has(name)),
    without: (site.without ?? []).filter((name) => switches.has(name)),
  };
}
