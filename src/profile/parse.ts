/**
 * A YAML file becomes a profile, or the list of everything that is wrong with it, each with its place. This file
 * reaches yaml and zod, which are slow to load: import it dynamically, and only for YAML that a user gave.
 */
import { type Document, LineCounter, parseDocument } from "yaml";
import type { Evidence } from "../model/evidence.ts";
import type { Prober } from "../model/prober.ts";
import { ConfigError, type Place } from "./config-error.ts";
import type { Profile, ProfileRow, TlsWish, Variable } from "./format.ts";
import { issueErrors } from "./issues.ts";
import { YamlPlaces } from "./places.ts";
import { checkRows, startsTls, textLimit } from "./rows.ts";
import { paramsSchema, profileSchema, type WrittenProfile, type WrittenRow } from "./schema.ts";

/** The shipped files have about 2 KiB. */
const MAX_CHARACTERS = 256 * 1024;
const MAX_ALIASES = 100;

export type Parsed =
  | { readonly ok: true; readonly profile: Profile }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

/**
 * Reads one profile. `file` is its name as messages shall show it; `heads` are all probers that rows may name. Never
 * throws for what is in the text.
 */
export function parseProfile(text: string, file: string, heads: ReadonlyMap<string, Prober>): Parsed {
  if (text.length > MAX_CHARACTERS) {
    return failed(
      new ConfigError(`the file is above ${MAX_CHARACTERS / 1024} KiB`, undefined, { file, line: 1, column: 1 }),
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const places = new YamlPlaces(document, lines, file);
  // One slip makes a YAML parser stumble again and again: only the first fault says anything.
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) return failed(notYaml(fault.message, places.at(fault.pos[0])));
  const data = plainData(document, places);
  if (data instanceof ConfigError) return failed(data);
  return validate(data, file, heads, places);
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

function validate(data: unknown, file: string, heads: ReadonlyMap<string, Prober>, places: YamlPlaces): Parsed {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    const meant = "it begins with keys such as id, title and rows";
    return failed(new ConfigError("the file is not a profile", meant, places.of([])));
  }
  const schema = profileSchema([...heads.keys()]);
  const shaped = schema.safeParse(data, { reportInput: true });
  if (!shaped.success) return failed(...issueErrors(shaped.error.issues, schema, places));
  const errors = shaped.data.rows.flatMap((row, index) => paramErrors(row, index, heads.get(row.prober)!, places));
  checkRows(shaped.data, heads, (path, error) => errors.push(error.at(places.of(path))));
  return errors.length > 0 ? failed(...errors) : { ok: true, profile: profileOf(shaped.data, file, heads, places) };
}

function paramErrors(row: WrittenRow, index: number, head: Prober, places: YamlPlaces): ConfigError[] {
  const schema = paramsSchema(head.params);
  const shaped = schema.safeParse(row.params ?? {}, { reportInput: true });
  const prefix = ["rows", index, "params"];
  return shaped.success ? [] : issueErrors(shaped.error.issues, schema, places, prefix);
}

function failed(...errors: readonly ConfigError[]): Parsed {
  const inOrder = [...errors].sort((a, b) => a.line! - b.line! || a.column! - b.column!);
  return { ok: false, errors: inOrder };
}

function profileOf(
  written: WrittenProfile,
  file: string,
  heads: ReadonlyMap<string, Prober>,
  places: YamlPlaces,
): Profile {
  const { id, title, product, from, to, aliases, caution, source } = written;
  return {
    file,
    id,
    title,
    product,
    from,
    to,
    aliases,
    ...(caution !== undefined && { caution: folded(caution) }),
    ...(source !== undefined && {
      source: { document: source.document, ...(source.section !== undefined && { section: source.section }) },
    }),
    variables: Object.fromEntries(
      Object.keys(written.variables).map((name) => [name, variableFrom(name, written, heads)]),
    ),
    rows: written.rows.map((row, index) => rowOf(row, heads.get(row.prober)!, places.of(["rows", index]).line)),
  };
}

function variableFrom(name: string, written: WrittenProfile, heads: ReadonlyMap<string, Prober>): Variable {
  const { type, default: value, about } = written.variables[name]!;
  const common = { ...(value !== undefined && { default: String(value) }), about: folded(about) };
  return type === "ports" ? { type, ...common } : { type, ...common, maxLength: textLimit(name, written.rows, heads) };
}

function rowOf(row: WrittenRow, head: Prober, at: number): ProfileRow {
  const tls = row.tls ?? (startsTls(row, head) ? { strict: false } : undefined);
  return {
    at,
    service: row.service,
    ports: row.ports,
    prober: row.prober,
    sweeps: head.kind === "sweep",
    expect: row.expect,
    silence: row.silence ?? head.silence,
    required: row.required,
    media: row.media,
    params: (row.params ?? {}) as Evidence,
    ...(row.group !== undefined && { group: row.group }),
    ...(tls !== undefined && { tls: tlsOf(tls) }),
    ...(row["source-port"] !== undefined && { sourcePort: row["source-port"] }),
    ...(row.line !== undefined && { line: row.line }),
    ...(row.note !== undefined && { note: folded(row.note) }),
    ...(row.condition !== undefined && { condition: folded(row.condition) }),
  };
}

function tlsOf(written: NonNullable<WrittenRow["tls"]>): TlsWish {
  const { strict, "server-name": serverName, "client-certificate": clientCertificate } = written;
  return {
    strict,
    ...(serverName !== undefined && { serverName }),
    ...(clientCertificate !== undefined && { clientCertificate }),
  };
}

function folded(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
