/** The shipped profiles, packed as JSON at build time: found by id or alias, without a YAML parser. */
import { ConfigError } from "./config-error.ts";
import type { Profile } from "./format.ts";
import { didYouMean } from "./nearest.ts";

/** The profile that has `word` as its id or alias. */
export function findProfile(profiles: readonly Profile[], word: string): Profile {
  const found = profiles.find((profile) => profile.id === word || profile.aliases.includes(word));
  if (found !== undefined) return found;
  const known = profiles.flatMap((profile) => [profile.id, ...profile.aliases]);
  throw new ConfigError(
    `there is no profile "${word}"`,
    didYouMean(word, known) ?? '"unity-probe profiles list" shows all',
  );
}

/** Ids and aliases that more than one profile claims; each must be known by one name only once. */
export function nameClashes(profiles: readonly Profile[]): readonly ConfigError[] {
  const owners = new Map<string, Profile>();
  const clashes: ConfigError[] = [];
  for (const profile of profiles) {
    for (const name of [profile.id, ...profile.aliases]) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, profile);
      else clashes.push(new ConfigError(`${profile.file}: the name "${name}" already belongs to ${owner.file}`));
    }
  }
  return clashes;
}
