/**
 * All shipped profiles in one value, ready for JSON: validated when the product is built, so that a run of one needs
 * neither yaml nor zod. Only the build and the tests import this file.
 */
import type { Prober } from "../model/prober.ts";
import { nameClashes } from "./catalogue.ts";
import type { ConfigError } from "./config-error.ts";
import type { Profile } from "./format.ts";
import { parseProfile } from "./parse.ts";

/** One YAML file; `file` is its name as messages shall show it. */
export interface ProfileFile {
  readonly file: string;
  readonly text: string;
}

/** The profiles in the order of the files, or everything that is wrong with them. */
export function packProfiles(
  files: readonly ProfileFile[],
  heads: ReadonlyMap<string, Prober>,
): { readonly profiles: readonly Profile[]; readonly errors: readonly ConfigError[] } {
  const parsed = files.map(({ file, text }) => parseProfile(text, file, heads));
  const profiles = parsed.flatMap((one) => (one.ok ? [one.profile] : []));
  const errors = parsed.flatMap((one) => (one.ok ? [] : one.errors));
  return { profiles, errors: [...errors, ...nameClashes(profiles)] };
}
