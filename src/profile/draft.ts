/** One row of a profile, with its variables filled in, becomes a check for each of its port words: no host as yet. */
import type { Check, Row, Skip } from "../model/check.ts";
import type { Evidence } from "../model/evidence.ts";
import { countPorts, type PortSpan } from "../model/ports.ts";
import type { Direction } from "../model/words.ts";
import { MEDIA_PROBE, type Settings, skipByConditions } from "./conditions.ts";
import { ConfigError } from "./config-error.ts";
import type { Profile, ProfileRow, TlsWish } from "./format.ts";
import { formatSpans, parsePorts, splitPortsWord, substitute, variablesIn } from "./ports.ts";
import { slugOf } from "./select.ts";
import { variableOf } from "./text.ts";

/** A check that no host has been given yet. */
export interface Draft extends Omit<Check, "host" | "address" | "addresses" | "source" | "tls" | "sameAs"> {
  readonly sweeps: boolean;
  readonly tlsWish?: TlsWish;
}

/** What all rows of a vector share. */
export interface DraftContext {
  readonly profile: Profile;
  readonly settings: Settings;
  readonly expectPath: boolean;
  readonly direction: Direction;
  /** By the name of the variable that they are about. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

/** A row whose ports nobody knows, or that is left out, says so. Throws ConfigError. */
export function draftRow(row: ProfileRow, word: string, context: DraftContext): Draft {
  const { profile, settings, direction } = context;
  // What comes in is a far end's tokens, never a client of the service.
  const expectPath = context.expectPath || direction === "in";
  const written = splitPortsWord(word);
  const portsWord = substitute(written.ports, settings.values);
  const missing = variablesIn(portsWord);
  const ports = missing.length > 0 ? [] : portsFor(row, portsWord, `${profile.file}:${row.at}: ${word}`);
  const portsText = missing.length > 0 ? portsWord : formatSpans(ports);
  const warnings = variablesIn(written.ports).flatMap((name) => context.warnings.get(name) ?? []);
  const lowered = expectPath && (row.expect === "service" || row.expect === "accept");
  const expect = lowered ? "path" : row.expect;
  // What keeps such a row optional is that silence says nothing about its service; the path can be asked for all the same.
  const onlySilence = expect === "path" && (row.media || row.silence === "inconclusive");
  const askedForPath = expectPath && onlySilence;
  const skip = skipByConditions(row.when, settings, profile.variables) ?? skipOf(row, missing, context);
  return {
    id: `${slugOf(row.service)}/${written.transport}/${portsText}`,
    row: {
      ...checkRow(profile, row, row.required || askedForPath, warnings),
      ...(onlySilence && !row.required && !askedForPath && { requiredIfProven: true }),
    },
    sweeps: row.sweeps,
    ...(direction === "out" && row.sourcePort !== undefined && { sourcePort: row.sourcePort }),
    ...(direction === "out" && row.tls !== undefined && { tlsWish: row.tls }),
    transport: written.transport,
    ports,
    portsText,
    direction,
    prober: row.prober,
    params: paramsFor(row.params, settings.values),
    expect,
    silence: row.silence,
    purpose: "row",
    ...(skip !== undefined && { skip }),
  };
}

/** The parameters with their variables filled in; one whose variable has no value is left out. */
function paramsFor(params: Evidence, values: ReadonlyMap<string, string>): Evidence {
  const filled = Object.entries(params).flatMap(([name, value]) => {
    const variable = variableOf(value);
    const chosen = variable === undefined ? value : values.get(variable);
    return chosen === undefined ? [] : [[name, chosen] as const];
  });
  return Object.fromEntries(filled);
}

/** What a result says of the row that it comes from. */
function checkRow({ id, source }: Profile, row: ProfileRow, required: boolean, warnings: readonly string[]): Row {
  const note = [row.condition, row.note].filter((text) => text !== undefined).join("; ");
  return {
    profile: id,
    service: row.service,
    required,
    ...(row.from !== undefined && { from: row.from }),
    ...(warnings.length > 0 && { warnings }),
    ...(row.group !== undefined && { group: row.group }),
    ...(row.media && { media: true }),
    ...(note !== "" && { note }),
    ...(source !== undefined && row.line !== undefined && { seed: { document: source.document, line: row.line } }),
  };
}

/** The ports of a word whose variables are filled in. `where` names the word in an error. */
function portsFor(row: ProfileRow, portsWord: string, where: string): readonly PortSpan[] {
  try {
    const ports = parsePorts(portsWord);
    if (row.sweeps || countPorts(ports) === 1) return ports;
    throw new ConfigError(`${portsWord} is more than one port, and ${row.prober} asks one`, "set one port");
  } catch (error) {
    throw error instanceof ConfigError ? error.of(where) : error;
  }
}

/** Nobody switched it off, so a profile with nothing else proves nothing. */
export const HELD_BACK: Skip = { why: "could disturb a live call", deliberate: false, unlessProven: true };

function skipOf(row: ProfileRow, missing: readonly string[], context: DraftContext): Skip | undefined {
  if (missing.length > 0) {
    return { why: `not tested: ports unknown, set ${[...new Set(missing)].join(" and ")}`, deliberate: false };
  }
  // What the far end sends comes to a port that we hold ourselves: nobody's call.
  const { direction, expectPath, settings } = context;
  if (row.media && direction === "out" && !expectPath && settings.switches.get(MEDIA_PROBE) !== true) return HELD_BACK;
  return undefined;
}
