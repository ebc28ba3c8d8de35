/**
 * The shipped profiles against the table of the vendors' rows (test/fixtures/seed-rows.tsv), both ways: no row of a
 * document is missing from its profile, and no profile has a row that no document, look-up or note accounts for.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Profile, ProfileRow } from "../../src/profile/format.ts";
import { formatSpans, parsePorts, splitPortsWord, substitute, variablesIn } from "../../src/profile/ports.ts";
import { shippedProfiles } from "./shipped.ts";

const table = readFileSync(new URL("../fixtures/seed-rows.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [vector, ...rest] = line.split("\t");
    return { vector: vector!, row: rest.join(" ") };
  });
const vectors = [...new Set(table.map(({ vector }) => vector))];
let profiles: readonly Profile[];

beforeAll(async () => {
  ({ profiles } = await shippedProfiles());
});

/** The places that state a row, each in the form of the table. */
function linesOf(profile: Profile, row: ProfileRow): readonly string[] {
  const defaults = Object.entries(profile.variables).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const places = [{ document: profile.source!.document, line: row.line }, ...(row.cites ?? [])];
  return row.ports.flatMap((word) => {
    const { transport, ports } = splitPortsWord(word);
    const filled = substitute(ports, new Map(defaults));
    const written = variablesIn(filled).length > 0 ? filled : formatSpans(parsePorts(filled));
    return places.map(({ document, line }) => [transport, written, document, line ?? "-", row.stated].join(" "));
  });
}

describe("the vendors' rows", () => {
  it("are 55 vectors, each a profile", () => {
    expect(vectors).toHaveLength(55);
    expect(profiles.map(({ id }) => id).sort()).toEqual([...vectors].sort());
  });

  it.each(vectors)("of %s are all in its profile, and nothing else is", (vector) => {
    const profile = profiles.find(({ id }) => id === vector)!;
    const wanted = table.filter((line) => line.vector === vector).map(({ row }) => row);
    expect(profile.rows.flatMap((row) => linesOf(profile, row)).sort()).toEqual(wanted.sort());
  });
});
