/**
 * `extends`: a profile that takes over another one's head, variables, switches and rows. A key that it writes itself
 * counts; a row replaces those of the same service, transport and ports, and any other is added at the end.
 */
import type { Profile, ProfileRow, Variable } from "./format.ts";
import { slugOf } from "./select.ts";

type Data = Readonly<Record<string, unknown>>;

/** What the file says with what it takes over, as plain data that is still to be checked. */
export function withBase(data: Data, base: Profile): Data {
  const { title, product, from, to, caution, source, oddities, symmetric } = base;
  const head = { title, product, from, to, oddities, symmetric };
  return {
    ...head,
    ...(caution !== undefined && { caution }),
    ...(source !== undefined && { source }),
    rows: [],
    ...data,
    variables: merged(data.variables, mapValues(base.variables, writtenVariable)),
    switches: merged(data.switches, base.switches),
  };
}

/** The rows of the base with those of the file in place of theirs. */
export function withBaseRows(rows: readonly ProfileRow[], base: readonly ProfileRow[], at: number): ProfileRow[] {
  const own = new Map(rows.flatMap((row) => row.ports.map((word) => [keyOf(row, word), row] as const)));
  const placed = new Set<ProfileRow>();
  const kept = base.flatMap((row): readonly ProfileRow[] => {
    const replacing = row.ports.flatMap((word) => own.get(keyOf(row, word)) ?? []).filter((one) => !placed.has(one));
    for (const one of replacing) placed.add(one);
    const ports = row.ports.filter((word) => !own.has(keyOf(row, word)));
    return [...new Set(replacing), ...(ports.length === 0 ? [] : [{ ...row, ports, at }])];
  });
  return [...kept, ...rows.filter((row) => !placed.has(row))];
}

function keyOf({ service }: ProfileRow, word: string): string {
  return `${slugOf(service)}/${word}`;
}

/** Each named entry with the keys that the file gives it, over those that it has in the base. */
function merged(given: unknown, base: Data): unknown {
  if (given === undefined) return base;
  if (!isMap(given)) return given;
  const both = mapValues(given, (entry, name) => {
    const before = base[name];
    return isMap(entry) && isMap(before) ? { ...before, ...entry } : entry;
  });
  return { ...base, ...both };
}

function isMap(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues<T, U>(map: Readonly<Record<string, T>>, change: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value, name)]));
}

/** A variable with the keys that a file has. */
function writtenVariable(variable: Variable): Data {
  const { type, default: value, about } = variable;
  const common = { type, about, ...(value !== undefined && { default: value }) };
  if (variable.type === "text") return { ...common, ...(variable.choices && { choices: variable.choices }) };
  const { atLeast, apartFrom } = variable;
  return {
    ...common,
    ...(atLeast !== undefined && { "at-least": atLeast }),
    ...(apartFrom !== undefined && { "apart-from": apartFrom }),
  };
}
