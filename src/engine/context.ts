/** What all parts of one run share. */
import type { Check } from "../model/check.ts";
import type { Parts } from "../model/parts.ts";
import type { CheckSeen } from "../model/result.ts";
import type { SampleWanted } from "../model/sample.ts";
import type { Facts } from "./facts.ts";
import type { IcmpBudget, TargetBudgets } from "./icmp-budget.ts";
import type { Limits } from "./limits.ts";
import type { Proven } from "./proven.ts";
import type { SecretTurns } from "./secret-turns.ts";

export interface RunOptions {
  /** The most checks at once, over all hosts. */
  readonly concurrency: number;
  /** New flows a second that a sweep may open. */
  readonly ratePerS: number;
  /** An address whose row another address of the host passed is not required. */
  readonly anyAddress: boolean;
  /** Rows that say `required: false` are required too. */
  readonly strict: boolean;
  /** Ask although the prober's manners say it is too early. */
  readonly force: boolean;
  /** Somebody keeps earlier results: a check that it is too early for moves nothing. */
  readonly keepsEarlier?: true;
  /** Replaces every prober's own give-up time. */
  readonly timeoutMs?: number;
  /** Replaces the number of sends of a UDP transaction and of asks of a range's port. */
  readonly attempts?: number;
  /** How many ports of a longer range are asked; without it long ranges are sampled, and short ones asked in full. */
  readonly sample?: SampleWanted;
  /** Sends streams to ports of media rows that a far end proved. */
  readonly media?: boolean;
  /** Only addresses of this family. */
  readonly family?: 4 | 6;
}

export interface RunContext {
  readonly parts: Parts;
  readonly options: RunOptions;
  readonly limits: Limits;
  readonly secrets: SecretTurns;
  readonly signal: AbortSignal;
  /** When the run began, by the monotonic clock. */
  readonly startedMs: number;
  /** The most sweeps that may go on at the same time. */
  readonly sweepsAtOnce: number;
  /** The one budget of an address, under however many names it is asked, and of a router, whatever lies behind it. */
  readonly budgetOf: (address: string) => IcmpBudget;
  /** A check ended; it has no outcome yet. */
  readonly onSeen: (seen: CheckSeen) => void;
  /** A range is being swept; it ends with its `onSeen`. */
  readonly onSweep: (progress: SweepProgress) => void;
}

/** How far the sweep of a range is. */
export interface SweepProgress {
  readonly check: Check;
  readonly portsDone: number;
  /** As many as are asked, of a sample at least. */
  readonly portsTotal: number;
  /** How long it will still take, where that can be told. */
  readonly remainingMs?: number;
}

/** What the checks of one target address share. */
export interface AddressContext extends RunContext {
  readonly facts: Facts;
  readonly budget: TargetBudgets;
  /** Our own address on the way there. */
  readonly route?: string;
  /** What the far end there proved, by check. */
  readonly proven: ReadonlyMap<Check, Proven>;
}
