/**
 * When each port was last asked, on disk: the manners of the probers hold across restarts, and a secret that was refused
 * is not tried again by the next process. A second after a note the file is written anew; a crash loses that second.
 */
import { readFile } from "node:fs/promises";
import { isRefusal } from "../engine/secret-turns.ts";
import type { Ledger } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import { replaceFile } from "./replace-file.ts";

const VERSION = 1;
const WRITTEN_AFTER_MS = 1_000;
/** Longer than any prober's interval by far. A refused secret is never tried again: those notes stay. */
const KEPT_MS = 24 * 3_600_000;
/** Ports; more are a mistake somewhere, and the ones that were asked longest ago go. */
const MOST_NOTES = 100_000;

export interface LedgerParts {
  readonly world: Pick<World, "wallMs" | "sleep">;
  /** Told in whole sentences what is not as it should be and yet stops nothing. */
  say(sentence: string): void;
}

export interface KeptLedger extends Ledger {
  /** Resolves when everything noted is on the disk, or when it is said why it is not. Never rejects. */
  flush(): Promise<void>;
}

/** The ledger of a file, which need not be there yet. Never rejects: what cannot be read is said, and begun anew. */
export async function openLedger(path: string, parts: LedgerParts): Promise<KeptLedger> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") parts.say(`the rate limits of before cannot be read: ${error.message}`);
    return undefined;
  });
  const noted = text === undefined ? [] : read(text);
  if (noted === undefined) parts.say(`the rate limits of before are lost: ${path} is damaged`);
  return new DiskLedger(path, noted ?? [], parts);
}

type Note = readonly [key: string, wallMs: number];

/** Undefined for what this program did not write. */
function read(text: string): readonly Note[] | undefined {
  try {
    const { version, notes } = JSON.parse(text);
    return version === VERSION && Array.isArray(notes) && notes.every(isNote) ? notes : undefined;
  } catch {
    // No JSON, or no object in it.
    return undefined;
  }
}

function isNote(value: unknown): value is Note {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number";
}

class DiskLedger implements KeptLedger {
  readonly #path: string;
  readonly #parts: LedgerParts;
  /** Those noted longest ago come first. */
  readonly #notes: Map<string, number>;
  #unwritten = false;
  #due = false;
  #failing = false;
  #now = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  constructor(path: string, notes: Iterable<Note>, parts: LedgerParts) {
    this.#path = path;
    this.#notes = new Map(notes);
    this.#parts = parts;
  }

  lastWallMs(key: string): number | undefined {
    return this.#notes.get(key);
  }

  note(key: string, wallMs: number): void {
    this.#notes.delete(key);
    this.#notes.set(key, wallMs);
    this.#unwritten = true;
    this.#forgetOld();
    if (this.#due) return;
    this.#due = true;
    void this.#writeSoon();
  }

  flush(): Promise<void> {
    this.#now.abort();
    this.#now = new AbortController();
    return this.#write();
  }

  /** A time in the future is one that a wrong clock gave: the engine takes no notice of it, and it goes in its turn. */
  #forgetOld(): void {
    const before = this.#parts.world.wallMs() - KEPT_MS;
    for (const [key, wallMs] of this.#notes) {
      if (isRefusal(key)) continue;
      if (this.#notes.size <= MOST_NOTES && wallMs >= before) return;
      this.#notes.delete(key);
    }
  }

  async #writeSoon(): Promise<void> {
    await this.#parts.world.sleep(WRITTEN_AFTER_MS, this.#now.signal);
    this.#due = false;
    await this.#write();
  }

  #write(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (!this.#unwritten) return;
      this.#unwritten = false;
      try {
        await replaceFile(this.#path, JSON.stringify({ version: VERSION, notes: [...this.#notes] }));
        this.#failing = false;
      } catch (error) {
        // The next note tries again.
        this.#unwritten = true;
        if (!this.#failing) this.#parts.say(`the rate limits are not kept on disk: ${(error as Error).message}`);
        this.#failing = true;
      }
    });
    return this.#turn;
  }
}
