/**
 * The share of ports that answer with an ICMP error, learned from those asked last, and when its fall is to be doubted:
 * many silent ports in a row are many at once that cost nothing, or our own haste.
 */

/** The weight of the last port, and how low the share may fall. */
const GAIN = 1 / 8;
const SHARE_MIN = 1 / 128;
const CAUTION = 3;
/** Where so many ports answered, each silent one is doubted. */
const MOSTLY = 0.8;
/** So many silent ports in a row are doubted, then twice as many each time. */
const FIRST_CHECK = 4;

export class ErrorShare {
  #share = 1;
  #silentRun = 0;
  #nextCheck = FIRST_CHECK;

  /** A port answered: with an error, or otherwise. */
  answered(isError: boolean): void {
    this.#share += (Number(isError) - this.#share) * GAIN;
    this.#silentRun = 0;
    this.#nextCheck = FIRST_CHECK;
  }

  silent(): void {
    this.#share = Math.max(SHARE_MIN, this.#share * (1 - GAIN));
    this.#silentRun++;
  }

  /** Each port may cost an error, as far as is known. */
  forget(): void {
    this.#share = 1;
    this.#silentRun = 0;
    this.#nextCheck = FIRST_CHECK;
  }

  /** The errors that so many asks may cost: a whole one at least, and chance may bring several times what is expected. */
  errorsOf(asks: number): number {
    return Math.max(1, asks * Math.min(1, this.#share * CAUTION));
  }

  get value(): number {
    return this.#share;
  }

  get isHigh(): boolean {
    return this.#share > MOSTLY;
  }

  /** How many ports were silent since the last answer. */
  get silentRun(): number {
    return this.#silentRun;
  }

  /** Whether the silence since the last answer is to be doubted; once for each length of it. */
  takeCheck(): boolean {
    if (this.#silentRun < this.#nextCheck) return false;
    this.#nextCheck *= 2;
    return true;
  }
}
