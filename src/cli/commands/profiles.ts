/** `unity-probe profiles`: the shipped vectors, one of them in full, a user's own file checked, the schema. */
import { readFile } from "node:fs/promises";
import { EXIT_CODES } from "../../model/result.ts";
import { findProfile } from "../../profile/catalogue.ts";
import type { Profile, ProfileRow } from "../../profile/format.ts";
import type { Command } from "../command.ts";
import { parseFile, profileIds, shippedProfiles } from "../profile-files.ts";

const listCommand: Command = {
  words: ["list", "$0"],
  about: "The shipped profiles",
  flags: {},
  async run() {
    const profiles = await shippedProfiles();
    const width = Math.max(...profiles.map(({ id }) => id.length));
    for (const { id, title, product } of profiles) print(`${id.padEnd(width)}  ${title} (${product})`);
    return EXIT_CODES.passed;
  },
};

const showCommand: Command = {
  words: ["show <id>"],
  about: "One profile in full: rows, sources, notes, variables",
  flags: {},
  values: profileIds,
  async run(flags) {
    for (const line of pageOf(findProfile(await shippedProfiles(), String(flags.id)))) print(line);
    return EXIT_CODES.passed;
  },
};

const validateCommand: Command = {
  words: ["validate <files..>"],
  about: "Check profile files of your own",
  flags: {},
  async run(flags) {
    let exitCode: number = EXIT_CODES.passed;
    for (const file of [flags.files].flat().map(String)) {
      const parsed = await parseFile(file);
      if (parsed.ok) {
        print(`${file}: ${parsed.profile.id}, ${parsed.profile.rows.length} rows`);
        continue;
      }
      for (const error of parsed.errors) process.stderr.write(`${error.message}\n`);
      exitCode = EXIT_CODES.usage;
    }
    return exitCode;
  },
};

const schemaCommand: Command = {
  words: ["schema"],
  about: "The JSON Schema of profile files, for editors",
  flags: {},
  async run() {
    print((await readFile(new URL("../../schema/profile.schema.json", import.meta.url), "utf8")).trimEnd());
    return EXIT_CODES.passed;
  },
};

export const profilesCommand: Command = {
  words: ["profiles"],
  about: "List, show or check profiles",
  flags: {},
  commands: [listCommand, showCommand, validateCommand, schemaCommand],
  run: listCommand.run,
};

function pageOf(profile: Profile): readonly string[] {
  const { id, title, product, from, to, aliases, caution, variables } = profile;
  const source = [profile.source?.document, profile.source?.section].filter((part) => part !== undefined).join(", ");
  return [
    title,
    "",
    `  id        ${[id, ...aliases].join(", ")}`,
    `  product   ${product}`,
    `  vector    ${from} -> ${to}`,
    ...(source === "" ? [] : [`  source    document ${source}`]),
    ...(caution === undefined ? [] : [`  caution   ${caution}`]),
    "",
    ...profile.rows.flatMap(rowLines),
    ...Object.entries(variables).flatMap(([name, variable], at) => [
      ...(at === 0 ? ["", "  Variables (--set name=value)"] : []),
      `    ${name} = ${variable.default ?? "(no default)"}: ${variable.about}`,
    ]),
  ];
}

function rowLines(row: ProfileRow): readonly string[] {
  const facts = [
    `expects ${row.expect}`,
    ...(row.required ? [] : ["not required"]),
    ...(row.line === undefined ? [] : [`line ${row.line}`]),
  ];
  return [
    `  ${row.ports.join(", ").padEnd(36)} ${row.service.padEnd(28)} ${row.prober} (${facts.join(", ")})`,
    ...(row.note === undefined ? [] : [`${" ".repeat(39)}${row.note}`]),
  ];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
