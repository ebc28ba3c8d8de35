/** The command line: yargs, the verbs, and how every unusable word ends (one line on stderr, exit 2, nothing sent). */
import yargs, { type Argv } from "yargs";
import { ConfigError } from "../profile/config-error.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./command-table.ts";
import { codeOfHelp, complain, exitStyleOf } from "./exit-style.ts";
import { checkFlags, refuseStrayWords, refuseUnknownTwins, verbOf } from "./flag-check.ts";
import type { Flag } from "./flags.ts";
import { toolVersion } from "./version.ts";

/** Every flag has one spelling, and every value is the word that was typed. */
const PARSER = {
  "boolean-negation": false,
  "camel-case-expansion": false,
  "dot-notation": false,
  "duplicate-arguments-array": true,
  "parse-positional-numbers": false,
  "strip-aliased": true,
};

const EPILOGUE =
  "Exit code: 0 everything required passes, 1 something fails, 2 usage or configuration, 3 undecided, 130 interrupted.";

/** Parses the words, does what they say, and resolves to the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const style = exitStyleOf(words, process.env);
  let exitCode = codeOfHelp(style);
  // A stream whose reader went away (`| head`) must not end the process; outputs.ts tells of what a report lost.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const parser = yargs([...words])
    .scriptName("unity-probe")
    .usage(
      "$0 --profile failover-secondary --host dc01\n\nProves network reachability by role, and never says more than it saw.",
    )
    .locale("en")
    .parserConfiguration(PARSER)
    .version(toolVersion())
    .alias({ help: "h", version: "V" })
    .epilogue(EPILOGUE)
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw isOwnError(error) ? error : new ConfigError(...plainly(message));
    });
  const register = (under: Argv, command: Command, parents: readonly string[], siblings: readonly Command[]): void => {
    const path = [...parents, verbOf(command)];
    under.command(
      [...command.words],
      command.about,
      (builder) => {
        for (const [name, flag] of Object.entries(command.flags)) builder.option(name, yargsOption(flag));
        for (const inner of command.commands ?? []) register(builder, inner, path, command.commands ?? []);
        return builder;
      },
      async (parsed) => {
        const flags = checkFlags(parsed, command, path, words);
        refuseStrayWords(parsed._.map(String), path, siblings);
        refuseUnknownTwins(COMMANDS);
        exitCode = await command.run(flags);
      },
    );
  };
  for (const command of COMMANDS) register(parser, command, [], COMMANDS);
  try {
    await parser.parseAsync();
    return exitCode;
  } catch (error) {
    return complain(style, error);
  }
}

function yargsOption(flag: Flag) {
  return {
    describe: flag.about,
    ...(flag.alias === undefined ? {} : { alias: flag.alias }),
    // A repeatable flag takes one word each time: `--host a --host b`, never the words behind it as well.
    type: flag.type === "array" ? ("string" as const) : flag.type,
    ...(flag.type === "boolean" ? {} : { requiresArg: true }),
  };
}

/** What came out of a verb, and is no complaint of the parser's. */
function isOwnError(error: Error | undefined): boolean {
  return error !== undefined && error.name !== "YError";
}

/** The parser's complaints in our words: what is wrong, and what was meant. */
function plainly(complaint: string): readonly [string, string?] {
  const name = /^Not enough arguments following: (\S+)$/.exec(complaint)?.[1];
  if (name !== undefined) return [`${name.length === 1 ? "-" : "--"}${name} has no value`];
  if (complaint.startsWith("Not enough non-option arguments")) return ["a word is missing", "--help shows which"];
  return [complaint.replaceAll(/\s+/g, " ")];
}
