/**
 * One message for one cause: rows that turned bad in one run, put together by what they have in common. A cause is a
 * guess about what belongs together, and is worded as what was seen, never as an explanation.
 */
import type { ResultEntry } from "../report/document.ts";
import type { AlarmRow } from "./alarm-rows.ts";

/** Nothing comes back or the network rejects; the host refuses; it answers wrongly; our own side could not ask. */
export const TROUBLES = ["path", "refusal", "service", "own-side"] as const;
export type Trouble = (typeof TROUBLES)[number];

/**
 * `offender`: one sender of ICMP errors stands before several hosts. `hosts`: several whole hosts in the same run.
 * `host`, `address`: nearly all rows of it. `vector`: rows of one profile at one host, or at ten and more.
 */
export const CAUSE_KINDS = ["offender", "hosts", "host", "address", "vector"] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export interface Cause {
  readonly kind: CauseKind;
  /** Of a vector that of its first row. */
  readonly trouble: Trouble;
  /** In alphabetical order. */
  readonly hosts: readonly string[];
  /** Those of them that are bad as a whole, so that more of the same from there is no news. */
  readonly wholeHosts: readonly string[];
  readonly address?: string;
  readonly offender?: string;
  readonly profile?: string;
  /** Of whole hosts and addresses: how many rows were asked in this run, and how many had this trouble. */
  readonly asked?: number;
  readonly troubled?: number;
}

export interface CausedRows {
  readonly cause: Cause;
  readonly rows: readonly AlarmRow[];
}

/** A host counts as a whole when so many of its rows have the same trouble: one may be answered by a middle box. */
const WHOLE_SHARE = 0.8;

/** What a result suffers from, whatever its outcome. */
export function troubleOf({ state, range }: ResultEntry): Trouble {
  switch (state) {
    case "filtered":
    case "open|filtered":
      return "path";
    case "closed":
      return "refusal";
    case "unknown":
      return "own-side";
    case "mixed":
      return (range?.filtered ?? 0) + (range?.openFiltered ?? 0) > 0 ? "path" : "refusal";
    default:
      return "service";
  }
}

/**
 * Whether a result fits a trouble of its whole host. One that refuses everything refuses over UDP by ICMP errors, which
 * are rationed: what is silent there, with nothing of it open and nothing rejected by others, fits that too.
 */
export function suffers(result: ResultEntry, trouble: Trouble): boolean {
  if (troubleOf(result) === trouble) return true;
  const { transport, state, range } = result;
  if (trouble !== "refusal" || transport !== "udp") return false;
  return state === "open|filtered" || (state === "mixed" && range?.open === 0 && range.filtered === 0);
}

/**
 * Divides the rows that turned bad in a run. Every row is in one cause.
 *
 * @param asked all results of that run
 * @param known senders of ICMP errors that stand before several hosts already
 */
export function causesOf(
  rows: readonly AlarmRow[],
  asked: readonly ResultEntry[],
  known: readonly string[] = [],
): readonly CausedRows[] {
  const askedOf = grouped(asked.filter(counts), ({ host }) => host);
  const offenders = new Set([...known, ...offendersOf(rows)]);
  const piles = new Map<string, Pile>();
  const narrow: CausedRows[] = [];
  for (const [host, own] of grouped(rows, ({ result }) => result.host)) {
    const whole = wholeOf(own, askedOf.get(host) ?? []);
    const senders = own.map(({ result }) => result.offender?.address ?? "").filter((sender) => offenders.has(sender));
    const rest: AlarmRow[] = [];
    for (const row of own) {
      const sender = row.result.offender?.address ?? "";
      // The sender limits its ICMP errors: where the whole host is silent, the rows without one belong to it too.
      const offender = offenders.has(sender) ? sender : whole?.trouble === "path" ? senders[0] : undefined;
      if (offender === undefined) rest.push(row);
      else pileOf(piles, { kind: "offender", trouble: "path", offender }).add(host, [row], whole);
    }
    if (rest.length === 0) continue;
    if (whole === undefined) narrow.push(...narrower(host, rest, askedOf.get(host) ?? []));
    else pileOf(piles, { kind: "hosts", trouble: whole.trouble }).add(host, rest, whole);
  }
  return [...[...piles.values()].map((pile) => pile.caused()), ...withoutStorm(narrow)];
}

/** At so many hosts and more the rows of one vector that turned in one run are one cause: nobody reads a message for each. */
const STORM_HOSTS = 10;

function withoutStorm(narrow: readonly CausedRows[]): readonly CausedRows[] {
  const alike = grouped(narrow, ({ cause: { kind, profile, trouble } }) => `${kind} ${trouble} ${profile}`);
  return [...alike.values()].flatMap((same) => {
    const { cause } = same[0]!;
    if (cause.kind !== "vector" || same.length < STORM_HOSTS) return same;
    const hosts = same.map((one) => one.cause.hosts[0]!).sort();
    return [{ cause: { ...cause, hosts }, rows: same.flatMap(({ rows }) => rows) }];
  });
}

interface Whole {
  readonly trouble: Trouble;
  readonly asked: number;
  readonly troubled: number;
}

/** Rows of several hosts with one cause. */
class Pile {
  readonly #head: Pick<Cause, "kind" | "trouble" | "offender">;
  readonly #hosts = new Map<string, Whole | undefined>();
  readonly #rows: AlarmRow[] = [];

  constructor(head: Pick<Cause, "kind" | "trouble" | "offender">) {
    this.#head = head;
  }

  add(host: string, rows: readonly AlarmRow[], whole: Whole | undefined): void {
    for (const row of rows) this.#rows.push(row);
    this.#hosts.set(host, whole?.trouble === this.#head.trouble ? whole : undefined);
  }

  /** Several hosts that turned out to be one are called that; a host of which one row was asked is its vector. */
  caused(): CausedRows {
    const [hosts, rows] = [[...this.#hosts.keys()].sort(), this.#rows];
    const wholeHosts = hosts.filter((host) => this.#hosts.get(host) !== undefined);
    const cause = { ...this.#head, hosts, wholeHosts };
    if (cause.kind !== "hosts") return { cause, rows };
    const wholes = [...this.#hosts.values()];
    const asked = wholes.reduce((sum, whole) => sum + (whole?.asked ?? 0), 0);
    const troubled = wholes.reduce((sum, whole) => sum + (whole?.troubled ?? 0), 0);
    if (hosts.length > 1) return { cause: { ...cause, asked, troubled }, rows };
    if (asked > 1) return { cause: { ...cause, kind: "host", asked, troubled }, rows };
    return { cause: { ...cause, kind: "vector", wholeHosts: [], profile: rows[0]!.result.profile }, rows };
  }
}

function pileOf(piles: Map<string, Pile>, head: Pick<Cause, "kind" | "trouble" | "offender">): Pile {
  const key = `${head.kind} ${head.offender ?? head.trouble}`;
  const pile = piles.get(key) ?? new Pile(head);
  piles.set(key, pile);
  return pile;
}

/** Whether nearly all that was asked of a host or address has one trouble, some of the rows too; and which. */
function wholeOf(rows: readonly AlarmRow[], all: readonly ResultEntry[]): Whole | undefined {
  for (const trouble of new Set(rows.map(({ result }) => troubleOf(result)))) {
    // A port that passes because it is closed is no sign that the host does not refuse everything.
    const asked = all.filter(
      ({ outcome, state }) => !(trouble === "refusal" && outcome === "pass" && state === "closed"),
    );
    const troubled = asked.filter((result) => result.outcome !== "pass" && suffers(result, trouble)).length;
    if (troubled > 0 && troubled >= WHOLE_SHARE * asked.length) return { trouble, asked: asked.length, troubled };
  }
  return undefined;
}

/** Rows that show how a host is; one that must be blocked says nothing when it is silent. */
function counts({ required, group, canary, state, expect }: ResultEntry): boolean {
  return (required || group !== undefined) && canary !== true && state !== null && expect !== "blocked";
}

/** Senders of ICMP errors that stand before rows of several hosts, being none of them. */
function offendersOf(rows: readonly AlarmRow[]): ReadonlySet<string> {
  const foreign = rows.filter(({ result: { offender, address } }) => offender && offender.address !== address);
  const bySender = grouped(foreign, ({ result }) => result.offender!.address);
  return new Set([...bySender].flatMap(([sender, own]) => (hostsOf(own).length > 1 ? [sender] : [])));
}

/** A host that is not bad as a whole: an address of several that is, then vector by vector. */
function narrower(host: string, rows: readonly AlarmRow[], asked: readonly ResultEntry[]): readonly CausedRows[] {
  const addresses = grouped(asked, ({ address }) => address ?? "");
  const found: CausedRows[] = [];
  let rest = rows;
  if (addresses.size > 1) {
    for (const [address, own] of grouped(rows, ({ result }) => result.address ?? "")) {
      const whole = wholeOf(own, addresses.get(address) ?? []);
      if (whole === undefined || address === "") continue;
      found.push({ cause: { kind: "address", hosts: [host], wholeHosts: [host], address, ...whole }, rows: own });
      rest = rest.filter((row) => !own.includes(row));
    }
  }
  for (const [profile, own] of grouped(rest, ({ result }) => result.profile)) {
    const trouble = troubleOf(own[0]!.result);
    found.push({ cause: { kind: "vector", trouble, hosts: [host], wholeHosts: [], profile }, rows: own });
  }
  return found;
}

export function hostsOf(rows: readonly AlarmRow[]): readonly string[] {
  return [...new Set(rows.map(({ result }) => result.host))].sort();
}

/** The elements by their keys, both in the order in which they were met. */
export function grouped<T, Key>(all: readonly T[], keyOf: (one: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const sofar = groups.get(key);
    if (sofar === undefined) groups.set(key, [one]);
    else sofar.push(one);
  }
  return groups;
}
