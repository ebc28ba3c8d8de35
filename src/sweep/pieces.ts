/** What a sweep saw, put together of the pieces in which it was asked. */
import type { Icmp, SweepSeen } from "../model/observation.ts";

export class Pieces {
  readonly codes: Uint8Array;
  readonly offenderOf: Uint16Array;
  readonly hopLimitOf: Uint8Array;
  readonly confirmed: Uint8Array;
  /** Each stands once; they are numbered from 1. */
  readonly offenders: Icmp[] = [];
  readonly #numbers = new Map<string, number>();
  #errorQueue = true;
  #sent = 0;

  /** `length`: how many ports the whole sweep has. */
  constructor(length: number) {
    this.codes = new Uint8Array(length);
    this.offenderOf = new Uint16Array(length);
    this.hopLimitOf = new Uint8Array(length);
    this.confirmed = new Uint8Array(length);
  }

  /** Adds what was seen of the ports with these indexes, in their order; further ones of `seen` are left out. */
  add(seen: SweepSeen, indexes: readonly number[]): void {
    const numbers = seen.offenders.map((offender) => this.#numberOf(offender));
    for (const [nth, at] of indexes.entries()) {
      this.codes[at] = seen.codes[nth]!;
      this.confirmed[at] = seen.confirmed?.[nth] ?? 0;
      this.hopLimitOf[at] = seen.hopLimitOf?.[nth] ?? 0;
      const number = seen.offenderOf[nth]!;
      if (number > 0) this.offenderOf[at] = numbers[number - 1]!;
    }
    this.#errorQueue &&= seen.errorQueue;
    this.#sent += seen.sent;
  }

  /** All of it; what one piece could not see of ICMP errors, the whole did not. */
  whole(): SweepSeen & Required<Pick<SweepSeen, "hopLimitOf" | "confirmed">> {
    const { codes, offenderOf, hopLimitOf, confirmed, offenders } = this;
    return { codes, offenderOf, hopLimitOf, confirmed, offenders, errorQueue: this.#errorQueue, sent: this.#sent };
  }

  #numberOf({ type, code, from }: Icmp): number {
    const key = `${type}/${code}/${from}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.offenders.push({ type, code, from }));
    return this.offenders.length;
  }
}
