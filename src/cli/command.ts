/** What a verb of the command line is. A new verb is one file in commands/ and one entry in command-table.ts. */
import type { Flag, FlagValues } from "./flags.ts";

export interface Command {
  /** The verb and its other names; `$0` makes it the default. A positional stands behind it: `show <id>`. */
  readonly words: readonly string[];
  readonly about: string;
  readonly flags: Readonly<Record<string, Flag>>;
  readonly commands?: readonly Command[];
  /** What a shell offers for the positional. */
  readonly values?: () => Promise<readonly string[]>;
  /** Does it; resolves to the exit code. Throws ConfigError for words that cannot be used. */
  run(flags: FlagValues): Promise<number>;
}
