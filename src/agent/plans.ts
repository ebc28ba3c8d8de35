/** What each schedule asks, and what a probe may ask: the vectors of the site, as plans. */
import type { Check, Plan } from "../model/check.ts";
import type { World } from "../model/prober.ts";
import { findProfile } from "../profile/catalogue.ts";
import { ConfigError } from "../profile/config-error.ts";
import { expandVectors, type Vector, type VectorOptions } from "../profile/expand.ts";
import type { Profile } from "../profile/format.ts";
import { parseHost } from "../profile/hosts.ts";
import { ownRoles, type SiteVectors, vectorsOf } from "../profile/site.ts";
import type { SiteWords } from "../profile/site-file.ts";
import type { AgentConfig, ScheduleConfig } from "./config.ts";

export interface AgentPlans {
  /** What this machine is, as reports say it. */
  readonly role: string;
  /** By the names of the schedules, in their order. */
  readonly ofSchedules: ReadonlyMap<string, Plan>;
  /** All that the schedules ask, each check once. */
  readonly whole: Plan;
  /** What is not asked, and why: a sentence each. */
  readonly remarks: readonly string[];
  /** One vector at one of its hosts; undefined where the site has no such pair. */
  ofProbe(target: string, module: string): Plan | undefined;
}

/** Plans everything. `given` are roles that count instead of the site's. Throws ConfigError. */
export function agentPlans(
  config: AgentConfig,
  given: readonly string[],
  { roles, profiles }: SiteWords,
  randomBytes: World["randomBytes"],
): AgentPlans {
  const own = ownRoles(given, config.site, roles);
  const vectorsIn = (some: readonly Profile[]) => vectorsOf(config.site, own, roles, some);
  const site = vectorsIn(profiles);
  const farEnds = (config.site.responders?.size ?? 0) > 0;
  const ofSchedules = new Map(
    config.schedules.map((schedule) => [
      schedule.name,
      planOf(schedule, { site, profiles, vectorsIn, randomBytes, farEnds }),
    ]),
  );
  return {
    role: own.join(", "),
    ofSchedules,
    whole: union([...ofSchedules.values()]),
    remarks: site.remarks,
    ofProbe(target, module) {
      const vector = vectorOf(site.vectors, target, module);
      if (vector === undefined) return undefined;
      return expandVectors([vector], { ...vectorsIn([vector.profile]).settings, randomBytes, farEnds });
    },
  };
}

interface Planning {
  /** Every vector that starts here. */
  readonly site: SiteVectors;
  readonly profiles: readonly Profile[];
  vectorsIn(some: readonly Profile[]): SiteVectors;
  readonly randomBytes: World["randomBytes"];
  /** Whether the site has a responder. */
  readonly farEnds: boolean;
}

function planOf({ name, profiles: wanted, only, skip, place }: ScheduleConfig, planning: Planning): Plan {
  try {
    const { site, vectorsIn } = planning;
    const asked = new Set(site.vectors.map(({ profile }) => profile.id));
    const missing = wanted?.find((id) => !asked.has(id));
    if (missing !== undefined) {
      throw new ConfigError(`${missing} is not asked from here`, `there is ${[...asked].join(", ")}`);
    }
    const own = wanted === undefined ? site : vectorsIn(planning.profiles.filter(({ id }) => wanted.includes(id)));
    const { randomBytes, farEnds } = planning;
    const options: VectorOptions = { ...own.settings, only, skip, randomBytes, farEnds };
    return expandVectors(own.vectors, options);
  } catch (error) {
    throw error instanceof ConfigError ? error.of(`the schedule ${name}`).at(place) : error;
  }
}

/** A check that one plan leaves out and another asks is asked; the canary of a host is one. */
function union(plans: readonly Plan[]): Plan {
  const profiles = new Map(plans.flatMap((plan) => plan.profiles).map((profile) => [profile.id, profile]));
  const checks = new Map<string, Check>();
  for (const check of plans.flatMap((plan) => plan.checks)) {
    const { host, purpose, row, id, direction } = check;
    const key = purpose === "canary" ? `canary ${host}` : [host, row.profile, id, direction].join(" ");
    const before = checks.get(key);
    if (before === undefined || (before.skip !== undefined && check.skip === undefined)) checks.set(key, check);
  }
  return { profiles: [...profiles.values()], checks: [...checks.values()] };
}

/** Never a name that the site does not say: who may ask for a probe gets no scanner. */
function vectorOf(vectors: readonly Vector[], target: string, module: string): Vector | undefined {
  try {
    const { id } = findProfile(
      vectors.map(({ profile }) => profile),
      module,
    );
    const { host } = parseHost(target);
    const vector = vectors.find(({ profile }) => profile.id === id);
    const hosts = vector?.hosts.filter((one) => one.host === host) ?? [];
    return vector === undefined || hosts.length === 0 ? undefined : { ...vector, hosts };
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
