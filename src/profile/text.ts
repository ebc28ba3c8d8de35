/**
 * Text that a profile or the command line gives for a parameter: one line, short, and nothing in it that could rewrite
 * a terminal, because it is printed in tables and logs.
 */
import { ConfigError } from "./config-error.ts";

/** How much a parameter takes whose prober does not say. */
export const MAX_TEXT_LENGTH = 255;

/** One line that begins with something visible. */
export const ONE_LINE = /^[^\p{Cc}\s][^\p{Cc}]*$/u;

/** The text of at most `maxLength` characters, as it is. Throws ConfigError without a place. */
export function parseText(text: string, maxLength: number): string {
  if (!ONE_LINE.test(text)) throw new ConfigError("the text is not one line without control characters");
  if (text.length > maxLength) throw new ConfigError(`the text is above the limit of ${maxLength} characters`);
  return text;
}

/** The variable that a parameter's value stands for: `realm` for `$realm`; undefined for any other value. */
export function variableOf(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith("$") ? value.slice(1) : undefined;
}
