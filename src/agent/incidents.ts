/**
 * What is wrong at present, cause by cause, and what of it has been told. An incident begins with the first row that
 * turned bad, and ends when the last of its rows passes; each change that somebody must hear of is one notice.
 */
import type { ResultEntry } from "../report/document.ts";
import { type Cause, causesOf, grouped, suffers } from "./alarm-causes.ts";
import type { AlarmRow, Turn } from "./alarm-rows.ts";

/** `alarm`: rows turned bad. `recovery`: rows pass again, all or some. `withdrawal`: nobody asks them any more. */
export const NOTICE_EVENTS = ["alarm", "recovery", "withdrawal"] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

export interface Notice {
  readonly event: NoticeEvent;
  readonly incident: IncidentHead;
  readonly atMs: number;
  /** The rows that this is about, each once. */
  readonly rows: readonly NoticeRow[];
  /** Rows of the incident that are still bad; none when it is over. */
  readonly stillBad: readonly AlarmRow[];
}

/** A row that a notice is about. */
export interface NoticeRow extends AlarmRow {
  /** When it turned bad; `sinceMs` is when its present outcome began. */
  readonly badSinceMs: number;
}

export interface IncidentHead {
  /** Unique among those that are open, and the same when the same trouble comes again: `host dc01.example.com`. */
  readonly id: string;
  readonly cause: Cause;
  readonly startedMs: number;
  /** `failing`: a row fails. `undecided`: it can only not be said any more that all is well. As it began. */
  readonly severity: "failing" | "undecided";
}

/** What is known of a run beside its turns. */
export interface RunSeen {
  readonly schedule: string;
  readonly atMs: number;
  readonly asked: readonly ResultEntry[];
}

interface Member {
  row: AlarmRow;
  readonly badSinceMs: number;
  /** False: it passes again, which has not been told yet. */
  bad: boolean;
}

interface Incident extends IncidentHead {
  cause: Cause;
  readonly members: Map<string, Member>;
  /** Nothing of it has passed yet, so that more of the same is no news. */
  intact: boolean;
}

export class Incidents {
  readonly #open = new Map<string, Incident>();
  readonly #of = new Map<string, Incident>();

  /** Those that are not over, with the rows that are bad. */
  open(): readonly { readonly head: IncidentHead; readonly rows: readonly AlarmRow[] }[] {
    return [...this.#open.values()].map((incident) => ({ head: headOf(incident), rows: badMembers(incident) }));
  }

  /** Takes in what a run turned, and gives what must be told of it. */
  note(turns: readonly Turn[], run: RunSeen): readonly Notice[] {
    const healing = new Set(turns.flatMap(({ row, to }) => (to === "good" ? this.#heal(row) : [])));
    const fresh = turns.flatMap(({ row, to }) => (to === "bad" && !this.#isKnown(row) ? [row] : []));
    const notices = causesOf(fresh, run.asked, this.#offenders()).map(({ cause, rows }) =>
      this.#add(cause, rows, run.atMs),
    );
    for (const incident of this.#open.values()) {
      const over = badMembers(incident).length === 0;
      // Rows seldom come back all in one run: what has recovered is told when no more of it did.
      const settled = !healing.has(incident) && isAskedBy(incident, run.schedule);
      if (over || settled) notices.push(...this.#tellHealed(incident, run.atMs));
    }
    return notices;
  }

  /**
   * Takes in rows that were bad before a restart: they have been told of, as rows that began in the same run.
   *
   * @param asked the last results of everything
   */
  adopt(rows: readonly AlarmRow[], asked: readonly ResultEntry[]): void {
    const batches = [...grouped(rows, ({ sinceMs }) => sinceMs)].sort(([a], [b]) => a - b);
    for (const [sinceMs, batch] of batches) {
      const fresh = batch.filter((row) => !this.#isKnown(row));
      for (const { cause, rows: own } of causesOf(fresh, asked, this.#offenders())) this.#add(cause, own, sinceMs);
    }
  }

  /** Forgets rows that nobody asks any more. */
  withdraw(isAsked: (key: string) => boolean, atMs: number): readonly Notice[] {
    return [...this.#open.values()].flatMap((incident): Notice[] => {
      const gone = [...incident.members].filter(([key]) => !isAsked(key));
      for (const [key] of gone) this.#forget(incident, key);
      if (gone.length === 0 || badMembers(incident).length > 0) return [];
      const healed = this.#tellHealed(incident, atMs);
      this.#open.delete(incident.id);
      if (healed.length > 0) return [...healed];
      return [{ event: "withdrawal", incident, atMs, rows: gone.map(([, member]) => noticeRow(member)), stillBad: [] }];
    });
  }

  #offenders(): readonly string[] {
    return [...this.#open.values()].flatMap(({ cause: { offender } }) => offender ?? []);
  }

  #heal(row: AlarmRow): readonly Incident[] {
    const incident = this.#of.get(row.key);
    const member = incident?.members.get(row.key);
    if (incident === undefined || member === undefined) return [];
    member.row = row;
    member.bad = false;
    incident.intact = false;
    return [incident];
  }

  /** Whether a row belongs to what has been told already: it is back before its recovery was, or is more of the same. */
  #isKnown(row: AlarmRow): boolean {
    const member = this.#of.get(row.key)?.members.get(row.key);
    if (member !== undefined) {
      member.row = row;
      member.bad = true;
      return true;
    }
    for (const incident of this.#open.values()) {
      if (!incident.intact || !isMoreOf(incident.cause, row)) continue;
      this.#join(incident, row);
      return true;
    }
    return false;
  }

  #add(cause: Cause, rows: readonly AlarmRow[], atMs: number): Notice {
    const id = idOf(cause, rows);
    const before = this.#open.get(id);
    const incident = before ?? begin(id, cause, rows);
    if (before !== undefined) incident.cause = merged(before.cause, cause);
    this.#open.set(id, incident);
    for (const row of rows) this.#join(incident, row);
    const fresh = rows.map((row) => ({ ...row, badSinceMs: row.sinceMs }));
    return { event: "alarm", incident: headOf(incident), atMs, rows: fresh, stillBad: badMembers(incident) };
  }

  #join(incident: Incident, row: AlarmRow): void {
    incident.members.set(row.key, { row, badSinceMs: row.sinceMs, bad: true });
    this.#of.set(row.key, incident);
  }

  #tellHealed(incident: Incident, atMs: number): readonly Notice[] {
    const healed = [...incident.members].filter(([, { bad }]) => !bad);
    if (healed.length === 0) return [];
    for (const [key] of healed) this.#forget(incident, key);
    const stillBad = badMembers(incident);
    if (stillBad.length === 0) this.#open.delete(incident.id);
    const rows = healed.map(([, member]) => noticeRow(member));
    return [{ event: "recovery", incident: headOf(incident), atMs, rows, stillBad }];
  }

  #forget(incident: Incident, key: string): void {
    incident.members.delete(key);
    this.#of.delete(key);
  }
}

function begin(id: string, cause: Cause, rows: readonly AlarmRow[]): Incident {
  const startedMs = firstMs(rows);
  const severity = rows.some(({ outcome }) => outcome === "fail") ? "failing" : "undecided";
  return { id, cause, startedMs, severity, members: new Map(), intact: true };
}

function firstMs(rows: readonly AlarmRow[]): number {
  return rows.reduce((first, { sinceMs }) => Math.min(first, sinceMs), Number.POSITIVE_INFINITY);
}

function headOf({ id, cause, startedMs, severity }: Incident): IncidentHead {
  return { id, cause, startedMs, severity };
}

function noticeRow({ row, badSinceMs }: Member): NoticeRow {
  return { ...row, badSinceMs };
}

function badMembers({ members }: Incident): readonly AlarmRow[] {
  return [...members.values()].flatMap(({ row, bad }) => (bad ? [row] : []));
}

function isAskedBy({ members }: Incident, schedule: string): boolean {
  for (const { row } of members.values()) if (row.schedule === schedule) return true;
  return false;
}

/** Several hosts that go together are an incident of their own each time, which begins with the first row. */
function idOf({ kind, hosts, address, offender, profile }: Cause, rows: readonly AlarmRow[]): string {
  const began = new Date(firstMs(rows)).toISOString();
  const where = { offender, hosts: `${hosts[0]} ${began}`, host: hosts[0], address: `${hosts[0]} ${address}` };
  if (kind === "vector") return `vector ${profile} ${hosts.length > 1 ? where.hosts : hosts[0]}`;
  return `${kind} ${where[kind]}`;
}

/** A row whose trouble the incident has told of for its whole host or address. */
function isMoreOf(cause: Cause, { result }: AlarmRow): boolean {
  if (cause.address !== undefined && result.address !== cause.address) return false;
  return cause.wholeHosts.includes(result.host) && suffers(result, cause.trouble);
}

function merged(before: Cause, now: Cause): Cause {
  const both = (one: readonly string[], other: readonly string[]) => [...new Set([...one, ...other])].sort();
  const wholeHosts = both(before.wholeHosts, now.wholeHosts);
  return { ...before, ...now, hosts: both(before.hosts, now.hosts), wholeHosts };
}
