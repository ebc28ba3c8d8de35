/** How long to wait for an answer, learned from those that came: like a retransmission timer (RFC 6298). */

/** No shorter, whatever the round-trip time: our own side may be busy with reading answers for so long. */
const SHORTEST_MS = 60;
const ROUND_TRIPS = 4;
/** RFC 6298 section 2: the share of a new sample. */
const GAIN = 1 / 8;
/** The kernel sends a SYN again after a second: a later answer may be to either. */
const RESEND_MS = 1_000;

export class ReplyTime {
  #smoothedMs: number | undefined;
  #isClear = false;

  /** An answer came so long after its question. */
  note(ms: number): void {
    const isClear = ms < RESEND_MS;
    // Answers to a question that the kernel repeated count only where there are no others (Karn's algorithm).
    if (this.#isClear && !isClear) return;
    if (this.#smoothedMs === undefined || isClear !== this.#isClear) this.#smoothedMs = ms;
    else this.#smoothedMs += (ms - this.#smoothedMs) * GAIN;
    this.#isClear = isClear;
  }

  /** Undefined before the first answer. */
  get timeoutMs(): number | undefined {
    return this.#smoothedMs === undefined ? undefined : Math.max(SHORTEST_MS, ROUND_TRIPS * this.#smoothedMs);
  }
}
