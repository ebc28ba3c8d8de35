/** The cells of a status document as a matrix: for each profile its rows, its targets, and the cells where they meet. */
import type { ProfileEntry, ResultEntry } from "../report/document.ts";
import type { StatusCell, StatusDocument } from "../report/status-document.ts";
import { type Target, targetKey, targetsOf } from "../report/targets.ts";

export interface Vector {
  readonly profile: ProfileEntry;
  readonly targets: readonly Target[];
  readonly rows: readonly Row[];
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

/** The vectors in the order of the document; one without a cell is left out. */
export function vectorsOf({ profiles, cells }: StatusDocument): readonly Vector[] {
  return profiles.flatMap((profile) => {
    const own = cells.filter(({ result }) => result.profile === profile.id && isShown(result));
    if (own.length === 0) return [];
    const targets = targetsOf(own.map(({ result }) => result));
    return [{ profile, targets, rows: rowsOf(own, targets) }];
  });
}

/** Canaries are shown where they say something: that the network accepts for the host. */
export function isShown({ canary, reason }: ResultEntry): boolean {
  return canary !== true || reason === "accept-unreliable";
}

function rowsOf(cells: readonly StatusCell[], targets: readonly Target[]): readonly Row[] {
  const places = new Map(targets.map((target, at) => [targetKey(target), at]));
  const rows = new Map<string, (StatusCell | undefined)[]>();
  for (const cell of cells) {
    const { check, direction, canary } = cell.result;
    // The ports of canaries are drawn anew in each run, their row is one.
    const id = canary === true ? "canary" : `${check} ${direction}`;
    const row = rows.get(id) ?? Array.from(targets, () => undefined);
    row[places.get(targetKey(cell.result))!] = cell;
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
