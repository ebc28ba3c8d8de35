/** `--set name=value` and the defaults of variables: what `$name` in a row stands for. */
import { ConfigError } from "./config-error.ts";
import type { Profile } from "./format.ts";
import { didYouMean } from "./nearest.ts";
import { formatSpans, parsePorts } from "./ports.ts";

/**
 * The values of each profile's variables; a variable without a default that nobody set has none. Words are
 * `name=value`; a name that no profile declares, or a value that is not ports, is a ConfigError.
 */
export function valuesFor(
  profiles: readonly Profile[],
  words: readonly string[],
): ReadonlyMap<Profile, ReadonlyMap<string, string>> {
  const declared = new Set(profiles.flatMap((profile) => Object.keys(profile.variables)));
  const set = new Map(words.map((word) => parseSetting(word, declared)));
  return new Map(
    profiles.map((profile) => {
      const values = new Map<string, string>();
      for (const [name, variable] of Object.entries(profile.variables)) {
        const value = set.get(name) ?? variable.default;
        if (value !== undefined) values.set(name, value);
      }
      return [profile, values];
    }),
  );
}

function parseSetting(word: string, declared: ReadonlySet<string>): readonly [string, string] {
  const equals = word.indexOf("=");
  const name = (equals === -1 ? word : word.slice(0, equals)).trim();
  const value = equals === -1 ? "" : word.slice(equals + 1).trim();
  if (!declared.has(name)) {
    const meant = declared.size === 0 ? "the chosen profiles have no variables" : didYouMean(name, declared);
    throw new ConfigError(`there is no variable "${name}"`, meant ?? `there is ${[...declared].join(", ")}`);
  }
  if (value === "") throw new ConfigError(`--set ${word} has no value`, `write for instance ${name}=5000-5020`);
  try {
    return [name, formatSpans(parsePorts(value))];
  } catch (error) {
    throw error instanceof ConfigError ? error.of(`--set ${name}`) : error;
  }
}
