/** What a run showed, in the words of the expectations. */
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import type { Matrix } from "./expectations.ts";

/**
 * The cells of a run. Canaries are no rows. Of the leads to one port, one for each interface that lives there, every
 * differing cell is shown.
 */
export function seenMatrix(document: ReportDocument): Matrix {
  const cells = new Map<string, Set<string>>();
  for (const result of document.results.filter(({ canary }) => canary !== true)) {
    const key = keyOf(result);
    cells.set(key, new Set([...(cells.get(key) ?? []), cellOf(result)]));
  }
  return Object.fromEntries([...cells].map(([key, seen]) => [key, [...seen].join(" and ")]));
}

function keyOf({ address, check, via, transport, ports }: ResultEntry): string {
  return via === undefined ? `${address} ${check}` : `${address} ${via} > ${transport}/${ports}`;
}

function cellOf({ state, reason, serviceState, outcome, range }: ResultEntry): string {
  const { open, filtered, closed, openFiltered } = range?.ports ?? {};
  const ports = Object.entries({ open, closed, filtered, "open|filtered": openFiltered })
    .filter(([, listed]) => listed !== undefined)
    .map(([name, listed]) => `${name}=${listed}`);
  return [state, reason, serviceState, outcome, ...ports].map(String).join(" ");
}
