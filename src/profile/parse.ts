/**
 * A YAML file becomes a profile, or the list of everything that is wrong with it, each with its place. This file
 * reaches yaml and zod, which are slow to load: import it dynamically, and only for YAML that a user gave.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Prober } from "../model/prober.ts";
import { checkChoices } from "./choices.ts";
import { ConfigError } from "./config-error.ts";
import { withBase, withBaseRows } from "./extends.ts";
import type { Profile, ProfileRow, TlsWish, Variable } from "./format.ts";
import { issueErrors } from "./issues.ts";
import type { YamlPlaces } from "./places.ts";
import { checkRows, listOf, startsTls, textLimit } from "./rows.ts";
import { paramsSchema, profileSchema, type WrittenProfile, type WrittenRow } from "./schema.ts";
import { inOrder, readYaml } from "./yaml-file.ts";

export type Parsed =
  | { readonly ok: true; readonly profile: Profile }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

/** Finds the profile that another one extends. Throws ConfigError, which gets the place of the word. */
export type FindBase = (word: string) => Promise<Profile>;

/** What the text of one file is parsed against. */
interface Context {
  readonly file: string;
  readonly heads: ReadonlyMap<string, Prober>;
  readonly places: YamlPlaces;
}

/**
 * Reads one profile. `file` is its name as messages shall show it; `heads` are all probers that rows may name. Never
 * throws for what is in the text.
 */
export function parseProfile(text: string, file: string, heads: ReadonlyMap<string, Prober>): Parsed {
  const read = readYaml(text, file);
  return "errors" in read ? failed(...read.errors) : validate(read.data, { file, heads, places: read.places });
}

/** The same for a file that may extend another profile. */
export async function parseExtending(
  text: string,
  file: string,
  heads: ReadonlyMap<string, Prober>,
  findBase: FindBase,
): Promise<Parsed> {
  const read = readYaml(text, file);
  if ("errors" in read) return failed(...read.errors);
  const context = { file, heads, places: read.places };
  const word = (read.data as { readonly extends?: unknown } | null)?.extends;
  if (typeof word !== "string") return validate(read.data, context);
  try {
    return validate(read.data, context, await findBase(word));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return failed(error.file === undefined ? error.at(read.places.of(["extends"])) : error);
  }
}

function validate(data: unknown, context: Context, base?: Profile): Parsed {
  const { heads, places } = context;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    const meant = "it begins with keys such as id, title and rows";
    return failed(new ConfigError("the file is not a profile", meant, places.of([])));
  }
  const schema = profileSchema([...heads.keys()]);
  const whole = base === undefined ? data : withBase(data as Record<string, unknown>, base);
  const shaped = schema.safeParse(whole, { reportInput: true });
  if (!shaped.success) return failed(...issueErrors(shaped.error.issues, schema, places));
  const written = shaped.data;
  if (written.rows.length === 0 && base === undefined) {
    return failed(new ConfigError(`"rows" is empty`, undefined, places.of(["rows"])));
  }
  const errors = written.rows.flatMap((row, index) => paramErrors(row, index, heads.get(row.prober)!, places));
  const report = (path: readonly PropertyKey[], error: ConfigError) => errors.push(error.at(places.of(path)));
  checkRows(written, heads, report);
  const own = written.rows.map((row, index) => {
    return rowOf(row, heads.get(row.prober)!, places.of(["rows", index]).line, listOf(written.when));
  });
  const rows = base === undefined ? own : withBaseRows(own, base.rows, places.of(["extends"]).line);
  const inherited = rows.filter((row) => !own.includes(row));
  checkChoices(written, inherited, report);
  return errors.length > 0 ? failed(...errors) : { ok: true, profile: profileOf(written, rows, context) };
}

function paramErrors(row: WrittenRow, index: number, head: Prober, places: YamlPlaces): ConfigError[] {
  const schema = paramsSchema(head.params);
  const shaped = schema.safeParse(row.params ?? {}, { reportInput: true });
  const prefix = ["rows", index, "params"];
  return shaped.success ? [] : issueErrors(shaped.error.issues, schema, places, prefix);
}

function failed(...errors: readonly ConfigError[]): Parsed {
  return { ok: false, errors: inOrder(errors) };
}

function profileOf(written: WrittenProfile, rows: readonly ProfileRow[], { file, heads }: Context): Profile {
  const { id, title, product, from, to, aliases, caution, source, oddities, symmetric } = written;
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
    oddities: oddities.map(folded),
    symmetric,
    variables: Object.fromEntries(
      Object.keys(written.variables).map((name) => [name, variableFrom(name, written, heads)]),
    ),
    switches: Object.fromEntries(
      Object.entries(written.switches).map(([name, { default: on, about }]) => {
        return [name, { ...(on !== undefined && { default: on }), about: folded(about) }];
      }),
    ),
    rows,
  };
}

function variableFrom(name: string, written: WrittenProfile, heads: ReadonlyMap<string, Prober>): Variable {
  const { type, default: value, about, choices, ...limits } = written.variables[name]!;
  const common = { ...(value !== undefined && { default: String(value) }), about: folded(about) };
  if (type === "text") {
    const maxLength = textLimit(name, written.rows, heads);
    return { type, ...common, ...(choices !== undefined && { choices }), maxLength };
  }
  const { "at-least": atLeast, "apart-from": apartFrom } = limits;
  return {
    type,
    ...common,
    ...(atLeast !== undefined && { atLeast }),
    ...(apartFrom !== undefined && { apartFrom }),
  };
}

/** `when` are the conditions of the whole profile. */
function rowOf(row: WrittenRow, head: Prober, at: number, when: readonly string[]): ProfileRow {
  const tls = row.tls ?? (startsTls(row, head) ? { strict: false } : undefined);
  return {
    at,
    service: row.service,
    stated: row.stated,
    when: [...when, ...listOf(row.when)],
    ports: row.ports,
    prober: row.prober,
    sweeps: head.kind === "sweep",
    expect: row.expect ?? "service",
    silence: row.silence ?? head.silence,
    required: row.required,
    media: row.media,
    params: (row.params ?? {}) as Evidence,
    ...(row.group !== undefined && { group: row.group }),
    ...(tls !== undefined && { tls: tlsOf(tls) }),
    ...(row["source-port"] !== undefined && { sourcePort: row["source-port"] }),
    ...(row.from !== undefined && { from: listOf(row.from) }),
    ...(row.line !== undefined && { line: row.line }),
    ...(row.cites !== undefined && { cites: row.cites }),
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
