/**
 * `--set name=value`, `--with` and `--without`, and the defaults in the profiles: what `$name` in a row stands for, and
 * which rows are asked.
 */
import { MEDIA_PROBE, type Settings } from "./conditions.ts";
import { ConfigError } from "./config-error.ts";
import type { Profile, Variable } from "./format.ts";
import { didYouMean } from "./nearest.ts";
import { formatSpans, parsePorts } from "./ports.ts";
import { parseText } from "./text.ts";

/** Words as the user typed them. */
export interface SettingWords {
  /** `name=value`; the last one of a name counts. */
  readonly set?: readonly string[];
  readonly with?: readonly string[];
  readonly without?: readonly string[];
}

/**
 * How each profile's switches stand and what its variables are worth. A variable without a default that nobody set has
 * no value, a switch without one stands nowhere. A name that no profile declares, or a value that is not what the
 * variable wants, is a ConfigError.
 */
export function settingsFor(profiles: readonly Profile[], words: SettingWords): ReadonlyMap<Profile, Settings> {
  const declared = new Map(profiles.flatMap((profile) => Object.entries(profile.variables)));
  const set = new Map((words.set ?? []).map((word) => parseSetting(word, declared)));
  const flipped = parseSwitches(profiles, words);
  return new Map(
    profiles.map((profile) => {
      const values = new Map<string, string>();
      for (const [name, variable] of Object.entries(profile.variables)) {
        const given = set.get(name);
        const value = given === undefined ? variable.default : parseValue(name, variable, given);
        if (value !== undefined) values.set(name, value);
      }
      const defaults = Object.entries(profile.switches).flatMap(([name, { default: on }]) =>
        on === undefined ? [] : [[name, on] as const],
      );
      return [profile, { values, switches: new Map([...defaults, ...flipped]) }];
    }),
  );
}

/** The switches that the words turn. */
function parseSwitches(profiles: readonly Profile[], words: SettingWords): ReadonlyMap<string, boolean> {
  const known = [...new Set([...profiles.flatMap(({ switches }) => Object.keys(switches)), MEDIA_PROBE])];
  const flipped = new Map<string, boolean>();
  for (const [flag, names, on] of [
    ["--with", words.with ?? [], true],
    ["--without", words.without ?? [], false],
  ] as const) {
    for (const name of names) {
      if (!known.includes(name)) {
        throw new ConfigError(`${flag} ${name}: there is no such switch`, switchMeant(name, known, profiles));
      }
      if (flipped.get(name) === !on) throw new ConfigError(`"${name}" is both on and off`, "give it once");
      flipped.set(name, on);
    }
  }
  return flipped;
}

function switchMeant(name: string, known: readonly string[], profiles: readonly Profile[]): string {
  const variable = profiles.some(({ variables }) => Object.hasOwn(variables, name));
  if (variable) return `it is a variable: --set ${name}=VALUE`;
  return didYouMean(name, known) ?? `there is ${known.join(", ")}`;
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
    if (variable.type === "ports") return formatSpans(parsePorts(value));
    const { choices, maxLength } = variable;
    if (choices === undefined || choices.includes(value)) return parseText(value, maxLength);
    throw new ConfigError(`"${value}" is no choice`, didYouMean(value, choices) ?? `there is ${choices.join(", ")}`);
  } catch (error) {
    throw error instanceof ConfigError ? error.of(`--set ${name}`) : error;
  }
}
