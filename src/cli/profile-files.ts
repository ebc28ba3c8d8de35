/** Profiles by id from the packed catalogue, or by path from YAML. The YAML parser is loaded only for the latter. */
import { readFile } from "node:fs/promises";
import { loadProber, proberIds } from "../probers/index.ts";
import { findProfile } from "../profile/catalogue.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { Profile } from "../profile/format.ts";

/** The profiles that ship with the tool, checked and packed when it was built. */
export async function shippedProfiles(): Promise<readonly Profile[]> {
  return JSON.parse(await readFile(new URL("../profiles.json", import.meta.url), "utf8")) as readonly Profile[];
}

/** The ids of the profiles that ship with the tool. */
export async function profileIds(): Promise<readonly string[]> {
  return (await shippedProfiles()).map(({ id }) => id);
}

/** One profile for each word. Throws ConfigError for the first that is unknown or unusable. */
export async function loadProfiles(words: readonly string[]): Promise<readonly Profile[]> {
  const shipped = words.every(isPath) ? [] : await shippedProfiles();
  return Promise.all(words.map((word) => (isPath(word) ? readProfile(word) : findProfile(shipped, word))));
}

/** A profile file of the user's own. Throws ConfigError with its first mistake. */
export async function readProfile(path: string): Promise<Profile> {
  const parsed = await parseFile(path);
  if (parsed.ok) return parsed.profile;
  throw parsed.errors[0]!;
}

/** Reads and checks a file; all its mistakes come back. Throws ConfigError when it cannot be read. */
export async function parseFile(path: string) {
  const { parseProfile } = await import("../profile/parse.ts");
  return parseProfile(await textOf(path), path, await proberHeads());
}

async function proberHeads() {
  return new Map(await Promise.all(proberIds.map(async (id) => [id, await loadProber(id)] as const)));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ConfigError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
  }
}

/** An id has neither a folder nor an ending. */
function isPath(word: string): boolean {
  return /[/\\]|\.ya?ml$/i.test(word);
}

/** What to say when no profile was named. */
export function missingProfile(): ConfigError {
  return new ConfigError(
    "--profile is missing",
    'name the vector: --profile failover-secondary; "unity-probe profiles list" shows all',
  );
}
