/**
 * The files of a history folder: `00000001.jsonl.gz` and on, the newest is written to. Nothing here needs POSIX: no file
 * is renamed, none is removed while it is open, and a folder that cannot be synced is left at that.
 */
import { type FileHandle, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

export interface Listed {
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
}

/** The files of a folder, oldest first; other files are left alone. Rejects with the system's error. */
export async function listFiles(dir: string): Promise<readonly Listed[]> {
  const files: Listed[] = [];
  for (const name of await readdir(dir)) {
    const number = Number(/^(\d{8})\.jsonl\.gz$/.exec(name)?.[1] ?? 0);
    if (number === 0) continue;
    const path = join(dir, name);
    files.push({ number, path, bytes: (await stat(path)).size });
  }
  return files.sort((a, b) => a.number - b.number);
}

/** A file that is written to. What append() resolved for is on the disk. */
export class HistoryFile {
  readonly number: number;
  readonly #handle: FileHandle;
  #bytes: number;

  private constructor(number: number, handle: FileHandle, bytes: number) {
    this.number = number;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /** A new file with these bytes. Where that fails nothing is left of it; rejects with the system's error. */
  static async create(dir: string, number: number, bytes: Buffer): Promise<HistoryFile> {
    const path = join(dir, `${String(number).padStart(8, "0")}.jsonl.gz`);
    const handle = await open(path, "wx", 0o640);
    const file = new HistoryFile(number, handle, 0);
    try {
      await file.append(bytes);
      await syncFolder(dir);
      return file;
    } catch (error) {
      await file.close();
      await unlink(path).catch(() => {});
      throw error;
    }
  }

  /**
   * A file as it was read, cut to its whole lines; undefined where somebody wrote to it since. Rejects with the system's
   * error.
   */
  static async goOn({ number, path, bytes }: Listed, wholeBytes: number): Promise<HistoryFile | undefined> {
    const handle = await open(path, "r+");
    try {
      const file = new HistoryFile(number, handle, bytes);
      if (!(await file.isAsLeft())) {
        await handle.close();
        return undefined;
      }
      await handle.truncate(wholeBytes);
      return new HistoryFile(number, handle, wholeBytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether nobody else wrote to it, cut it or removed it. */
  async isAsLeft(): Promise<boolean> {
    const { size, nlink } = await this.#handle.stat();
    return size === this.#bytes && nlink > 0;
  }

  /**
   * Resolves when the bytes are on the disk. Rejects with the system's error after cutting off what was written of
   * them; the file must not be used further then, because nobody knows what the disk still holds.
   */
  async append(bytes: Buffer): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        const place = this.#bytes + written;
        const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, place);
        written += bytesWritten;
      }
      await this.#handle.datasync();
    } catch (error) {
      // Where not even that works, a reader finds the torn line by its length.
      await this.#handle.truncate(this.#bytes).catch(() => {});
      throw error;
    }
    this.#bytes += bytes.length;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Makes a new file's name last through a power cut, where the system lets folders be synced. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
