/**
 * Profiles by id from the packed catalogue and from --profiles-dir, or by path from YAML. The YAML parser is loaded
 * only for files.
 */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { loadProber, proberIds } from "../probers/index.ts";
import { findProfile, nameClashes } from "../profile/catalogue.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { Profile } from "../profile/format.ts";
import type { Roles } from "../profile/roles.ts";
import { fileTrouble } from "./file-trouble.ts";

/** The profiles that ship with the tool, checked and packed when it was built. */
export async function shippedProfiles(): Promise<readonly Profile[]> {
  return (await packed("profiles.json")) as readonly Profile[];
}

/** The roles that ship with the tool. */
export async function shippedRoles(): Promise<Roles> {
  return (await packed("roles.json")) as Roles;
}

async function packed(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), "utf8"));
}

/** The ids of the profiles that ship with the tool. */
export async function profileIds(): Promise<readonly string[]> {
  return (await shippedProfiles()).map(({ id }) => id);
}

/** One profile for each word. `folder` holds profiles of the user's own. Throws ConfigError. */
export async function loadProfiles(words: readonly string[], folder?: string): Promise<readonly Profile[]> {
  const known = words.every(isPath) ? [] : await knownProfiles(folder);
  return Promise.all(words.map((word) => (isPath(word) ? readProfile(word) : findProfile(known, word))));
}

/** The shipped profiles and those of the folder. Throws ConfigError, also where two of them have one name. */
export async function knownProfiles(folder?: string): Promise<readonly Profile[]> {
  const shipped = await shippedProfiles();
  if (folder === undefined) return shipped;
  const own = await Promise.all((await yamlFilesIn(folder)).map((path) => readProfile(path)));
  const [clash] = nameClashes([...shipped, ...own]);
  if (clash !== undefined) throw clash;
  return [...shipped, ...own];
}

async function yamlFilesIn(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /\.ya?ml$/i.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw unreadable(`--profiles-dir ${folder}`, error, "there is no such folder");
  }
}

/** A profile file of the user's own. Throws ConfigError with its first mistake. */
export async function readProfile(path: string, extending: readonly string[] = []): Promise<Profile> {
  const parsed = await parseFile(path, extending);
  if (parsed.ok) return parsed.profile;
  throw parsed.errors[0]!;
}

/**
 * Reads and checks a file; all its mistakes come back. `extending` are the files that led here by `extends`. Throws
 * ConfigError when it cannot be read.
 */
export async function parseFile(path: string, extending: readonly string[] = []) {
  const { parseExtending } = await import("../profile/parse.ts");
  const chain = [...extending, resolve(path)];
  return parseExtending(await readText(path), path, await proberHeads(), async (word) => {
    if (!isPath(word)) return findProfile(await shippedProfiles(), word);
    const base = resolve(dirname(path), word);
    if (!chain.includes(base)) return readProfile(join(dirname(path), word), chain);
    throw new ConfigError(`"extends" goes round in a circle: ${[...chain, base].join(" -> ")}`, "let one stand alone");
  });
}

async function proberHeads() {
  return new Map(await Promise.all(proberIds.map(async (id) => [id, await loadProber(id)] as const)));
}

/** The text of a file that the user named. Throws ConfigError. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(what: string, error: unknown, missing?: string): ConfigError {
  return new ConfigError(`${what} cannot be read: ${fileTrouble(error, missing)}`);
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
