/** The command line: yargs, the verbs, and how every unusable word ends (one line on stderr, exit 2, nothing sent). */
import yargs, { type Argv } from "yargs";
import { EXIT_CODES } from "../model/result.ts";
import { ConfigError } from "../profile/config-error.ts";
import { didYouMean } from "../profile/nearest.ts";
import type { Command } from "./command.ts";
import { demoCommand } from "./commands/demo.ts";
import { planCommand } from "./commands/plan.ts";
import { profilesCommand } from "./commands/profiles.ts";
import { runCommand } from "./commands/run.ts";
import type { Flag, FlagValues } from "./flags.ts";
import { toolVersion } from "./version.ts";

const COMMANDS: readonly Command[] = [runCommand, planCommand, profilesCommand, demoCommand];

const EPILOGUE =
  "Exit code: 0 everything required passes, 1 something fails, 2 usage or configuration, 3 undecided, 130 interrupted.";

/** Parses the words, does what they say, and resolves to the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  let exitCode: number = EXIT_CODES.passed;
  const parser = yargs([...words])
    .scriptName("unity-probe")
    .usage(
      "$0 --profile failover-secondary --host dc01\n\nProves network reachability by role, and never says more than it saw.",
    )
    .env("UNITY_PROBE")
    .locale("en")
    .parserConfiguration({ "dot-notation": false, "duplicate-arguments-array": true, "boolean-negation": false })
    .version(toolVersion())
    .alias({ h: "help", V: "version" })
    .epilogue(EPILOGUE)
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new ConfigError(message);
    });
  for (const command of COMMANDS) {
    register(parser, command, async (chosen, flags) => {
      exitCode = await chosen.run(flags);
    });
  }
  try {
    await parser.parseAsync();
    return exitCode;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`unity-probe: ${error.message}\n`);
    return EXIT_CODES.usage;
  }
}

function register(parser: Argv, command: Command, handle: (chosen: Command, flags: FlagValues) => Promise<void>): void {
  parser.command(
    [...command.words],
    command.about,
    (builder) => {
      for (const [name, flag] of Object.entries(command.flags)) builder.option(name, yargsOption(flag));
      for (const inner of command.commands ?? []) register(builder, inner, handle);
      return builder;
    },
    async (flags) => {
      refuseUnknown(flags, command);
      await handle(command, flags);
    },
  );
}

function yargsOption(flag: Flag) {
  return {
    describe: flag.about,
    ...(flag.alias === undefined ? {} : { alias: flag.alias }),
    ...(flag.choices === undefined ? {} : { choices: flag.choices }),
    // A repeatable flag takes one word each time: `--host a --host b`, never the words behind it as well.
    ...(flag.type === "array" ? { type: "string" as const, requiresArg: true } : { type: flag.type }),
    ...(flag.type === "string" || flag.type === "number" ? { requiresArg: true } : {}),
  };
}

/** Flags and words that no verb knows, with the nearest right one. */
function refuseUnknown(flags: FlagValues, command: Command): void {
  const known = new Set(Object.entries(command.flags).flatMap(([name, flag]) => [name, flag.alias ?? name]));
  for (const built of ["_", "$0", "help", "h", "version", "V", ...positionalsOf(command)]) known.add(built);
  for (const name of Object.keys(flags)) {
    if (known.has(name) || known.has(dashed(name))) continue;
    const flag = name.length === 1 ? `-${name}` : `--${name}`;
    throw new ConfigError(`there is no flag ${flag}`, didYouMean(name, Object.keys(command.flags)));
  }
  const stray = (flags._ as readonly unknown[]).slice(command.words.includes("$0") ? 0 : undefined).map(String);
  const word = stray.find((each) => !command.words.some((own) => own.split(" ")[0] === each));
  if (word === undefined || !command.words.includes("$0")) return;
  const verbs = COMMANDS.flatMap((each) => each.words)
    .map((each) => each.split(" ")[0]!)
    .filter((each) => each !== "$0");
  throw new ConfigError(`"${word}" is no verb and no flag`, didYouMean(word, verbs) ?? `verbs: ${verbs.join(", ")}`);
}

function positionalsOf(command: Command): readonly string[] {
  return command.words.flatMap((words) => [...words.matchAll(/[<[]([a-z]+)(?:\.\.)?[>\]]/g)].map((match) => match[1]!));
}

/** yargs gives `anyAddress` beside `any-address`. */
function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
