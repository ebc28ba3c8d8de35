/** Validation issues as errors that a person can act on: our words, the place in the file, the nearest right word. */
import { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { didYouMean, nearest } from "./nearest.ts";
import type { Path, YamlPlaces } from "./places.ts";

type Issue = z.core.$ZodIssue;

/**
 * What zod found wrong. `schema` is what the value was held against (with `reportInput`), `prefix` where that value
 * stands in the file.
 */
export function issueErrors(
  issues: readonly Issue[],
  schema: z.ZodType,
  places: YamlPlaces,
  prefix: Path = [],
): ConfigError[] {
  const mistyped = new Set(issues.flatMap((issue) => mistypedKeys(issue, schema)));
  const telling = issues.filter((issue) => !(isMissing(issue) && mistyped.has(keyPath(issue.path))));
  return telling.flatMap((issue) => errorsOf(issue, schema, places, prefix));
}

function errorsOf(issue: Issue, schema: z.ZodType, places: YamlPlaces, prefix: Path): readonly ConfigError[] {
  const path = [...prefix, ...issue.path];
  const part = schemaAt(schema, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysOf(part);
    return issue.keys.map(
      (key) => new ConfigError(`unknown key "${key}"`, meantKey(key, known), places.ofKey(path, key)),
    );
  }
  if (issue.code === "invalid_key") {
    const key = String(issue.path.at(-1));
    const problem = `the name "${key}" ${issue.issues[0]?.message}`;
    return [new ConfigError(problem, undefined, places.ofKey(path.slice(0, -1), key))];
  }
  const inside = insideMap(issue, part);
  if (inside !== undefined) return issueErrors(inside.issues, inside.schema, places, path);
  if (isMissing(issue)) return [new ConfigError(`${nameOf(path)} is missing`, exampleOf(part), places.of(path))];
  const [problem, meant] = describe(issue, nameOf(path), part);
  return [new ConfigError(problem, meant, places.of(path))];
}

/** Who writes a map where a word or a map may stand has made a mistake inside the map. */
function insideMap(issue: Issue, schema: z.ZodType | undefined) {
  if (issue.code !== "invalid_union" || !(schema instanceof z.ZodUnion)) return undefined;
  if (typeof issue.input !== "object" || issue.input === null || Array.isArray(issue.input)) return undefined;
  const map = mapOf(schema);
  if (map === undefined) return undefined;
  const issues = issue.errors[schema.options.indexOf(map)] ?? [];
  return issues.length === 0 ? undefined : { schema: map, issues };
}

function isMissing(issue: Issue): boolean {
  return issue.input === undefined;
}

/** The paths of the keys that unknown keys were probably meant to be: they are not missing, but mistyped. */
function mistypedKeys(issue: Issue, schema: z.ZodType): readonly string[] {
  if (issue.code !== "unrecognized_keys") return [];
  const known = keysOf(schemaAt(schema, issue.path));
  return issue.keys.map((key) => keyPath([...issue.path, nearest(key, known) ?? key]));
}

function keyPath(path: Path): string {
  return path.map(String).join("\n");
}

function describe(
  issue: Issue,
  name: string,
  schema: z.ZodType | undefined,
): readonly [problem: string, meant?: string | undefined] {
  switch (issue.code) {
    case "invalid_value": {
      const known = issue.values.map(String);
      const meant = didYouMean(String(issue.input), known) ?? `there is ${known.join(", ")}`;
      return [`unknown ${name.replaceAll('"', "")} ${describeValue(issue.input)}`, meant];
    }
    case "invalid_type":
      return [
        `${name} wants ${TYPE_WORDS[issue.expected] ?? issue.expected}, not ${describeValue(issue.input)}`,
        exampleOf(schema),
      ];
    case "invalid_union":
      return [`${name} cannot be ${describeValue(issue.input)}`, exampleOf(schema)];
    case "too_small":
      return [`${name} ${issue.origin === "array" ? "is empty" : `is below ${issue.minimum}`}`];
    case "too_big":
      return [`${name} is above the limit of ${issue.maximum}${UNIT_WORDS[issue.origin] ?? ""}`];
    default:
      return [`${name} ${issue.message}`];
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys",
  record: "a map of names",
};

const UNIT_WORDS: Readonly<Record<string, string>> = { string: " characters", array: " entries" };

function describeValue(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? `"${value}"` : String(value);
}

/** The last key of the path in quotes; list entries are named by their list. */
function nameOf(path: Path): string {
  const key = path.findLast((part) => typeof part === "string");
  if (key === undefined) return "the file";
  return key === "rows" && typeof path.at(-1) === "number" ? "a row" : `"${key}"`;
}

function meantKey(key: string, known: readonly string[]): string {
  return didYouMean(key, known) ?? (known.length === 0 ? "there are no keys here" : `the keys are ${known.join(", ")}`);
}

function exampleOf(schema: z.ZodType | undefined): string | undefined {
  const example = schema === undefined ? undefined : z.globalRegistry.get(schema)?.examples;
  if (!Array.isArray(example)) return undefined;
  return `for instance ${Array.isArray(example[0]) ? `[${example[0].join(", ")}]` : example[0]}`;
}

function keysOf(schema: z.ZodType | undefined): readonly string[] {
  return Object.keys(mapOf(schema)?.shape ?? {});
}

/** The map of keys that a value may be: the schema, or the only such choice of it. */
function mapOf(schema: z.ZodType | undefined): z.ZodObject | undefined {
  const choices: readonly unknown[] = schema instanceof z.ZodUnion ? schema.options : [schema];
  const [map, ...others] = choices.filter((choice) => choice instanceof z.ZodObject);
  return others.length === 0 ? map : undefined;
}

/** The part of a schema that stands at a path; wrappers (optional, default) are taken off at each step but the last. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (const step of path) at = at && childOf(bare(at), step);
  return at && bare(at);
}

function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return bare(schema.unwrap() as z.ZodType);
  return schema;
}

function childOf(schema: z.ZodType, step: PropertyKey): z.ZodType | undefined {
  const map = mapOf(schema);
  if (map !== undefined) return map.shape[String(step)] as z.ZodType | undefined;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  return schema instanceof z.ZodRecord ? (schema.valueType as z.ZodType) : undefined;
}
