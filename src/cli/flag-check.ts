/**
 * What the parser leaves open: flags, words and values that a verb does not have, each refused with the nearest right
 * word; and the twin that every flag has in the environment, which counts where the flag is not given.
 */
import { ConfigError } from "../profile/config-error.ts";
import { didYouMean, nearest } from "../profile/nearest.ts";
import type { Command } from "./command.ts";
import type { Flag, FlagValues } from "./flags.ts";
import { SECRET_PREFIX } from "./secrets.ts";

const TWIN_PREFIX = "UNITY_PROBE_";

/** Keys of the parser's own, and flags that every verb has. */
const BUILT_IN = ["_", "$0", "--", "help", "version"];

/**
 * The flags of a verb with the environment's below those given; `path` are the verbs that led to it, `words` the whole
 * command line. Throws ConfigError.
 */
export function checkFlags(
  parsed: FlagValues,
  command: Command,
  path: readonly string[],
  words: readonly string[],
): FlagValues {
  refuseUnknownFlags(parsed, command, path);
  refuseBooleanValues(words, command);
  const flags = Object.entries(command.flags).flatMap(([name, flag]) => {
    const value = givenValue(name, flag, parsed[name]) ?? twinValue(name, flag, process.env[twinOf(name)]);
    if (value === undefined) return [];
    refuseOtherChoices(name, flag, value);
    return [[name, value] as const];
  });
  const positionals = positionalsOf(command).map((name) => [name, parsed[name]] as const);
  return Object.fromEntries([...flags, ...positionals]);
}

/** Words that belong to no verb. `path` are the verbs that led to the command, the default ones included. */
export function refuseStrayWords(
  given: readonly string[],
  path: readonly string[],
  siblings: readonly Command[],
): void {
  const verbs = siblings.map(verbOf);
  const isDefault = given[path.length - 1] !== path.at(-1);
  const stray = given[isDefault ? path.length - 1 : path.length];
  if (stray === undefined) return;
  if (!isDefault)
    throw new ConfigError(`"${stray}" is one word too many`, `see "unity-probe ${path.join(" ")} --help"`);
  throw new ConfigError(`"${stray}" is no verb and no flag`, didYouMean(stray, verbs) ?? `verbs: ${verbs.join(", ")}`);
}

/** Variables of the environment that look like a flag's twin, and are none. */
export function refuseUnknownTwins(commands: readonly Command[]): void {
  const flags = flagNamesOf(commands);
  for (const name of Object.keys(process.env)) {
    if (!name.startsWith(TWIN_PREFIX) || name.startsWith(SECRET_PREFIX)) continue;
    if (flags.some((flag) => twinOf(flag) === name)) continue;
    const close = nearest(name.slice(TWIN_PREFIX.length).replaceAll("_", "-"), flags);
    const hint = close === undefined ? undefined : `did you mean ${twinOf(close)}?`;
    throw new ConfigError(`the environment's ${name} belongs to no flag`, hint);
  }
}

/** The verb itself: `show` of `show <id>`. */
export function verbOf(command: Command): string {
  return command.words[0]!.split(" ")[0]!;
}

function refuseUnknownFlags(parsed: FlagValues, command: Command, path: readonly string[]): void {
  const names = Object.keys(command.flags);
  const known = new Set([...names, ...BUILT_IN, ...positionalsOf(command)]);
  const unknown = Object.keys(parsed).find((name) => !known.has(name));
  if (unknown === undefined) return;
  const close = unknown.length === 1 ? undefined : nearest(unknown, [...names, "help", "version"]);
  const hint = close === undefined ? "--help shows all" : `did you mean --${close}?`;
  throw new ConfigError(`${path.join(" ")} has no flag ${unknown.length === 1 ? "-" : "--"}${unknown}`, hint);
}

/** The parser takes any value of a switch but `true` for false. */
function refuseBooleanValues(words: readonly string[], command: Command): void {
  for (const [name, flag] of Object.entries(command.flags)) {
    if (flag.type !== "boolean") continue;
    const wrong = words.find((word) => word.startsWith(`--${name}=`) && !/=(?:true|false)$/.test(word));
    if (wrong !== undefined) throw new ConfigError(`${wrong} is neither true nor false`, `write --${name} alone`);
  }
}

/** Of a switch that is given twice the last one counts; a value that is given twice is a mistake. */
function givenValue(name: string, { type }: Flag, value: unknown): unknown {
  if (!Array.isArray(value) || type === "array") return value;
  if (type === "boolean") return value.at(-1);
  throw new ConfigError(`--${name} is given more than once`);
}

function refuseOtherChoices(name: string, { choices }: Flag, value: unknown): void {
  if (choices === undefined || choices.includes(String(value))) return;
  const hint = didYouMean(String(value), choices) ?? `one of ${choices.join(", ")}`;
  throw new ConfigError(`--${name} cannot be "${value}"`, hint);
}

function twinOf(name: string): string {
  return TWIN_PREFIX + name.toUpperCase().replaceAll("-", "_");
}

/** An empty variable counts as none. Of a flag that may be repeated each line is a value, because any other sign may be in one. */
function twinValue(name: string, flag: Flag, value: string | undefined): unknown {
  if (value === undefined || value === "") return undefined;
  if (flag.type === "array") return value.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (flag.type === "number") return Number(value);
  if (flag.type !== "boolean") return value;
  if (/^(?:1|true|yes)$/i.test(value)) return true;
  if (/^(?:0|false|no)$/i.test(value)) return false;
  throw new ConfigError(`${twinOf(name)}=${value} is neither true nor false`);
}

function flagNamesOf(commands: readonly Command[]): readonly string[] {
  return commands.flatMap((command) => [...Object.keys(command.flags), ...flagNamesOf(command.commands ?? [])]);
}

/** `id` of `show <id>`. */
function positionalsOf(command: Command): readonly string[] {
  return command.words.flatMap((words) => [...words.matchAll(/[<[]([a-z]+)(?:\.\.)?[>\]]/g)].map((match) => match[1]!));
}
