/** Bounds on waiting: every wait of the engine ends by a deadline or by the run's own end. */
import type { World } from "../model/prober.ts";

/** What an abort gives as its reason by itself, made once: it holds a stack, and there is an abort for every check. */
const OVER = new DOMException("This operation was aborted", "AbortError");

/**
 * Runs the task with a signal that aborts after `timeoutMs`, or when `outer` does. The signal is aborted as well once
 * the task has ended, so that nothing that listens to it lives longer.
 */
export async function withDeadline<T>(
  world: World,
  timeoutMs: number,
  outer: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const abort = () => own.abort(OVER);
  outer.addEventListener("abort", abort, { once: true });
  if (outer.aborted) abort();
  void world.sleep(timeoutMs, own.signal).then(abort);
  try {
    return await task(own.signal);
  } finally {
    outer.removeEventListener("abort", abort);
    abort();
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
