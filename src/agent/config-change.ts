/** Whether a file was changed, seen by looking: events of file systems miss what is mounted, linked or far away. */
import type { World } from "../model/prober.ts";

const LOOK_EVERY_MS = 2_000;

/**
 * Calls each time that the stamp is another one, until the signal aborts. A file that is gone has no stamp, and is no
 * change: who writes it anew may remove it first.
 */
export async function whenChanged(
  stampOf: () => Promise<string | undefined>,
  changed: () => void,
  clock: Pick<World, "sleep">,
  signal: AbortSignal,
): Promise<void> {
  let last = await stampOf();
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    const stamp = await stampOf();
    if (signal.aborted || stamp === undefined || stamp === last) continue;
    last = stamp;
    changed();
  }
}
