/**
 * What may stand at the end of a command line that is being typed, from the same table that the parser is made of. A
 * shell asks for it at every press of TAB: nothing is parsed, run or sent.
 */
import type { Command } from "../command.ts";
import { verbOf } from "../flag-check.ts";
import type { Flag } from "../flags.ts";

export interface Offer {
  readonly word: string;
  readonly about?: string;
}

const EVERYWHERE: Readonly<Record<string, Flag>> = {
  help: { type: "boolean", alias: "h", about: "Show help" },
  version: { type: "boolean", alias: "V", about: "Show version number" },
};

/** The offers for `words`, which stand behind the program's name; the last is what has been typed of the word at hand. */
export async function offersFor(words: readonly string[], commands: readonly Command[]): Promise<readonly Offer[]> {
  const typed = words.at(-1) ?? "";
  const { command, verbs, rest } = commandOf(words.slice(0, -1), commands);
  const flags: Readonly<Record<string, Flag>> = { ...command?.flags, ...EVERYWHERE };
  const offers = await offersAt(rest, typed, command, verbs, flags);
  return offers.filter(({ word }) => word.startsWith(typed));
}

interface Place {
  /** The verb that was named, or the one that needs no name. */
  readonly command: Command | undefined;
  /** Verbs that may be named here. */
  readonly verbs: readonly Command[];
  /** The words behind the verbs. */
  readonly rest: readonly string[];
}

function commandOf(words: readonly string[], commands: readonly Command[]): Place {
  const [first] = words;
  const named = commands.find((command) => verbOf(command) === first);
  if (named === undefined) {
    return { command: commands.find((command) => command.words.includes("$0")), verbs: commands, rest: words };
  }
  const inner = commandOf(words.slice(1), named.commands ?? []);
  return { ...inner, command: inner.command ?? named };
}

async function offersAt(
  before: readonly string[],
  typed: string,
  command: Command | undefined,
  verbs: readonly Command[],
  flags: Readonly<Record<string, Flag>>,
): Promise<readonly Offer[]> {
  const open = flagOf(before.at(-1), flags);
  if (open !== undefined && open.type !== "boolean") return wordsOf(open.choices ?? (await open.values?.()) ?? []);
  if (typed.startsWith("-")) {
    const free = Object.entries(flags).filter(([, flag]) => flag.type === "array" || !isGiven(flag, before, flags));
    return free.map(([name, { about }]) => ({ word: `--${name}`, about }));
  }
  if (before.length > 0) return [];
  const named = verbs.map((verb) => ({ word: verbOf(verb), about: verb.about }));
  return [...named, ...wordsOf((await command?.values?.()) ?? [])];
}

function wordsOf(words: readonly string[]): readonly Offer[] {
  return words.map((word) => ({ word }));
}

/** The flag that a word is, by its name or its letter. */
function flagOf(word: string | undefined, flags: Readonly<Record<string, Flag>>): Flag | undefined {
  if (word === undefined) return undefined;
  return Object.entries(flags).find(([name, { alias }]) => word === `--${name}` || word === `-${alias}`)?.[1];
}

function isGiven(flag: Flag, words: readonly string[], flags: Readonly<Record<string, Flag>>): boolean {
  return words.some((word) => flagOf(word, flags) === flag);
}
