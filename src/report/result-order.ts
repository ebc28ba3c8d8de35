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
  const ordered = results.map((result) => ({
    result,
    check: result.check,
    position: position.get(rowKey(result.check, result.check.via ?? result.check.id)) ?? position.size,
    address: addressKey(result.check.address),
  }));
  ordered.sort(
    (a, b) =>
      a.position - b.position ||
      compare(a.address, b.address) ||
      Number(a.check.purpose === "lead") - Number(b.check.purpose === "lead") ||
      compare(a.check.transport, b.check.transport) ||
      (a.check.ports[0]?.first ?? 0) - (b.check.ports[0]?.first ?? 0) ||
      compare(a.check.id, b.check.id),
  );
  return ordered.map(({ result }) => result);
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
