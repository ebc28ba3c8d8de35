/**
 * What one key of a row says about another: a prober over a transport it cannot use, ports that are none, a variable
 * that nobody declares or that stands in the wrong place, two checks with one id. Mistakes are reported with the path
 * of the value that is wrong.
 */
import { countPorts } from "../model/ports.ts";
import type { Prober } from "../model/prober.ts";
import { ConfigError } from "./config-error.ts";
import { didYouMean } from "./nearest.ts";
import type { Path } from "./places.ts";
import { formatSpans, parsePorts, splitPortsWord, substitute, variablesIn } from "./ports.ts";
import type { WrittenProfile, WrittenRow } from "./schema.ts";
import { slugOf } from "./select.ts";
import { MAX_TEXT_LENGTH, parseText, variableOf } from "./text.ts";

export type Report = (path: Path, error: ConfigError) => void;

/** Every mistake of the variables and rows that their shape alone does not show. */
export function checkRows(profile: WrittenProfile, heads: ReadonlyMap<string, Prober>, report: Report): void {
  const values = new Map<string, string>();
  for (const [name, variable] of Object.entries(profile.variables)) {
    if (variable.default === undefined) continue;
    const value = String(variable.default);
    const path = ["variables", name, "default"];
    if (variable.type === "text") reporting(report, path, () => checkText(name, variable.default, profile, heads));
    else if (reporting(report, path, () => parsePorts(value))) values.set(name, value);
  }
  const seen = new Set<string>();
  for (const [index, row] of profile.rows.entries()) {
    const head = heads.get(row.prober)!;
    checkKeys(row, head, (path, error) => report(["rows", index, ...path], error));
    for (const name of Object.keys(row.params ?? {})) {
      reporting(report, ["rows", index, "params", name], () => checkParam(name, row, head, profile));
    }
    for (const [at, word] of row.ports.entries()) {
      const path = ["rows", index, "ports", at];
      const id = reporting(report, path, () => checkPorts(row, word, head, profile, values));
      if (id === undefined) continue;
      if (seen.has(id)) report(path, new ConfigError(`"${id}" stands twice`, "name the services apart, or drop one"));
      seen.add(id);
    }
  }
}

/** The entries of a key that takes one value or a list of them. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Whether a parameter of the row makes the prober begin TLS inside its protocol. */
export function startsTls(row: WrittenRow, head: Prober): boolean {
  return tlsStarters(head).some((name) => row.params?.[name] === true);
}

function tlsStarters(head: Prober): readonly string[] {
  return Object.keys(head.params).filter((name) => head.params[name]!.startsTls === true);
}

/** What one parameter says of the rest of its row. Its own shape is checked by then. */
function checkParam(name: string, row: WrittenRow, head: Prober, profile: WrittenProfile): void {
  const spec = head.params[name];
  const variable = variableOf(row.params?.[name]);
  if (variable !== undefined) checkVariable(variable, "text", profile);
  if (spec?.needs !== undefined && row.params?.[spec.needs] === undefined) {
    throw new ConfigError(`"${name}" is nothing without "${spec.needs}"`, "write both, or neither");
  }
  if (spec?.type !== "secret" || spec.sentInClear || row.tls !== undefined || startsTls(row, head)) return;
  const ways = ["tls: {}", ...tlsStarters(head).map((starter) => `params: {${starter}: true}`)];
  throw new ConfigError(`"${name}" is sent inside TLS only, and the row has none`, `add ${ways.join(" or ")}`);
}

/** How much text a variable takes: no more than any parameter in which it stands. */
export function textLimit(name: string, rows: readonly WrittenRow[], heads: ReadonlyMap<string, Prober>): number {
  const limits = rows.flatMap(({ prober, params = {} }) =>
    Object.entries(params)
      .filter(([, value]) => variableOf(value) === name)
      .map(([param]) => heads.get(prober)?.params[param]?.maxLength ?? MAX_TEXT_LENGTH),
  );
  return Math.min(MAX_TEXT_LENGTH, ...limits);
}

function checkText(name: string, value: unknown, profile: WrittenProfile, heads: ReadonlyMap<string, Prober>): void {
  if (typeof value !== "string") throw new ConfigError(`the default of "${name}" is not text`, "put it in quotes");
  parseText(value, textLimit(name, profile.rows, heads));
}

/** A variable that stands where `type` is wanted. */
function checkVariable(name: string, type: "ports" | "text", { variables }: WrittenProfile): void {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (variable === undefined) {
    const meant = didYouMean(name, Object.keys(variables)) ?? `declare it under "variables"`;
    throw new ConfigError(`there is no variable "${name}"`, meant);
  }
  if (variable.type === type) return;
  throw type === "text"
    ? new ConfigError(`"$${name}" stands for ports, where text belongs`, `declare it with "type: text"`)
    : new ConfigError(`"$${name}" stands for text, where ports belong`, `declare it without "type: text"`);
}

/** Reads one entry of `ports`, with defaults filled in. Gives the id of its check, or throws ConfigError. */
function checkPorts(
  row: WrittenRow,
  word: string,
  head: Prober,
  profile: WrittenProfile,
  values: ReadonlyMap<string, string>,
): string {
  const { transport, ports } = splitPortsWord(word);
  for (const name of variablesIn(ports)) checkVariable(name, "ports", profile);
  const filled = substitute(ports, values);
  const fixed = filled.split(",").filter((part) => !part.startsWith("$"));
  const spans = fixed.length === 0 ? [] : parsePorts(fixed.join(","));
  if (!head.transports.includes(transport)) {
    const usable = head.transports.map((known) => `${known}/${ports}`).join(" or ");
    throw new ConfigError(`${head.id} cannot use ${transport}`, `did you mean ${usable}?`);
  }
  if (head.kind !== "sweep" && countPorts(spans) > 1) {
    throw new ConfigError(
      `${head.id} asks one port, and "${word}" is more`,
      "give each port an entry, or use port-sweep",
    );
  }
  return `${slugOf(row.service)}/${transport}/${variablesIn(filled).length > 0 ? filled : formatSpans(spans)}`;
}

/** Keys that contradict each other or the prober. */
function checkKeys(row: WrittenRow, head: Prober, report: Report): void {
  const has = (transport: string) => row.ports.findIndex((word) => word.startsWith(`${transport}/`));
  const sweeps = head.kind === "sweep";
  if (asksNothing(head) && row.expect === undefined) {
    const meant = "write expect: path, accept or blocked; or service, and an open port stays undecided";
    report(["expect"], new ConfigError(`${head.id} asks no service`, meant));
  }
  if (row.expect === "accept" && has("udp") !== -1) {
    report(["ports", has("udp")], new ConfigError("nothing accepts over udp", "write expect: service or path"));
  }
  if (row.tls !== undefined && has("udp") !== -1) {
    report(["ports", has("udp")], new ConfigError("tls runs over tcp", "give the udp port a row without tls"));
  }
  if (row.tls === undefined && head.needsTls === true) {
    report(["prober"], new ConfigError(`${head.id} speaks TLS, and the row does not say how`, "add tls: {}"));
  }
  if (row.tls !== undefined && sweeps) report(["tls"], new ConfigError(`${head.id} speaks no TLS`));
  if (row["source-port"] !== undefined && sweeps) {
    report(["source-port"], new ConfigError(`${head.id} takes a new source port for each port`));
  }
}

/** A prober that proves at most that a port is open. */
function asksNothing(head: Prober): boolean {
  return head.kind === "sweep" || head.id === "tcp-connect";
}

function reporting<T>(report: Report, path: Path, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    report(path, error);
    return undefined;
  }
}
