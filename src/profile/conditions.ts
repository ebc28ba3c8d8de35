/**
 * When a row applies: `https`, `not https`, `interface=internal`, `pca or viewmail`. A name is a switch, or a variable
 * with choices. A switch that has no default and that nobody set decides nothing: the rows on both its sides are asked.
 */
import type { Skip } from "../model/check.ts";
import { ConfigError } from "./config-error.ts";
import type { Profile } from "./format.ts";

/** A switch that every profile has. */
export const MEDIA_PROBE = "media-probe";

/** One name in a condition. */
export interface Term {
  readonly name: string;
  /** `interface=internal`: the value that is wanted; a switch has none. */
  readonly choice?: string;
  /** `not https`. */
  readonly negated: boolean;
}

/** How the switches of a profile stand, and what its variables are worth. A name that is missing is not settled. */
export interface Settings {
  readonly switches: ReadonlyMap<string, boolean>;
  readonly values: ReadonlyMap<string, string>;
}

const TERM = /^(not )?([a-z0-9]+(?:-[a-z0-9]+)*)(?:=([a-z0-9]+(?:-[a-z0-9]+)*))?$/;

/** The terms of a condition, of which one must hold. Throws ConfigError. */
export function parseCondition(text: string): readonly Term[] {
  return text.split(" or ").map((part) => {
    const match = TERM.exec(part.trim());
    if (match === null) {
      const meant = "write for instance https, not https, interface=internal, or two of these joined by or";
      throw new ConfigError(`"${text}" is no condition`, meant);
    }
    const [, not, name, choice] = match;
    return { name: name!, negated: not !== undefined, ...(choice !== undefined && { choice }) };
  });
}

/** Why a row with these conditions is not asked; undefined when all of them hold, or are not settled. */
export function skipByConditions(
  conditions: readonly string[],
  settings: Settings,
  variables: Profile["variables"],
): Skip | undefined {
  const failing = conditions.map(parseCondition).filter((terms) => !terms.some((term) => holds(term, settings)));
  const off = failing.find((terms) => terms.every((term) => isSettled(term, settings)));
  if (off !== undefined) return { why: off.map((term) => textOf(term, settings)).join(" and "), deliberate: true };
  const open = failing[0]?.find((term) => !isSettled(term, settings));
  if (open === undefined) return undefined;
  const variable = variables[open.name];
  const choices = variable?.type === "text" ? (variable.choices ?? []) : [];
  return { why: `not tested: set ${open.name} to ${choices.join(" or ")}`, deliberate: false };
}

function isSettled({ name, choice }: Term, { values }: Settings): boolean {
  return choice === undefined || values.has(name);
}

function holds({ name, choice, negated }: Term, { switches, values }: Settings): boolean {
  if (choice !== undefined) return values.has(name) && (values.get(name) === choice) !== negated;
  const state = switches.get(name);
  return state === undefined || state !== negated;
}

/** What the matter is with a term that does not hold: `https off`. */
function textOf({ name, choice, negated }: Term, { values }: Settings): string {
  if (choice !== undefined) return `${name} is ${values.get(name)}`;
  return `${name} ${negated ? "on" : "off"}`;
}
