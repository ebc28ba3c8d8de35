/** A notice in words: one line that says what happened where, and a line for each row. */
import { formatCount } from "../model/ports.ts";
import { safeText } from "../report/safe-text.ts";
import type { Cause, Trouble } from "./alarm-causes.ts";
import type { AlarmRow } from "./alarm-rows.ts";
import type { Notice } from "./incidents.ts";

/** So many hosts and services are named in a title. */
const NAMED_MAX = 5;

const TROUBLE_WORDS: Readonly<Record<Trouble, string>> = {
  path: "do not get through",
  refusal: "are refused",
  service: "are not answered as they should be",
  "own-side": "cannot be asked",
};

/** The titles of profiles by their ids. */
export type ProfileTitles = ReadonlyMap<string, string>;

/** The notice in one line. */
export function titleOf(notice: Notice, titles: ProfileTitles): string {
  return safeText(`${placeOf(notice.incident.cause, titles)}: ${newsOf(notice)}`);
}

/** A row in one line, with what was seen of it last. */
export function rowLine({ outcome, result }: AlarmRow): string {
  const { transport, ports, service, group, host, address, detail } = result;
  const what = group === undefined ? service : `any of ${group}`;
  const where = address === null || address === host ? host : `${host} ${address}`;
  return safeText(`${WORDS[outcome]}  ${transport}/${ports}  ${what}, ${where}: ${detail}`);
}

const WORDS = { pass: "PASS", fail: "FAIL", inconclusive: "????", error: "ERROR", skipped: "SKIP", planned: "PLAN" };

/** How long the rows of a recovery were bad: from the first that turned bad to the last that passed again. */
export function badForMs({ incident, rows }: Notice): number {
  return rows.reduce((longest, { sinceMs }) => Math.max(longest, sinceMs - incident.startedMs), 0);
}

/** `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function formatSpan(ms: number): string {
  const s = Math.round(ms / 1_000);
  if (s < 90) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 90) return `${min} min`;
  const [h, restMin] = [Math.floor(min / 60), min % 60];
  if (h < 36) return restMin === 0 ? `${h} h` : `${h} h ${restMin} min`;
  const hours = Math.round(min / 60);
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function placeOf({ kind, hosts, address, offender, profile }: Cause, titles: ProfileTitles): string {
  const [first = ""] = hosts;
  switch (kind) {
    case "offender":
      return `ICMP errors from ${offender} before ${severalOf(hosts)}`;
    case "hosts":
      return severalOf(hosts);
    case "host":
      return first;
    case "address":
      return `${first} at ${address}`;
    case "vector":
      return `${titles.get(profile ?? "") ?? profile}, ${hosts.length > 1 ? severalOf(hosts) : first}`;
  }
}

function severalOf(hosts: readonly string[]): string {
  return `${formatCount(hosts.length)} hosts (${someOf(hosts)})`;
}

function newsOf(notice: Notice): string {
  const { event, incident, rows, stillBad } = notice;
  const { cause, severity } = incident;
  if (event === "withdrawal") return `${countOf(rows.length)} no longer asked`;
  if (event === "recovery") {
    const after = `${countOf(rows.length)} ${rows.length === 1 ? "passes" : "pass"} again after ${formatSpan(badForMs(notice))}`;
    return stillBad.length === 0
      ? `recovered, ${after}`
      : `${after}, ${stillBad.length} not seen to pass yet: ${namesOf(stillBad)}`;
  }
  const more = stillBad.length > rows.length ? ` (${formatCount(stillBad.length)} in all)` : "";
  if (cause.kind === "vector") {
    return `${countOf(rows.length)} ${severity === "failing" ? "failing" : "undecided"}${more}: ${namesOf(rows)}`;
  }
  const share = cause.asked === undefined ? "" : ` ${formatCount(cause.troubled!)} of ${formatCount(cause.asked)} rows`;
  return `${share === "" ? countOf(rows.length) : share.trim()} ${TROUBLE_WORDS[cause.trouble]}${more}`;
}

function namesOf(rows: readonly AlarmRow[]): string {
  return someOf([...new Set(rows.map(({ result }) => `${result.service} ${result.transport}/${result.ports}`))]);
}

function someOf(names: readonly string[]): string {
  const left = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(", ") + (left > 0 ? ` and ${formatCount(left)} more` : "");
}

function countOf(count: number): string {
  return count === 1 ? "1 row" : `${formatCount(count)} rows`;
}
