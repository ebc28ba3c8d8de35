/**
 * Time limits below one signal. AbortSignal.any() does not do: on Node 20 it keeps no hold of the AbortSignal.timeout()
 * among its sources, so that garbage collection may take the time-out away, and what waits for it waits for ever.
 */
export class TimeLimits {
  readonly #signal: AbortSignal;
  readonly #running = new Set<AbortController>();
  readonly #abortAll = (): void => {
    for (const controller of this.#running) controller.abort();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#abortAll, { once: true });
  }

  /** Does something whose signal aborts after so long, or with the one above. */
  async within<T>(ms: number, task: (until: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    if (this.#signal.aborted) controller.abort();
    this.#running.add(controller);
    const timer = setTimeout(() => controller.abort(), ms);
    try {
      return await task(controller.signal);
    } finally {
      clearTimeout(timer);
      this.#running.delete(controller);
    }
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#abortAll);
  }
}
