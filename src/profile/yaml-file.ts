/**
 * A YAML file as plain data, with the place of everything in it. Reaches the yaml library, which is slow to load: only
 * the path of a user's own YAML may come here.
 */
import { type Document, LineCounter, parseDocument } from "yaml";
import { ConfigError, type Place } from "./config-error.ts";
import { YamlPlaces } from "./places.ts";

/** The shipped files have about 4 KiB. */
const MAX_CHARACTERS = 256 * 1024;
const MAX_ALIASES = 100;

export type YamlFile =
  | { readonly data: unknown; readonly places: YamlPlaces }
  | { readonly errors: readonly ConfigError[] };

/** The text as plain data, or its first fault as YAML. `file` is its name as messages shall show it. */
export function readYaml(text: string, file: string): YamlFile {
  if (text.length > MAX_CHARACTERS) {
    const start = { file, line: 1, column: 1 };
    return { errors: [new ConfigError(`the file is above ${MAX_CHARACTERS / 1024} KiB`, undefined, start)] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const places = new YamlPlaces(document, lines, file);
  // One slip makes a YAML parser stumble again and again: only the first fault says anything.
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) return { errors: [notYaml(fault.message, places.at(fault.pos[0]))] };
  const data = plainData(document, places);
  return data instanceof ConfigError ? { errors: [data] } : { data, places };
}

/** Mistakes in the order of the file. */
export function inOrder(errors: readonly ConfigError[]): readonly ConfigError[] {
  return [...errors].sort((a, b) => a.line! - b.line! || a.column! - b.column!);
}

/** The file as plain data. A file of aliases that would grow without bound is an error. */
function plainData(document: Document, places: YamlPlaces): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (error) {
    return notYaml((error as Error).message, places.of([]));
  }
}

/** After the semicolon the library tells programmers what to call. */
function notYaml(message: string, place: Place): ConfigError {
  return new ConfigError(`not YAML: ${message.split(";")[0]}`, undefined, place);
}
