/** Waiting that has an end: for peers that may say nothing, on a connection that they keep open. */
import type { World } from "../model/prober.ts";

/** What is awaited, or undefined when the time was over first. Throws what is awaited throws. */
export async function within<T>(world: World, limitMs: number, awaited: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([awaited, world.sleep(limitMs, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
