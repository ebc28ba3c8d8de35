/**
 * What switches, choices, groups and warned-of variables say about each other: a condition on a switch that nobody
 * declares, a switch that no row uses, a group of one. Mistakes are reported with the path of the value that is wrong.
 */
import { MEDIA_PROBE, parseCondition, type Term } from "./conditions.ts";
import { ConfigError } from "./config-error.ts";
import type { ProfileRow } from "./format.ts";
import { didYouMean } from "./nearest.ts";
import type { Path } from "./places.ts";
import { listOf, type Report } from "./rows.ts";
import type { WrittenProfile } from "./schema.ts";

/** Every mistake of that kind. `inherited` are the rows that the file takes over from the profile that it extends. */
export function checkChoices(profile: WrittenProfile, inherited: readonly ProfileRow[], report: Report): void {
  const used = new Set(inherited.flatMap((row) => row.when).flatMap(namesIn));
  const check = (text: string, path: Path) => {
    try {
      for (const term of parseCondition(text)) {
        used.add(term.name);
        checkTerm(term, profile);
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      report(path, error);
    }
  };
  for (const text of listOf(profile.when)) check(text, ["when"]);
  for (const [index, row] of profile.rows.entries()) {
    for (const text of listOf(row.when)) check(text, ["rows", index, "when"]);
  }
  checkSwitches(profile, used, report);
  checkGroups(profile, inherited, report);
  checkVariables(profile, report);
}

function namesIn(condition: string): readonly string[] {
  return parseCondition(condition).map(({ name }) => name);
}

function checkTerm({ name, choice }: Term, { switches, variables }: WrittenProfile): void {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (choice === undefined) {
    if (Object.hasOwn(switches, name) || name === MEDIA_PROBE) return;
    const meant = variable === undefined ? undefined : `ask for a value of the variable: ${name}=...`;
    const close = didYouMean(name, Object.keys(switches)) ?? `declare it under "switches"`;
    throw new ConfigError(`there is no switch "${name}"`, meant ?? close);
  }
  if (variable?.choices === undefined) {
    const meant = variable === undefined ? `declare it under "variables"` : "list its choices";
    throw new ConfigError(`"${name}" is no variable with choices`, meant);
  }
  if (variable.choices.includes(choice)) return;
  const meant = didYouMean(choice, variable.choices) ?? `there is ${variable.choices.join(", ")}`;
  throw new ConfigError(`"${name}" is never ${choice}`, meant);
}

function checkSwitches({ switches }: WrittenProfile, used: ReadonlySet<string>, report: Report): void {
  for (const name of Object.keys(switches)) {
    if (name === MEDIA_PROBE) {
      report(["switches", name], new ConfigError(`every profile has the switch "${name}"`, "leave it out"));
    } else if (!used.has(name)) {
      report(["switches", name], new ConfigError(`no row uses the switch "${name}"`, `write "when: ${name}" in a row`));
    }
  }
}

/** A group counts once and passes when a member passes: with one member it would only hide that member's failure. */
function checkGroups(profile: WrittenProfile, inherited: readonly ProfileRow[], report: Report): void {
  const sizes = new Map<string, number>();
  for (const { group, ports } of [...inherited, ...profile.rows]) {
    if (group !== undefined) sizes.set(group, (sizes.get(group) ?? 0) + ports.length);
  }
  for (const [index, { group }] of profile.rows.entries()) {
    if (group === undefined || sizes.get(group) !== 1) continue;
    const meant = didYouMean(
      group,
      [...sizes.keys()].filter((other) => other !== group),
    );
    const problem = `the group "${group}" has one member only`;
    report(["rows", index, "group"], new ConfigError(problem, meant ?? "give it another, or leave the group out"));
  }
}

function checkVariables({ variables }: WrittenProfile, report: Report): void {
  for (const [name, variable] of Object.entries(variables)) {
    const path = ["variables", name];
    const { type, choices, default: value, "at-least": atLeast, "apart-from": other } = variable;
    if (type === "ports" && choices !== undefined) {
      report([...path, "choices"], new ConfigError("ports have no choices", `add "type: text"`));
    }
    if (type === "text" && (atLeast ?? other) !== undefined) {
      const key = atLeast === undefined ? "apart-from" : "at-least";
      report([...path, key], new ConfigError(`"${key}" is about ports, and "${name}" is text`));
    }
    if (type === "text" && choices !== undefined && value !== undefined && !choices.includes(String(value))) {
      const meant = didYouMean(String(value), choices) ?? `there is ${choices.join(", ")}`;
      report([...path, "default"], new ConfigError(`the default "${value}" is none of the choices`, meant));
    }
    if (other !== undefined && (other === name || variables[other]?.type !== "ports")) {
      const meant = didYouMean(other, Object.keys(variables)) ?? `declare it under "variables"`;
      report([...path, "apart-from"], new ConfigError(`there is no other variable of ports "${other}"`, meant));
    }
  }
}
