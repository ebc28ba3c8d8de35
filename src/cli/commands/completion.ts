/** `unity-probe completion SHELL`: the few lines that teach a shell to complete verbs, flags and their values. */
import { EXIT_CODES } from "../../model/result.ts";
import { ConfigError } from "../../profile/config-error.ts";
import { didYouMean } from "../../profile/nearest.ts";
import type { Command } from "../command.ts";
import { SCRIPTS, SHELLS } from "../completion/scripts.ts";

export const completionCommand: Command = {
  words: ["completion [shell]"],
  about: "A script for bash, zsh or fish that completes verbs, flags and their values",
  flags: {},
  values: async () => SHELLS,
  async run({ shell: word }) {
    const shells = `shells: ${SHELLS.join(", ")}`;
    if (word === undefined) throw new ConfigError("completion names no shell", shells);
    const shell = SHELLS.find((each) => each === word);
    if (shell === undefined) {
      throw new ConfigError(`there is no completion for "${word}"`, didYouMean(String(word), SHELLS) ?? shells);
    }
    process.stdout.write(SCRIPTS[shell]);
    return EXIT_CODES.passed;
  },
};
