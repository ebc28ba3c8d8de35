/**
 * Profiles, hosts and flags become a plan: every row of every profile, once per port word and host. A row is never
 * dropped: one that is left out, or whose ports nobody knows, stays in the plan as a skipped check with the reason.
 * Nothing is resolved here and nothing is sent.
 */
import type { Check, Plan, PlannedProfile, Row, Skip, Tls } from "../model/check.ts";
import type { Evidence } from "../model/evidence.ts";
import { countPorts, type PortSpan } from "../model/ports.ts";
import { canaryCandidates, canaryFor } from "./canaries.ts";
import { ConfigError } from "./config-error.ts";
import type { Profile, ProfileRow, TlsWish } from "./format.ts";
import { type Host, parseAddress, parseHosts } from "./hosts.ts";
import { formatSpans, parsePorts, splitPortsWord, substitute, variablesIn } from "./ports.ts";
import { select, selectSourcePort, slugOf } from "./select.ts";
import { variableOf } from "./text.ts";
import { valuesFor } from "./values.ts";

/** What a run asks for besides its profiles; words are as the user typed them. */
export interface PlanOptions {
  /** Names or address literals, at least one. */
  readonly hosts: readonly string[];
  /** `name=value`, the value being ports without a transport, or text; the last one counts. */
  readonly set?: readonly string[];
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
  /** Chooses the canary ports. */
  randomBytes(length: number): Uint8Array;
}

/** A check that no host has been given yet. */
interface Draft extends Omit<Check, "host" | "address" | "source" | "tls"> {
  readonly sweeps: boolean;
  readonly tlsWish?: TlsWish;
}

/**
 * The plan of a run, in the order of hosts, profiles and rows, with each host's canaries after its rows. A profile
 * or host that is given twice counts once. Throws ConfigError.
 */
export function expandPlan(profiles: readonly Profile[], options: PlanOptions): Plan {
  const chosen = distinctProfiles(profiles);
  const hosts = parseHosts(options.hosts);
  const source = options.source === undefined ? undefined : parseSource(options.source);
  const values = valuesFor(chosen, options.set ?? []);
  const drafts = chosen.flatMap((profile) => draftProfile(profile, values.get(profile)!, options.expectPath === true));
  const settled = applyFlags(drafts, options);
  const candidates = canaryCandidates(settled);
  const checks = hosts.flatMap((host) => {
    const rows = settled.map((draft) => checkOf(draft, host, options.strictTls === true, source));
    if (candidates.length === 0) return rows;
    return [...rows, canaryFor(rows[0]!, candidates, (length) => options.randomBytes(length))];
  });
  return { profiles: chosen.map(plannedProfile), checks };
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

function draftProfile(profile: Profile, values: ReadonlyMap<string, string>, expectPath: boolean): readonly Draft[] {
  const drafts = profile.rows.flatMap((row) =>
    row.ports.map((word) => draftRow(profile, row, word, values, expectPath)),
  );
  const ids = new Set<string>();
  for (const { id } of drafts) {
    if (ids.has(id)) {
      throw new ConfigError(`${profile.file}: two rows are "${id}" with these values`, "set the variables apart");
    }
    ids.add(id);
  }
  return drafts;
}

function draftRow(
  profile: Profile,
  row: ProfileRow,
  word: string,
  values: ReadonlyMap<string, string>,
  expectPath: boolean,
): Draft {
  const written = splitPortsWord(word);
  const portsWord = substitute(written.ports, values);
  const missing = variablesIn(portsWord);
  const ports = missing.length > 0 ? [] : portsFor(row, portsWord, `${profile.file}:${row.at}: ${word}`);
  const portsText = missing.length > 0 ? portsWord : formatSpans(ports);
  const lowered = expectPath && (row.expect === "service" || row.expect === "accept");
  const expect = lowered ? "path" : row.expect;
  // What keeps such a row optional is that silence says nothing about its service; the path can be asked for all the same.
  const askedForPath = expectPath && expect === "path" && (row.media || row.silence === "inconclusive");
  const skip = skipOf(row, missing, expectPath);
  return {
    id: `${slugOf(row.service)}/${written.transport}/${portsText}`,
    row: checkRow(profile, row, row.required || askedForPath),
    sweeps: row.sweeps,
    ...(row.sourcePort !== undefined && { sourcePort: row.sourcePort }),
    ...(row.tls !== undefined && { tlsWish: row.tls }),
    transport: written.transport,
    ports,
    portsText,
    direction: "out",
    prober: row.prober,
    params: paramsFor(row.params, values),
    expect,
    silence: row.silence,
    purpose: "row",
    ...(skip !== undefined && { skip }),
  };
}

/** The parameters with their variables filled in; one whose variable has no value is left out. */
function paramsFor(params: Evidence, values: ReadonlyMap<string, string>): Evidence {
  const filled = Object.entries(params).flatMap(([name, value]) => {
    const variable = variableOf(value);
    const chosen = variable === undefined ? value : values.get(variable);
    return chosen === undefined ? [] : [[name, chosen] as const];
  });
  return Object.fromEntries(filled);
}

/** What a result says of the row that it comes from. */
function checkRow({ id, source }: Profile, row: ProfileRow, required: boolean): Row {
  const note = [row.condition, row.note].filter((text) => text !== undefined).join("; ");
  return {
    profile: id,
    service: row.service,
    required,
    ...(row.group !== undefined && { group: row.group }),
    ...(row.media && { media: true }),
    ...(note !== "" && { note }),
    ...(source !== undefined && row.line !== undefined && { seed: { document: source.document, line: row.line } }),
  };
}

/** The ports of a word whose variables are filled in. `where` names the word in an error. */
function portsFor(row: ProfileRow, portsWord: string, where: string): readonly PortSpan[] {
  try {
    const ports = parsePorts(portsWord);
    if (row.sweeps || countPorts(ports) === 1) return ports;
    throw new ConfigError(`${portsWord} is more than one port, and ${row.prober} asks one`, "set one port");
  } catch (error) {
    throw error instanceof ConfigError ? error.of(where) : error;
  }
}

function skipOf(row: ProfileRow, missing: readonly string[], expectPath: boolean): Skip | undefined {
  if (missing.length > 0) {
    return { why: `not tested: ports unknown, set ${[...new Set(missing)].join(" and ")}`, deliberate: false };
  }
  if (row.media && !expectPath) return { why: "could disturb a live call", deliberate: true };
  return undefined;
}

/** Leaves out what `only` and `skip` say, and gives source ports; the rows stay. */
function applyFlags(drafts: readonly Draft[], options: PlanOptions): readonly Draft[] {
  const only = options.only?.map((word) => select(drafts, word, "--only")) ?? [];
  const skip = options.skip?.map((word) => select(drafts, word, "--skip")) ?? [];
  const sourcePorts = options.sourcePorts?.map((word) => selectSourcePort(drafts, word)) ?? [];
  return drafts.map((draft) => {
    const sourcePort = sourcePorts.findLast(({ rows }) => rows.has(draft))?.port;
    const skipped = skip.some((rows) => rows.has(draft));
    const leftOut = only.length > 0 && !only.some((rows) => rows.has(draft));
    const flag = skipped ? "--skip" : "--only";
    return {
      ...draft,
      ...(sourcePort !== undefined && { sourcePort }),
      ...((skipped || leftOut) && { skip: { why: `left out by ${flag}`, deliberate: true } }),
    };
  });
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

function plannedProfile({ id, title, from, to, caution }: Profile): PlannedProfile {
  return { id, title, from, to, ...(caution !== undefined && { caution }) };
}
