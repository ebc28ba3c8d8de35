/** A small file that is written anew each time. */
import { mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What Windows says of a file that somebody has open for a moment: a virus scanner, an indexer, a backup. Elsewhere it is
 * for good, and costs no more than these waits.
 */
const HELD: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES", "EBUSY"]);
const WAITS_MS = [10, 40, 160, 640];

type Rename = (from: string, to: string) => Promise<void>;

/**
 * Whole or not at all: a crash leaves the old file or the new one. Rejects with the system's error.
 *
 * @param move the system's, but in tests
 */
export async function replaceFile(path: string, text: string, move: Rename = rename): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  try {
    const handle = await open(draft, "w", 0o640);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await patiently(() => move(draft, path));
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
}

async function patiently(work: () => Promise<void>): Promise<void> {
  for (const waitMs of WAITS_MS) {
    try {
      return await work();
    } catch (error) {
      if (!HELD.has((error as NodeJS.ErrnoException).code)) throw error;
      await sleep(waitMs);
    }
  }
  return work();
}
