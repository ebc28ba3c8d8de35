/** What the responders of one test file have in common: a folder, a key that both ends know, and that they end with it. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type Daemon, endDaemon } from "./command.ts";
import { type Responding, respond } from "./far-end-cli.ts";

export class FarEnds {
  /** Ended with the test file. */
  readonly daemons: Daemon[] = [];
  #folder = "";

  async open(name: string): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), `unity-lab-${name}-`));
    await this.keyIn("key");
  }

  async close(): Promise<void> {
    for (const daemon of this.daemons) await endDaemon(daemon);
    await rm(this.#folder, { recursive: true });
  }

  /** Starts `respond` with the key. */
  async respond(at: Omit<Responding, "keyFile">, ...args: readonly string[]): Promise<Daemon> {
    const daemon = await respond({ ...at, keyFile: this.keyFile }, ...args);
    this.daemons.push(daemon);
    return daemon;
  }

  /** A file of the folder. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  get keyFile(): string {
    return this.file("key");
  }

  /** Another key. */
  async keyIn(name: string): Promise<string> {
    await writeFile(this.file(name), randomBytes(32).toString("hex"), { mode: 0o600 });
    return this.file(name);
  }
}

/** To be called once, at the top of a test file. */
export function farEndsOf(name: string): FarEnds {
  const ends = new FarEnds();
  beforeAll(() => ends.open(name));
  afterAll(() => ends.close());
  return ends;
}
