/**
 * How many ICMP errors one address may still send us. A Linux host, and each router, answers a burst of about six and
 * then one a second (RFC 1812 4.3.2.8; kernel defaults icmp_ratelimit and icmp_ratemask). Once that is spent, silence
 * says nothing, so whatever stayed silent meanwhile is asked again. Only answers cost a token; silence is free.
 */
const BURST = 6;
export const ICMP_ERRORS_PER_S = 1;

export class IcmpBudget {
  #tokens = BURST;
  #atMs: number;
  #wasEmpty = false;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** An ICMP error (or the refusal it became) came from this address. */
  note(nowMs: number, errors = 1): void {
    this.#refill(nowMs);
    this.#tokens = Math.max(0, this.#tokens - errors);
    if (this.#tokens < 1) this.#wasEmpty = true;
  }

  /** Whether a silence that ends now may be a withheld error: the budget was spent at some time. */
  get mayBeSpent(): boolean {
    return this.#wasEmpty;
  }

  /** Milliseconds until one error can be sent again; 0 when it can now. */
  refillMs(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / ICMP_ERRORS_PER_S) * 1000);
  }

  /** What a sweep may count on, as data. */
  allowance(nowMs: number): { readonly tokens: number; readonly perS: number } {
    this.#refill(nowMs);
    return { tokens: Math.floor(this.#tokens), perS: ICMP_ERRORS_PER_S };
  }

  #refill(nowMs: number): void {
    this.#tokens = Math.min(BURST, this.#tokens + ((nowMs - this.#atMs) / 1000) * ICMP_ERRORS_PER_S);
    this.#atMs = nowMs;
  }
}
