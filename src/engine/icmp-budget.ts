/**
 * How many ICMP errors one address may still send us. A Linux host, and each router, answers a burst of about six and
 * then one a second (RFC 1812 4.3.2.8; kernel defaults icmp_ratelimit and icmp_ratemask), until a sweep learns better.
 * Once that is spent, silence says nothing, so whatever stayed silent meanwhile is asked again. Only answers cost a
 * token; silence is free.
 */
import type { Icmp, IcmpAllowance } from "../model/observation.ts";

const BURST = 6;
export const ICMP_ERRORS_PER_S = 1;

/** The budget of one sender: a target or a router, whatever is asked through it. */
export class IcmpBudget {
  #tokens = BURST;
  #perS = ICMP_ERRORS_PER_S;
  #atMs: number;
  /** Until when the last time lasted that no error could come. */
  #emptyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** An ICMP error (or the refusal it became) came from this address. */
  note(nowMs: number, errors = 1): void {
    this.#refill(nowMs);
    this.#tokens = Math.max(0, this.#tokens - errors);
    this.#noteEmpty(nowMs);
  }

  /** Whether a silence that began at `sinceMs` or later may be a withheld error: the budget was spent at some time. */
  mayBeSpent(sinceMs: number): boolean {
    return this.#emptyUntilMs > sinceMs;
  }

  /** Milliseconds until one error can be sent again; 0 when it can now. */
  refillMs(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perS) * 1000);
  }

  /** What a sweep may count on, as data. */
  allowance(nowMs: number): IcmpAllowance {
    this.#refill(nowMs);
    return { tokens: Math.floor(this.#tokens), perS: this.#perS };
  }

  /** What a sweep has learned and left. */
  learn({ tokens, perS }: IcmpAllowance, nowMs: number): void {
    this.#atMs = nowMs;
    this.#tokens = Math.min(BURST, tokens);
    this.#perS = perS;
    this.#noteEmpty(nowMs);
  }

  #noteEmpty(nowMs: number): void {
    if (this.#tokens < 1) this.#emptyUntilMs = nowMs + ((1 - this.#tokens) / this.#perS) * 1000;
  }

  #refill(nowMs: number): void {
    this.#tokens = Math.min(BURST, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#perS);
    this.#atMs = nowMs;
  }
}

/** The budgets that what is asked of one target may spend: its own, and those of the routers that were heard about it. */
export class TargetBudgets {
  readonly #own: string;
  readonly #budgetOf: (address: string) => IcmpBudget;
  readonly #senders: Set<string>;
  readonly #sinceMs: number;

  /** `sinceMs`: when the run began whose silences are judged. */
  constructor(target: string, budgetOf: (address: string) => IcmpBudget, sinceMs: number) {
    this.#sinceMs = sinceMs;
    this.#own = target;
    this.#budgetOf = budgetOf;
    this.#senders = new Set([target]);
  }

  /** Everybody whose errors were heard about this target, itself first. */
  get senders(): readonly string[] {
    return [...this.#senders];
  }

  /** Errors came; from the target where nobody saw who sent them. */
  note(nowMs: number, offender: Icmp | undefined, errors = 1): void {
    const sender = offender?.from ?? this.#own;
    this.#senders.add(sender);
    this.#budgetOf(sender).note(nowMs, errors);
  }

  get mayBeSpent(): boolean {
    return this.#all().some((budget) => budget.mayBeSpent(this.#sinceMs));
  }

  refillMs(nowMs: number): number {
    return Math.max(...this.#all().map((budget) => budget.refillMs(nowMs)));
  }

  /** The least that any of them allows: nobody knows beforehand who will answer for a port. */
  allowance(nowMs: number): IcmpAllowance {
    const all = this.#all().map((budget) => budget.allowance(nowMs));
    return {
      tokens: Math.min(...all.map(({ tokens }) => tokens)),
      perS: Math.min(...all.map(({ perS }) => perS)),
    };
  }

  /** The target's own: routers have more to do than this sweep. */
  learn(allowance: IcmpAllowance, nowMs: number): void {
    this.#budgetOf(this.#own).learn(allowance, nowMs);
  }

  #all(): readonly IcmpBudget[] {
    return this.senders.map(this.#budgetOf);
  }
}
