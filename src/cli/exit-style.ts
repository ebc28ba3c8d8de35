/** How the process ends when there is no report: in its own way, or in that of a monitoring plug-in. */
import { EXIT_CODES } from "../model/result.ts";
import { ConfigError } from "../profile/config-error.ts";
import { NAGIOS_STATES, nagiosLine } from "../report/nagios.ts";

export const EXIT_STYLES = ["plain", "nagios"] as const;
export type ExitStyle = (typeof EXIT_STYLES)[number];

/** The style that flag or twin ask for. Read from the bare words, because a mistake in them ends in that style too. */
export function exitStyleOf(words: readonly string[], env: NodeJS.ProcessEnv): ExitStyle {
  const at = words.indexOf("--exit-style");
  const given = at === -1 ? words.find((word) => word.startsWith("--exit-style="))?.split("=")[1] : words[at + 1];
  return (given ?? env.UNITY_PROBE_EXIT_STYLE) === "nagios" ? "nagios" : "plain";
}

/** The exit code after help or a version was shown; a plug-in has then checked nothing. */
export function codeOfHelp(style: ExitStyle): number {
  return style === "nagios" ? NAGIOS_STATES.unknown : EXIT_CODES.passed;
}

/** Says why there is no report, and gives the exit code: unusable words are the user's, anything else is our own fault. */
export function complain(style: ExitStyle, error: unknown): number {
  const usage = error instanceof ConfigError;
  const message = error instanceof Error ? error.message : String(error);
  if (!usage) process.stderr.write(`${error instanceof Error ? error.stack : message}\n`);
  if (style === "nagios") {
    process.stdout.write(nagiosLine(NAGIOS_STATES.unknown, usage ? message : `internal error: ${message}`));
    return NAGIOS_STATES.unknown;
  }
  if (usage) process.stderr.write(`unity-probe: ${message}\n`);
  return usage ? EXIT_CODES.usage : EXIT_CODES.undecided;
}
