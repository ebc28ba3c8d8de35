/** `--set name=value` and the defaults of variables: what `$name` in a row stands for. */
import { ConfigError } from "./config-error.ts";
import type { Profile, Variable } from "./format.ts";
import { didYouMean } from "./nearest.ts";
import { formatSpans, parsePorts } from "./ports.ts";
import { parseText } from "./text.ts";

/**
 * The values of each profile's variables; a variable without a default that nobody set has none. Words are
 * `name=value`, and the last one of a name counts; a name that no profile declares, or a value that is not what the
 * variable wants, is a ConfigError.
 */
export function valuesFor(
  profiles: readonly Profile[],
  words: readonly string[],
): ReadonlyMap<Profile, ReadonlyMap<string, string>> {
  const declared = new Map(profiles.flatMap((profile) => Object.entries(profile.variables)));
  const set = new Map(words.map((word) => parseSetting(word, declared)));
  return new Map(
    profiles.map((profile) => {
      const values = new Map<string, string>();
      for (const [name, variable] of Object.entries(profile.variables)) {
        const given = set.get(name);
        const value = given === undefined ? variable.default : parseValue(name, variable, given);
        if (value !== undefined) values.set(name, value);
      }
      return [profile, values];
    }),
  );
}

/** The name and the value of a word, which is not looked at yet. */
function parseSetting(word: string, declared: ReadonlyMap<string, Variable>): readonly [string, string] {
  const equals = word.indexOf("=");
  const name = (equals === -1 ? word : word.slice(0, equals)).trim();
  const value = equals === -1 ? "" : word.slice(equals + 1).trim();
  const variable = declared.get(name);
  if (variable === undefined) {
    const known = [...declared.keys()];
    const meant = known.length === 0 ? "the chosen profiles have no variables" : didYouMean(name, known);
    throw new ConfigError(`there is no variable "${name}"`, meant ?? `there is ${known.join(", ")}`);
  }
  if (value === "") {
    const example = variable.type === "ports" ? `for instance ${name}=5000-5020` : `${name}=TEXT`;
    throw new ConfigError(`--set ${word} has no value`, `write ${example}`);
  }
  return [name, value];
}

function parseValue(name: string, variable: Variable, value: string): string {
  try {
    return variable.type === "ports" ? formatSpans(parsePorts(value)) : parseText(value, variable.maxLength);
  } catch (error) {
    throw error instanceof ConfigError ? error.of(`--set ${name}`) : error;
  }
}
