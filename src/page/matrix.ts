/** The cells of a status document as a matrix: for each profile its rows, its targets, and the cells where they meet. */
import type { ProfileEntry, ResultEntry } from "../report/document.ts";
import type { StatusCell, StatusDocument } from "../report/status-document.ts";
import { type Target, targetKey, targetsOf } from "../report/targets.ts";
import { isBad } from "./words.ts";

export interface Vector {
  readonly profile: ProfileEntry;
  /** At most TARGETS_SHOWN, in the order of the document. */
  readonly targets: readonly Target[];
  /** Targets that are left out, because nobody could read so many columns. */
  readonly leftOut: number;
  readonly rows: readonly Row[];
  /** Of all targets. */
  readonly cells: readonly StatusCell[];
}

export interface Row {
  /** Unique in its vector. */
  readonly id: string;
  /** What all its cells share: service, transport, ports. */
  readonly asked: ResultEntry;
  /** One for each target; undefined where the row has none. */
  readonly cells: readonly (StatusCell | undefined)[];
  /** None of its cells was asked: it is folded away. */
  readonly notAsked: boolean;
}

/** More columns are not drawn; what does not pass goes first. */
export const TARGETS_SHOWN = 32;

/** The vectors in the order of the document, of one host or of all (`""`); one without a cell is left out. */
export function vectorsOf({ profiles, cells }: StatusDocument, host: string): readonly Vector[] {
  const byProfile = new Map<string, StatusCell[]>(profiles.map(({ id }) => [id, []]));
  for (const cell of cells) {
    if (isShown(cell.result) && (host === "" || cell.result.host === host)) {
      byProfile.get(cell.result.profile)?.push(cell);
    }
  }
  return profiles.flatMap((profile) => {
    const own = byProfile.get(profile.id)!;
    if (own.length === 0) return [];
    const all = targetsOf(own.map(({ result }) => result));
    const targets = mostUrgent(all, own);
    return [{ profile, targets, leftOut: all.length - targets.length, rows: rowsOf(own, targets), cells: own }];
  });
}

/** Canaries are shown where they say something: that the network accepts for the host. */
export function isShown({ canary, reason }: ResultEntry): boolean {
  return canary !== true || reason === "accept-unreliable";
}

/** Whether nothing was sent: a plan says what would be. */
export function isPlan({ runs }: StatusDocument): boolean {
  return runs.some(({ summary }) => summary.estimate !== undefined);
}

function mostUrgent(targets: readonly Target[], cells: readonly StatusCell[]): readonly Target[] {
  if (targets.length <= TARGETS_SHOWN) return targets;
  const bad = new Set(cells.filter(({ outcome }) => isBad(outcome)).map(({ result }) => targetKey(result)));
  const isUrgent = (target: Target): boolean => bad.has(targetKey(target));
  const first = [...targets.filter(isUrgent), ...targets.filter((target) => !isUrgent(target))];
  const chosen = new Set(first.slice(0, TARGETS_SHOWN));
  return targets.filter((target) => chosen.has(target));
}

function rowsOf(cells: readonly StatusCell[], targets: readonly Target[]): readonly Row[] {
  const places = new Map(targets.map((target, at) => [targetKey(target), at]));
  const rows = new Map<string, (StatusCell | undefined)[]>();
  for (const cell of cells) {
    const place = places.get(targetKey(cell.result));
    if (place === undefined) continue;
    const { check, direction, canary } = cell.result;
    // The ports of canaries are drawn anew in each run, their row is one.
    const id = canary === true ? "canary" : `${check} ${direction}`;
    const row = rows.get(id) ?? Array.from(targets, () => undefined);
    row[place] = cell;
    rows.set(id, row);
  }
  return [...rows].map(([id, row]) => {
    const present = row.filter((cell) => cell !== undefined);
    return {
      id,
      asked: present[0]!.result,
      cells: row,
      notAsked: present.every(({ outcome }) => outcome === "skipped"),
    };
  });
}
