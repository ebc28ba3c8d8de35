/**
 * Who sent the resets of single rows: where this machine can see the hop limit of an answer, one that differs from the
 * host's own is a warning on the row. It stays closed: a hop limit is evidence, never certainty.
 */
import type { PortGroup } from "../model/observation.ts";
import type { CheckSeen } from "../model/result.ts";
import { strangeResets } from "../verdict/hop-limits.ts";
import type { AddressContext } from "./context.ts";
import { withDeadline } from "./deadline.ts";

/** The answers came once already, so they will come soon. */
const REPLY_TIMEOUT_MS = 1_000;
const LONGEST_MS = 3_000;

/** What was seen, with that warning where it is due. Asks nothing where nothing was reset, or no hop limit can be seen. */
export async function withResetOrigin(
  all: readonly CheckSeen[],
  { parts: { sweeper, world }, signal }: AddressContext,
): Promise<readonly CheckSeen[]> {
  const resets = all.filter(isReset);
  const [first] = resets;
  if (first === undefined || sweeper.hopLimits === undefined || signal.aborted) return all;
  const { address, source } = first.check;
  const asked = {
    address: address!,
    ports: [...new Set([...resets.map(portOf), ...own(all)])],
    replyTimeoutMs: REPLY_TIMEOUT_MS,
    ...(source !== undefined && { source }),
  };
  const limits = await withDeadline(world, LONGEST_MS, signal, (over) => sweeper.hopLimits!(asked, over));
  const accepted = new Set(all.filter(isAccepted).map(portOf));
  const groups = [...limits].map(
    ([port, hopLimit]): PortGroup =>
      accepted.has(port)
        ? { state: "open", reason: "syn-ack", hopLimit, ports: [port] }
        : { state: "closed", reason: "conn-refused", hopLimit, ports: [port] },
  );
  const strange = strangeResets(groups, asked.address);
  if (strange === undefined) return all;
  const isStrange = (seen: CheckSeen) => isReset(seen) && strange.ports.includes(portOf(seen));
  return all.map((seen) => (isStrange(seen) ? { ...seen, warnings: [...seen.warnings, strange.text] } : seen));
}

/** Ports that show what the host's own answers bear: one that accepts, and the random ones that nobody lists. */
function own(all: readonly CheckSeen[]): readonly number[] {
  const accepts = all.filter(isAccepted).slice(0, 1).map(portOf);
  const canaries = all.filter(({ check }) => check.purpose === "canary");
  const refused = canaries
    .flatMap(({ range }) => range?.groups ?? [])
    .filter(({ reason }) => reason === "conn-refused");
  return [...accepts, ...refused.flatMap(({ ports }) => ports)];
}

function isReset({ check, verdict, range }: CheckSeen): boolean {
  return check.transport === "tcp" && range === undefined && isClosed(verdict);
}

/** Ports that a far end held are free again by now. */
function isClosed(verdict: CheckSeen["verdict"]): boolean {
  return verdict?.state === "closed" && verdict.reason === "conn-refused";
}

function isAccepted({ check, verdict, range }: CheckSeen): boolean {
  return (
    check.transport === "tcp" &&
    range === undefined &&
    verdict?.state === "open" &&
    verdict.reason !== "responder-receipt"
  );
}

function portOf({ check }: CheckSeen): number {
  return check.ports[0]!.first;
}
