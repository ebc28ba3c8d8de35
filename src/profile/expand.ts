/**
 * Profiles, hosts and flags become a plan: every row of every profile, once per port word and host. A row is never
 * dropped: one that is left out, or whose ports nobody knows, stays in the plan as a skipped check with the reason.
 * Nothing is resolved here and nothing is sent.
 */
import type { Check, Plan, PlannedProfile, Skip, Tls } from "../model/check.ts";
import type { Direction } from "../model/words.ts";
import { canaryCandidates, canaryFor } from "./canaries.ts";
import type { Settings } from "./conditions.ts";
import { ConfigError } from "./config-error.ts";
import { type Draft, draftRow, HELD_BACK } from "./draft.ts";
import type { Profile, ProfileRow, TlsWish } from "./format.ts";
import { type Host, parseAddress, parseHosts, withAddresses } from "./hosts.ts";
import { mirrored } from "./reverse.ts";
import { select, selectSourcePort } from "./select.ts";
import { withTwins } from "./twins.ts";
import { settingsFor } from "./values.ts";
import { warningsOf } from "./warnings.ts";

/** What a run asks for besides its profiles and hosts; words are as the user typed them. */
export interface VectorOptions {
  /** `name=value`, the value being ports without a transport, or text; the last one counts. */
  readonly set?: readonly string[];
  /** Switches that are on, and switches that are off. */
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  /** Our own address, a literal. */
  readonly source?: string;
  /** Every row that speaks TLS is strict about it, as if it said so. */
  readonly strictTls?: boolean;
  /** Rows that expect a service or an accept only ask whether the network lets them through. */
  readonly expectPath?: boolean;
  /** Services, `tcp/389`, or ids of checks: only these rows are asked. */
  readonly only?: readonly string[];
  /** The same words: these rows are left out, also when `only` picks them. */
  readonly skip?: readonly string[];
  /** `udp/137=137`: asked from that source port. */
  readonly sourcePorts?: readonly string[];
  /** Far ends are named, which may prove rows that are held back. */
  readonly farEnds?: boolean;
  /** Chooses the canary ports. */
  randomBytes(length: number): Uint8Array;
}

export interface PlanOptions extends VectorOptions {
  /** Names or address literals, at least one. */
  readonly hosts: readonly string[];
  /** `dc01=10.0.0.2`, or the address alone where there is one host: a further address of the target. */
  readonly ownAddresses?: readonly string[];
  /** Hosts of which every profile is asked the other way too: the far end there sends to the ports of its rows, here. */
  readonly reverse?: { has(host: string): boolean };
}

/** A profile and the hosts that it is asked of. */
export interface Vector {
  readonly profile: Profile;
  readonly hosts: readonly Host[];
  /** What this machine is; rows that start from another role are skipped. Absent: all are asked. */
  readonly roles?: readonly string[];
  /** `in`: the hosts send, and this machine listens. */
  readonly direction?: Direction;
}

/**
 * The plan of a run in which every profile is asked of every host. A profile or host that is given twice counts once.
 * Throws ConfigError.
 */
export function expandPlan(profiles: readonly Profile[], options: PlanOptions): Plan {
  const hosts = withAddresses(parseHosts(options.hosts), options.ownAddresses ?? []);
  const distinct = distinctProfiles(profiles);
  const out = distinct.map((profile): Vector => ({ profile, hosts }));
  const sending = hosts.filter(({ host }) => options.reverse?.has(host) === true);
  const back = distinct.map((profile): Vector => ({ profile: mirrored(profile), hosts: sending, direction: "in" }));
  return expandVectors(sending.length > 0 ? [...out, ...back] : out, options);
}

/**
 * The plan of a run, in the order of hosts, vectors and rows, with each host's canaries after its rows. Throws
 * ConfigError.
 */
export function expandVectors(vectors: readonly Vector[], options: VectorOptions): Plan {
  const source = options.source === undefined ? undefined : parseSource(options.source);
  const settings = settingsFor(
    vectors.map(({ profile }) => profile),
    options,
  );
  const drafts = new Map(
    vectors.map((vector) => [vector, draftVector(vector, settings.get(vector.profile)!, options.expectPath === true)]),
  );
  const settled = applyFlags([...drafts.values()].flat(), options);
  const hosts = new Map(vectors.flatMap((vector) => vector.hosts).map((host) => [host.host, host]));
  const candidatesOf = rememberedCandidates(vectors);
  const checks = [...hosts.values()].flatMap((host) => {
    const own = vectors.filter((vector) => vector.hosts.some((one) => one.host === host.host));
    const rows = own.flatMap((vector) => drafts.get(vector)!.map((draft) => settled.get(draft)!));
    const asked = withTwins(rows.map((draft) => checkOf(draft, host, options.strictTls === true, source)));
    const out = asked.filter(({ direction }) => direction === "out");
    const candidates = candidatesOf(own, out);
    if (candidates.length === 0) return asked;
    return [...asked, canaryFor(out[0]!, candidates, (length) => options.randomBytes(length))];
  });
  return { profiles: vectors.map(({ profile }) => plannedProfile(profile)), checks };
}

/** Hosts of the same vectors have the same rows: what their canaries are drawn from is found once. */
function rememberedCandidates(vectors: readonly Vector[]) {
  const known = new Map<string, readonly number[]>();
  return (own: readonly Vector[], asked: readonly Check[]): readonly number[] => {
    const key = own.map((vector) => vectors.indexOf(vector)).join(" ");
    const candidates = known.get(key) ?? canaryCandidates(asked);
    known.set(key, candidates);
    return candidates;
  };
}

function distinctProfiles(profiles: readonly Profile[]): readonly Profile[] {
  const byId = new Map<string, Profile>();
  for (const profile of profiles) {
    const other = byId.get(profile.id);
    if (other !== undefined && other.file !== profile.file) {
      throw new ConfigError(`${profile.file} and ${other.file} have the same id "${profile.id}"`);
    }
    byId.set(profile.id, profile);
  }
  return [...byId.values()];
}

function parseSource(word: string): string {
  const address = parseAddress(word);
  if (address !== undefined) return address;
  throw new ConfigError(`--source ${word} is not an address`, "give an address of this machine, for instance 10.0.0.1");
}

function draftVector(
  { profile, roles, direction = "out" }: Vector,
  settings: Settings,
  expectPath: boolean,
): readonly Draft[] {
  const context = { profile, settings, expectPath, direction, warnings: warningsOf(profile, settings.values) };
  const drafts = profile.rows.flatMap((row) => {
    const foreign = roles === undefined ? undefined : skipForeign(profile, row, roles);
    return row.ports.map((word) => {
      const draft = draftRow(row, word, context);
      return foreign === undefined ? draft : { ...draft, skip: foreign };
    });
  });
  const ids = new Set<string>();
  for (const { id } of drafts) {
    if (ids.has(id)) {
      throw new ConfigError(`${profile.file}: two rows are "${id}" with these values`, "set the variables apart");
    }
    ids.add(id);
  }
  return drafts;
}

/** A row that another machine asks. */
function skipForeign({ from }: Profile, row: ProfileRow, roles: readonly string[]): Skip | undefined {
  const sources = row.from ?? [from];
  if (sources.some((role) => roles.includes(role))) return undefined;
  return { why: `starts from ${sources.join(" or ")}`, deliberate: true };
}

/** Each draft, with what `only` and `skip` say left out, and with its source port; the rows stay. */
function applyFlags(drafts: readonly Draft[], options: VectorOptions): ReadonlyMap<Draft, Draft> {
  const only = options.only?.map((word) => select(drafts, word, "--only")) ?? [];
  const skip = options.skip?.map((word) => select(drafts, word, "--skip")) ?? [];
  const sourcePorts = options.sourcePorts?.map((word) => selectSourcePort(drafts, word)) ?? [];
  const settle = (draft: Draft): Draft => {
    const sourcePort = sourcePorts.findLast(({ rows }) => rows.has(draft))?.port;
    const skipped = skip.some((rows) => rows.has(draft));
    const leftOut = only.length > 0 && !only.some((rows) => rows.has(draft));
    const flag = skipped ? "--skip" : "--only";
    return {
      ...draft,
      ...(sourcePort !== undefined && { sourcePort }),
      ...((skipped || leftOut) && { skip: { why: `left out by ${flag}`, deliberate: true } }),
    };
  };
  const settled = new Map(drafts.map((draft) => [draft, settle(draft)]));
  const flagged = only.length > 0 || skip.length > 0;
  const heldBack = (skip: Skip | undefined) => skip === HELD_BACK && options.farEnds !== true;
  if (flagged && [...settled.values()].every(({ skip }) => skip?.deliberate === true || heldBack(skip))) {
    throw new ConfigError("--only and --skip leave no row to ask");
  }
  return settled;
}

function checkOf(
  { sweeps: _sweeps, tlsWish, ...draft }: Draft,
  host: Host,
  strictTls: boolean,
  source?: string,
): Check {
  return {
    ...draft,
    ...host,
    ...(source !== undefined && { source }),
    ...(tlsWish !== undefined && { tls: tlsFor(tlsWish, host.host, strictTls) }),
  };
}

/** The certificate is held against the host's name, which in DNS may end in a dot and in a certificate never does. */
function tlsFor({ serverName, strict, ...wish }: TlsWish, host: string, strictTls: boolean): Tls {
  return { ...wish, strict: strict || strictTls, serverName: serverName ?? host.replace(/\.$/, "") };
}

function plannedProfile({ id, title, from, to, caution, symmetric }: Profile): PlannedProfile {
  const advice = [...(caution === undefined ? [] : [caution]), ...(symmetric ? [BOTH_ENDS] : [])].join(" ");
  return { id, title, from, to, ...(advice !== "" && { caution: advice }) };
}

const BOTH_ENDS = "Run it from both ends: each must reach the other.";
