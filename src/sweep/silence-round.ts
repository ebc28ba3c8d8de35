/**
 * Silent ports asked in one go, and right after them the controls: ports that are known to be refused, one for each
 * sender and kind of ICMP error. When each control is refused again, an error was left for every silent port too.
 */
export class SilenceRound {
  readonly suspects: readonly number[];
  readonly hasControls: boolean;
  /** What is still to be sent, the controls last. */
  readonly #toSend: number[];
  /** Controls that have not answered yet. */
  readonly #due: Set<number>;
  #sentMs: number | undefined;
  #errors = 0;

  constructor(suspects: readonly number[], controls: ReadonlySet<number>) {
    this.suspects = suspects;
    this.hasControls = controls.size > 0;
    this.#toSend = [...suspects, ...controls].reverse();
    this.#due = new Set(controls);
  }

  /** The port to be asked next; undefined when all were. */
  next(nowMs: number): number | undefined {
    const at = this.#toSend.pop();
    if (at !== undefined && this.#toSend.length === 0) this.#sentMs = nowMs;
    return at;
  }

  heard(at: number, isError: boolean): void {
    if (!this.#due.delete(at) && isError) this.#errors++;
  }

  /** Whether each port was waited for so long. `open`: how many of the suspects have not answered. */
  isOver(open: number, nowMs: number, timeoutMs: number): boolean {
    if (this.#sentMs === undefined) return false;
    return (open === 0 && this.#due.size === 0) || nowMs >= this.#sentMs + timeoutMs;
  }

  /** How long it still waits for answers; 0 while there is something to send. */
  waitMs(nowMs: number, timeoutMs: number): number {
    return this.#sentMs === undefined ? 0 : Math.max(0, this.#sentMs + timeoutMs - nowMs);
  }

  /** Each control answered. */
  get isSure(): boolean {
    return this.hasControls && this.#due.size === 0;
  }

  /** The share of the suspects that were no silent ports at all, but refused now. */
  get errorShare(): number {
    return this.#errors / this.suspects.length;
  }
}
