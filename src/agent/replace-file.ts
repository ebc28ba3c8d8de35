/** A small file that is written anew each time. */
import { mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** Whole or not at all: a crash leaves the old file or the new one. Rejects with the system's error. */
export async function replaceFile(path: string, text: string): Promise<void> {
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
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
}
