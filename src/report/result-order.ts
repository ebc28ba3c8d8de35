/** The order of results: that of the plan, then that of addresses, whatever order they ended in. */
import type { Check, Plan } from "../model/check.ts";

interface Ordered {
  readonly check: Check;
}

/** Sorts results by plan position, then address; a lead follows the row that announced it, by transport and port. */
export function inPlanOrder<T extends Ordered>(results: readonly T[], plan: Plan): readonly T[] {
  const position = new Map<string, number>();
  for (const check of plan.checks) {
    const key = rowKey(check, check.id);
    if (!position.has(key)) position.set(key, position.size);
  }
  const positionOf = (check: Check) => position.get(rowKey(check, check.via ?? check.id)) ?? position.size;
  return [...results].sort(
    ({ check: a }, { check: b }) =>
      positionOf(a) - positionOf(b) ||
      compare(addressKey(a.address), addressKey(b.address)) ||
      Number(a.purpose === "lead") - Number(b.purpose === "lead") ||
      compare(a.transport, b.transport) ||
      (a.ports[0]?.first ?? 0) - (b.ports[0]?.first ?? 0) ||
      compare(a.id, b.id),
  );
}

function rowKey(check: Check, id: string): string {
  return `${check.row.profile} ${check.host} ${id}`;
}

/** IPv4 before IPv6, and 10.0.0.9 before 10.0.0.10. */
function addressKey(address = ""): string {
  if (address.includes(":")) return `6 ${address}`;
  return `4 ${address
    .split(".")
    .map((octet) => octet.padStart(3, "0"))
    .join(".")}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
