import { describe, expect, it } from "vitest";
import type { Command } from "../../../src/cli/command.ts";
import { offersFor } from "../../../src/cli/completion/offers.ts";

const run = async () => 0;
const ask: Command = {
  words: ["ask", "$0"],
  about: "Ask",
  flags: {
    profile: { type: "array", alias: "p", about: "Profile", values: async () => ["alpha", "beta"] },
    expect: { type: "string", about: "What", choices: ["service", "path"] },
    host: { type: "string", about: "Host" },
    strict: { type: "boolean", alias: "s", about: "Strict" },
  },
  run,
};
const list: Command = {
  words: ["list", "$0"],
  about: "List",
  flags: { long: { type: "boolean", about: "Long" } },
  run,
};
const show: Command = { words: ["show <id>"], about: "Show", flags: {}, values: async () => ["alpha", "beta"], run };
const things: Command = { words: ["things"], about: "Things", flags: {}, commands: [list, show], run };

/** The offers behind the program's name; a blank at the end begins a new word. */
async function offered(line: string): Promise<readonly string[]> {
  return (await offersFor(line.split(" "), [ask, things])).map(({ word }) => word);
}

describe("what may follow", () => {
  it.each<readonly [string, readonly string[]]>([
    ["", ["ask", "things"]],
    ["th", ["things"]],
    ["x", []],
    ["things ", ["list", "show"]],
    ["things show ", ["alpha", "beta"]],
    ["things show al", ["alpha"]],
    ["things --", ["--long", "--help", "--version"]],
    ["things show --", ["--help", "--version"]],
    ["--", ["--profile", "--expect", "--host", "--strict", "--help", "--version"]],
    ["--ex", ["--expect"]],
    ["ask --ex", ["--expect"]],
    ["--profile ", ["alpha", "beta"]],
    ["-p b", ["beta"]],
    ["--expect ", ["service", "path"]],
    ["--expect path --e", []],
    ["-s --st", []],
    ["--profile alpha --pro", ["--profile"]],
    ["--host ", []],
    ["--host ask ", []],
    ["--strict --exp", ["--expect"]],
    ["--strict ", []],
    ["ask x ", []],
  ])("%j: %j", async (line, words) => {
    expect(await offered(line)).toEqual(words);
  });

  it("says what a verb or a flag is for", async () => {
    expect(await offersFor(["th"], [ask, things])).toEqual([{ word: "things", about: "Things" }]);
    expect(await offersFor(["--st"], [ask, things])).toEqual([{ word: "--strict", about: "Strict" }]);
  });
});
