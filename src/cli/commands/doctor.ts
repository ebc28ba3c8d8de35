/** `unity-probe doctor`: what this machine can do, why not, and what that means for a run. No packet leaves it. */
import { EXIT_CODES } from "../../model/result.ts";
import { ConfigError } from "../../profile/config-error.ts";
import { didYouMean } from "../../profile/nearest.ts";
import type { Command } from "../command.ts";
import { diagnose } from "../doctor/diagnosis.ts";
import { thisMachine } from "../doctor/machine.ts";
import { doctorDocument, doctorText } from "../doctor/pages.ts";
import { type Flag, text } from "../flags.ts";
import { toolVersion } from "../version.ts";

const FORMATS = ["table", "json"] as const;

const FLAGS = {
  output: { type: "string", alias: "o", about: "table (the default) or json" },
} as const satisfies Record<string, Flag>;

export const doctorCommand: Command = {
  words: ["doctor"],
  about: "What this machine can do and why not, and what that means for a run; sends nothing",
  flags: FLAGS,
  async run(flags) {
    const format = formatOf(text(flags, "output") ?? "table");
    const machine = await thisMachine();
    const findings = diagnose(machine);
    const page =
      format === "json"
        ? `${JSON.stringify(doctorDocument(machine, findings, toolVersion()), undefined, 2)}\n`
        : doctorText(machine, findings, process.stdout.columns);
    process.stdout.write(page);
    return EXIT_CODES.passed;
  },
};

/** Throws ConfigError. */
function formatOf(word: string): (typeof FORMATS)[number] {
  const format = FORMATS.find((each) => each === word);
  if (format !== undefined) return format;
  throw new ConfigError(
    `doctor has no format "${word}"`,
    didYouMean(word, FORMATS) ?? `formats: ${FORMATS.join(", ")}`,
  );
}
