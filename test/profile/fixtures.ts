/** Profiles for tests: read from test/fixtures/profiles/, or written in the test. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Check } from "../../src/model/check.ts";
import { expandPlan, type PlanOptions } from "../../src/profile/expand.ts";
import type { Profile } from "../../src/profile/format.ts";
import { parseProfile } from "../../src/profile/parse.ts";
import { heads } from "./heads.ts";

const folder = new URL("../fixtures/profiles/", import.meta.url);

export const fixtureNames: readonly string[] = readdirSync(folder);

export function fixtureText(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** The profile in the text, which must be a good one. */
export function profileFrom(text: string, file = "example.yaml"): Profile {
  const parsed = parseProfile(text, file, heads);
  if (!parsed.ok) throw new AggregateError(parsed.errors, parsed.errors.map((error) => error.message).join("\n"));
  return parsed.profile;
}

/** A profile with these lines as its rows. */
export function profileOf(rows: readonly string[], more = ""): Profile {
  const head = "id: example\ntitle: A → B\nproduct: Example\nfrom: role-a\nto: role-b\n";
  return profileFrom(`${head}${more}rows:\n${rows.map((row) => `  - ${row}\n`).join("")}`);
}

export const fullProfile = (): Profile => profileFrom(fixtureText("full.yaml"), "full.yaml");

/** Options of a run with one host and no chance in it. */
export const options = (more: Partial<PlanOptions> = {}): PlanOptions => ({
  hosts: ["dc01"],
  randomBytes: (length) => new Uint8Array(length).fill(7),
  ...more,
});

/** The rows of a plan, without canaries. */
export const planned = (profiles: readonly Profile[], more?: Partial<PlanOptions>): readonly Check[] =>
  expandPlan(profiles, options(more)).checks.filter((check) => check.purpose === "row");

/** The rows of full.yaml. */
export const full = (more?: Partial<PlanOptions>): readonly Check[] => planned([fullProfile()], more);

/** The check of that id, of which there must be exactly one. */
export function one(checks: readonly Check[], id: string): Check {
  const found = checks.filter((check) => check.id === id);
  expect(found, id).toHaveLength(1);
  return found[0]!;
}
