/**
 * What runs that go on at the same time, or one after the other, share: together they are as polite to a host as one
 * run is by itself.
 */
import type { LimitFunction } from "p-limit";
import type { Plan } from "../model/check.ts";
import { countPorts } from "../model/ports.ts";
import { IcmpBudget } from "./icmp-budget.ts";
import { Limits } from "./limits.ts";

export class Politeness {
  readonly limits: Limits;
  /** Whose turn it is with a secret, by its name. */
  readonly secretLines = new Map<string, LimitFunction>();
  readonly #budgets = new Map<string, IcmpBudget>();
  #sweepsAtOnce: number;

  /** `plans`: those whose runs may go on at the same time. */
  constructor(plans: readonly Plan[], concurrency: number) {
    this.limits = new Limits(concurrency);
    this.#sweepsAtOnce = sweepsAtOnce(plans, concurrency);
  }

  /** Other plans from now on, while runs of the ones before may still go on. */
  change(plans: readonly Plan[], concurrency: number): void {
    this.limits.concurrency = concurrency;
    this.#sweepsAtOnce = sweepsAtOnce(plans, concurrency);
  }

  /** The most sweeps that may go on at the same time. */
  get sweepsAtOnce(): number {
    return this.#sweepsAtOnce;
  }

  /** The one budget of an address, under however many names it is asked, and of a router, whatever lies behind it. */
  budgetOf(address: string, nowMs: number): IcmpBudget {
    const budget = this.#budgets.get(address) ?? new IcmpBudget(nowMs);
    this.#budgets.set(address, budget);
    return budget;
  }
}

/** A name may have an address of each family, and an address is swept over each transport, one range at a time. */
function sweepsAtOnce(plans: readonly Plan[], concurrency: number): number {
  const checks = plans.flatMap((plan) => plan.checks);
  const ranges = checks.filter(({ ports, skip, sameAs }) => !skip && !sameAs && countPorts(ports) > 1);
  const queues = new Set(ranges.map(({ host, transport }) => `${transport} ${host}`));
  return Math.max(1, Math.min(concurrency, 2 * queues.size));
}
