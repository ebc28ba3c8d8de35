/** What it means: verdicts per check and the report of a run. */
import type { Check, Plan } from "./check.ts";
import type { Icmp, Observation, PortGroup } from "./observation.ts";
import type { Reading } from "./prober.ts";
import type { LostWay, Outcome, Reason, ServiceState, State } from "./words.ts";

export interface Verdict {
  readonly state: State;
  readonly reason: Reason;
  readonly service: ServiceState;
  readonly offender?: Icmp;
  /** A `closed` that may be a firewall's reject, because the ICMP error queue could not be read (rule 3). */
  readonly doubted?: boolean;
  /** The far end held the port, and this did not come through: then `filtered` is proven. */
  readonly lost?: LostWay;
  /** Nothing arrived at the far end, and yet a connection stood or something came back. */
  readonly intercepted?: true;
}

/** What a sweep found, as groups of ports that were seen alike. */
export interface RangeSeen {
  readonly total: number;
  readonly tested: number;
  readonly groups: readonly PortGroup[];
  /** The statement of a sample, when not all ports were asked. */
  readonly confidence?: string;
}

/** One check after it ran (or did not), before the others are looked at. */
export interface CheckSeen {
  readonly check: Check;
  /** Absent: never sent, or interrupted. */
  readonly verdict?: Verdict;
  readonly reading?: Reading;
  readonly observations: readonly Observation[];
  readonly range?: RangeSeen;
  /** Our own address on the way there. */
  readonly source?: string;
  /** Transactions or connections begun. */
  readonly attempts: number;
  readonly errorQueue: boolean;
  readonly durationMs: number;
  /** The effective time-out. */
  readonly timeoutMs: number;
  readonly warnings: readonly string[];
  /** Why it was not sent, or `not-due`. */
  readonly skipped?: { readonly why: string; readonly deliberate: boolean; readonly notDue?: boolean };
}

export interface CheckResult extends CheckSeen {
  readonly outcome: Outcome;
  /** Whether it moves the exit code; for a member of an any-of group the group does. */
  readonly required: boolean;
  /** One sentence that a firewall owner accepts. */
  readonly detail: string;
}

/** A sentence about several results; changes no outcome. */
export interface Finding {
  /** The check that it is printed under. */
  readonly check: string;
  readonly host: string;
  readonly text: string;
}

export interface Tally {
  readonly pass: number;
  readonly fail: number;
  readonly inconclusive: number;
  readonly skipped: number;
  readonly error: number;
  readonly planned: number;
}

export const EXIT_CODES = { passed: 0, failed: 1, usage: 2, undecided: 3, interrupted: 130 } as const;
export type RunExitCode = 0 | 1 | 3 | 130;

export interface RunReport {
  readonly plan: Plan;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly source: { readonly host: string; readonly role?: string };
  readonly results: readonly CheckResult[];
  readonly findings: readonly Finding[];
  /** Required rows; an any-of group counts once. */
  readonly summary: Tally;
  /** Rows that move no exit code. */
  readonly optional: Tally;
  readonly exitCode: RunExitCode;
}
