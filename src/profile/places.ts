/** Where a value stands in a YAML file, and a validation issue as an error that a person can act on. */
import { type Document, isMap, isNode, isPair, isScalar, type LineCounter } from "yaml";
import { z } from "zod";
import { ConfigError, type Place } from "./config-error.ts";
import { didYouMean } from "./nearest.ts";

export type Path = readonly PropertyKey[];

/** A parsed YAML file that knows the place of every value in it. */
export class YamlPlaces {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #file: string;

  constructor(document: Document, lines: LineCounter, file: string) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
  }

  /** The place of the value at `path`, or of the nearest thing round it that is there. */
  of(path: Path): Place {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.at(node.range[0]);
    }
    return this.at(0);
  }

  /** The place of a key of the map at `path`. */
  ofKey(path: Path, key: string): Place {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      : undefined;
    return isScalar(pair?.key) && pair.key.range ? this.at(pair.key.range[0]) : this.of(path);
  }

  /** The place of a character, counted from 0. */
  at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line, column: col };
  }
}

/**
 * One issue of zod in our words, with its place. `schema` is what the value was held against, `prefix` where that
 * value stands in the file.
 */
export function issueErrors(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  places: YamlPlaces,
  prefix: Path = [],
): readonly ConfigError[] {
  const path = [...prefix, ...issue.path];
  const name = describePath(path);
  if (issue.code === "unrecognized_keys") {
    const known = keysOf(schemaAt(schema, issue.path));
    return issue.keys.map(
      (key) => new ConfigError(`unknown key "${key}"`, meantKey(key, known), places.ofKey(path, key)),
    );
  }
  if (issue.code === "invalid_key") {
    const key = String(issue.path.at(-1));
    return [
      new ConfigError(`the name "${key}" ${issue.issues[0]?.message}`, undefined, places.ofKey(path.slice(0, -1), key)),
    ];
  }
  if (issue.input === undefined) {
    return [new ConfigError(`${name} is missing`, exampleOf(schemaAt(schema, issue.path)), places.of(path))];
  }
  const [problem, meant] = describeIssue(issue, schemaAt(schema, issue.path));
  return [new ConfigError(`${name} ${problem}`, meant, places.of(path))];
}

function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType | undefined,
): readonly [problem: string, meant?: string | undefined] {
  switch (issue.code) {
    case "invalid_value": {
      const known = issue.values.map(String);
      return [`cannot be "${issue.input}"`, didYouMean(String(issue.input), known) ?? `it is ${known.join(", ")}`];
    }
    case "invalid_type":
      return [
        `wants ${TYPE_WORDS[issue.expected] ?? issue.expected}, not ${describeValue(issue.input)}`,
        exampleOf(schema),
      ];
    case "invalid_union":
      return [`cannot be ${describeValue(issue.input)}`, exampleOf(schema)];
    case "too_small":
      return [issue.origin === "array" ? "is empty" : `is below ${issue.minimum}`];
    case "too_big":
      return [`is above the limit of ${issue.maximum}${UNIT_WORDS[issue.origin] ?? ""}`];
    default:
      return [issue.message];
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
function describePath(path: Path): string {
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
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
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
  if (schema instanceof z.ZodObject) return schema.shape[String(step)] as z.ZodType | undefined;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  return schema instanceof z.ZodRecord ? (schema.valueType as z.ZodType) : undefined;
}
