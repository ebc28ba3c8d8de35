/** What all questions to one far end share: how many new ones a second there may be, and how many without a reply yet. */
import { paceOf } from "../sweep/flows.ts";
import type { Pace } from "../sweep/pace.ts";
import { Window } from "../sweep/window.ts";

export class Line {
  readonly #window = new Window();
  readonly #pace: Pace;
  #underWay = 0;

  constructor(perSecond: number, nowMs: number) {
    this.#pace = paceOf(perSecond, nowMs);
  }

  /** Whether one more may be sent now. */
  hasRoom(nowMs: number): boolean {
    return this.#underWay < this.#window.size && this.#pace.waitMs(nowMs) === 0;
  }

  sent(nowMs: number): void {
    this.#underWay++;
    this.#pace.take(nowMs);
  }

  /** A reply came, so long after its request. */
  answered(ms: number): void {
    this.#underWay--;
    this.#window.answered(ms);
  }

  /** A request is waited for no longer. */
  silent(): void {
    this.#underWay--;
    this.#window.silent();
  }

  /** It did not leave, or nobody waits for its reply any more. */
  forget(requests: number): void {
    this.#underWay -= requests;
  }
}
