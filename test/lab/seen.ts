/** What a run showed, in the words of the expectations. */
import type { Offender, ReportDocument, ResultEntry } from "../../src/report/document.ts";
import type { Matrix } from "./expectations.ts";
import { type Lane, routerAddresses } from "./namespaces.ts";

/**
 * The cells of a run on a lane. Canaries are no rows. Of the leads to one port, one for each interface that lives there, every
 * differing cell is shown.
 */
export function seenMatrix(document: ReportDocument, lane: Lane): Matrix {
  const cells = new Map<string, Set<string>>();
  for (const result of document.results.filter(({ canary }) => canary !== true)) {
    const key = keyOf(result);
    cells.set(key, new Set([...(cells.get(key) ?? []), cellOf(result, lane)]));
  }
  return Object.fromEntries([...cells].map(([key, seen]) => [key, [...seen].join(" and ")]));
}

function keyOf({ address, check, via, transport, ports }: ResultEntry): string {
  return via === undefined ? `${address} ${check}` : `${address} ${via} > ${transport}/${ports}`;
}

function cellOf({ state, reason, serviceState, outcome, range, offender, address }: ResultEntry, lane: Lane): string {
  const { open, filtered, closed, openFiltered } = range?.ports ?? {};
  const ports = Object.entries({ open, closed, filtered, "open|filtered": openFiltered })
    .filter(([, listed]) => listed !== undefined)
    .map(([name, listed]) => `${name}=${listed}`);
  const byOf = (sender: Offender): string =>
    `by=${whoIs(sender.address, address, lane)}/${sender.icmpType}/${sender.icmpCode}`;
  const senders = range?.offenders?.map((sender) => `${byOf(sender)}=${sender.ports}`) ?? [];
  if (range === undefined && offender !== undefined) senders.push(byOf(offender));
  return [state, reason, serviceState, outcome, ...ports, ...senders].map(String).join(" ");
}

function whoIs(sender: string, target: string | null, lane: Lane): string {
  if (sender === target) return "target";
  return Object.values(routerAddresses(lane)).includes(sender) ? "router" : sender;
}
