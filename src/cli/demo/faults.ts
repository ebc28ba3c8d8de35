/** The faults that the demo is given, and what a run over it must show: these, and nothing else out of order. */

import type { Plan } from "../../model/check.ts";
import { portsOf } from "../../model/ports.ts";
import type { CheckResult } from "../../model/result.ts";
import type { Outcome, Reason } from "../../model/words.ts";
import { domainController } from "../../standin/domain-controller.ts";
import { silence, wrongProtocol } from "../../standin/faults.ts";
import type { Clock } from "../../standin/stand-in.ts";
import type { Door } from "./far-end.ts";

interface Fault {
  readonly what: string;
  /** What is behind the port instead of its service. */
  readonly door: Door;
  /** How a run must see it, failed. */
  readonly reason: Reason;
}

/** By check id. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  "ntp/udp/123": {
    what: "a UDP port that never answers",
    door: { transport: "udp", port: 123, standIn: silence("udp") },
    reason: "no-response",
  },
  "netbios-session/tcp/139": {
    what: "another protocol behind a port",
    door: { transport: "tcp", port: 139, standIn: wrongProtocol() },
    reason: "mismatch",
  },
  "ldap-over-ssl/tcp/636": {
    what: "a closed port",
    door: { transport: "tcp", port: 636 },
    reason: "conn-refused",
  },
};

/** Asked and silent on every healthy machine, so inconclusive. */
const NEVER_ANSWERED: ReadonlySet<string> = new Set(["netbios-datagram/udp/138"]);

/** A domain controller with the faults; what else the plan asks for is closed. */
export function faultyDoors(plan: Plan, clock: Clock): readonly Door[] {
  const doors = new Map<string, Door>();
  const put = (door: Door) => doors.set(`${door.transport}/${door.port}`, door);
  for (const { port, standIn } of domainController(clock)) put({ transport: standIn.transport, port, standIn });
  for (const { door } of Object.values(FAULTS)) put(door);
  for (const { transport, ports } of plan.checks.filter(({ purpose }) => purpose === "row")) {
    for (const port of portsOf(ports)) if (!doors.has(`${transport}/${port}`)) put({ transport, port });
  }
  return [...doors.values()];
}

/** What is not as it must be, one sentence each; none when exactly the faults were shown. */
export function surprisesIn(results: readonly CheckResult[]): readonly string[] {
  const missing = Object.keys(FAULTS).filter((id) => !results.some(({ check }) => check.id === id));
  const wrong = results
    .filter((result) => !isExpected(result))
    .map((result) => {
      const { outcome, reason = "any reason" } = expectedOf(result);
      return `${result.check.id}: ${outcome} (${reason}) was expected, seen was ${result.outcome} (${result.verdict?.reason ?? "not asked"})`;
    });
  return [...missing.map((id) => `${id}: was not asked`), ...wrong];
}

function isExpected(result: CheckResult): boolean {
  const { outcome, reason } = expectedOf(result);
  return result.outcome === outcome && (reason === undefined || result.verdict?.reason === reason);
}

function expectedOf({ check, range, errorQueue }: CheckResult): {
  readonly outcome: Outcome;
  readonly reason?: Reason;
} {
  const fault = FAULTS[check.id];
  if (fault !== undefined) return { outcome: "fail", reason: fault.reason };
  if (NEVER_ANSWERED.has(check.id)) return { outcome: "inconclusive", reason: "no-response" };
  // Ranges hold closed ports, and without the error queue nobody can tell them from a firewall's reject.
  if (range !== undefined && !errorQueue) return { outcome: "inconclusive" };
  return { outcome: "pass" };
}
