/**
 * Alarms that wait for their web hooks, on disk: one that a hook did not take is tried again by the next process. Beside
 * the history; bodies are kept, URLs and headers are not.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { WebhookConfig } from "./config.ts";
import { replaceFile } from "./replace-file.ts";

const VERSION = 1;

export interface Waiting {
  readonly about: string;
  readonly body: string;
}

export interface Undelivered {
  /** What waited for the hook when it was kept last. */
  of(hook: WebhookConfig): readonly Waiting[];
  /** What waits for it now. */
  keep(hook: WebhookConfig, waiting: readonly Waiting[]): void;
  /** Resolves when that is on the disk, or when it is said why it is not. Never rejects. */
  flush(): Promise<void>;
}

/** The file need not be there yet. Never rejects: what cannot be read is said, and begun anew. */
export async function openUndelivered(path: string, say: (sentence: string) => void): Promise<Undelivered> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") say(`the alarms that waited cannot be read: ${error.message}`);
    return undefined;
  });
  const waiting = text === undefined ? new Map() : read(text);
  if (waiting === undefined) say(`the alarms that waited are lost: ${path} is damaged`);
  return new UndeliveredFile(path, waiting ?? new Map(), say);
}

type ByHook = Map<string, readonly Waiting[]>;

/** Undefined for what this program did not write. */
function read(text: string): ByHook | undefined {
  try {
    const { version, hooks } = JSON.parse(text);
    if (version !== VERSION || !Array.isArray(hooks) || !hooks.every(isOfHook)) return undefined;
    return new Map(hooks);
  } catch {
    // No JSON, or no object in it.
    return undefined;
  }
}

function isOfHook(value: unknown): boolean {
  if (!Array.isArray(value) || typeof value[0] !== "string" || !Array.isArray(value[1])) return false;
  return value[1].every((one) => typeof one?.about === "string" && typeof one?.body === "string");
}

/** A URL may be a secret: its digest stands for it. */
function idOf({ url, format }: WebhookConfig): string {
  return `${format} ${createHash("sha256").update(url).digest("hex").slice(0, 32)}`;
}

class UndeliveredFile implements Undelivered {
  readonly #path: string;
  readonly #waiting: ByHook;
  readonly #say: (sentence: string) => void;
  #failing = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(path: string, waiting: ByHook, say: (sentence: string) => void) {
    this.#path = path;
    this.#waiting = waiting;
    this.#say = say;
  }

  of(hook: WebhookConfig): readonly Waiting[] {
    return this.#waiting.get(idOf(hook)) ?? [];
  }

  keep(hook: WebhookConfig, waiting: readonly Waiting[]): void {
    const id = idOf(hook);
    if (waiting.length === 0 && !this.#waiting.has(id)) return;
    if (waiting.length === 0) this.#waiting.delete(id);
    else this.#waiting.set(id, waiting);
    const text = JSON.stringify({ version: VERSION, hooks: [...this.#waiting] });
    this.#turn = this.#turn.then(() => this.#write(text));
  }

  flush(): Promise<void> {
    return this.#turn;
  }

  async #write(text: string): Promise<void> {
    try {
      await replaceFile(this.#path, text);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#say(`the alarms that wait are not kept on disk: ${(error as Error).message}`);
      this.#failing = true;
    }
  }
}
