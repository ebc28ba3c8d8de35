/** `unity-probe profiles`: the shipped vectors, one of them in full, a user's own file checked, the schema. */
import { readFile } from "node:fs/promises";
import { holdsPort } from "../../model/ports.ts";
import { EXIT_CODES } from "../../model/result.ts";
import { ConfigError } from "../../profile/config-error.ts";
import type { Profile } from "../../profile/format.ts";
import { didYouMean } from "../../profile/nearest.ts";
import { parsePort, parsePorts, splitPortsWord, substitute, variablesIn } from "../../profile/ports.ts";
import { kinOf, type Roles } from "../../profile/roles.ts";
import { slugOf } from "../../profile/select.ts";
import type { Command } from "../command.ts";
import { type Flag, text } from "../flags.ts";
import { knownProfiles, loadProfiles, parseFile, profileIds, shippedRoles } from "../profile-files.ts";

const WIDTH_MIN = 60;
const WIDTH_MAX = 120;

const FOLDER = {
  "profiles-dir": { type: "string", about: "Folder with YAML files of your own profiles" },
} as const satisfies Record<string, Flag>;

const LIST_FLAGS = {
  from: { type: "string", about: "Only vectors that start from this role, or from what it also is" },
  to: { type: "string", about: "Only vectors that go to this role, or to what it also is" },
  port: { type: "string", about: "Only vectors with this port: 389, or udp/389" },
  service: { type: "string", about: "Only vectors with a service of this name, or part of it" },
  ...FOLDER,
} as const satisfies Record<string, Flag>;

const listCommand: Command = {
  words: ["list", "$0"],
  about: "The profiles there are, by product",
  flags: LIST_FLAGS,
  async run(flags) {
    const [known, roles] = await Promise.all([knownProfiles(text(flags, "profiles-dir")), shippedRoles()]);
    const wish = {
      from: roleOf(text(flags, "from"), known, roles),
      to: roleOf(text(flags, "to"), known, roles),
      port: text(flags, "port"),
      service: text(flags, "service"),
    };
    const profiles = known.filter((profile) => fits(profile, wish, roles));
    const width = Math.max(...profiles.map(({ id }) => id.length));
    for (const product of new Set(profiles.map((profile) => profile.product))) {
      print(product);
      for (const { id, title } of profiles.filter((profile) => profile.product === product)) {
        print(`  ${id.padEnd(width)}  ${title}`);
      }
    }
    if (profiles.length === 0) process.stderr.write("unity-probe: no profile fits\n");
    return EXIT_CODES.passed;
  },
};

const showCommand: Command = {
  words: ["show <id>"],
  about: "One profile in full: rows, sources, notes, switches, variables",
  flags: FOLDER,
  values: profileIds,
  async run(flags) {
    const { profilePage } = await import("../profile-page.ts");
    const [profile] = await loadProfiles([String(flags.id)], text(flags, "profiles-dir"));
    const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, process.stdout.columns ?? WIDTH_MAX));
    for (const line of profilePage(profile!, width)) print(line);
    return EXIT_CODES.passed;
  },
};

const rolesCommand: Command = {
  words: ["roles"],
  about: "The roles of a site file, and what each one also is",
  flags: {},
  async run() {
    const roles = Object.entries(await shippedRoles());
    const width = Math.max(...roles.map(([name]) => name.length));
    for (const [name, { about, isA }] of roles) {
      print(`${name.padEnd(width)}  ${about}${isA.length === 0 ? "" : ` (is a ${isA.join(", ")})`}`);
    }
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
  about: "The JSON Schema of profile files, or of site files, for editors",
  flags: { site: { type: "boolean", about: "The schema of site files" } },
  async run(flags) {
    const name = flags.site === true ? "site" : "profile";
    print((await readFile(new URL(`../../schema/${name}.schema.json`, import.meta.url), "utf8")).trimEnd());
    return EXIT_CODES.passed;
  },
};

export const profilesCommand: Command = {
  words: ["profiles"],
  about: "List, show or check profiles",
  flags: {},
  commands: [listCommand, showCommand, validateCommand, rolesCommand, schemaCommand],
  run: listCommand.run,
};

interface Wish {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly port: string | undefined;
  readonly service: string | undefined;
}

/** A role that a profile or the shipped list knows. Throws ConfigError. */
function roleOf(word: string | undefined, profiles: readonly Profile[], roles: Roles): string | undefined {
  const known = new Set([...Object.keys(roles), ...profiles.flatMap(({ from, to }) => [from, to])]);
  if (word === undefined || known.has(word)) return word;
  throw new ConfigError(
    `there is no role "${word}"`,
    didYouMean(word, known) ?? `"unity-probe profiles roles" shows all`,
  );
}

function fits({ from, to, rows, variables }: Profile, wish: Wish, roles: Roles): boolean {
  const isOne = (role: string | undefined, of: readonly string[]) =>
    role === undefined || kinOf(role, roles).some((kin) => of.includes(kin));
  const port = wish.port === undefined ? undefined : portWish(wish.port);
  const defaults = new Map(Object.entries(variables).map(([name, variable]) => [name, variable.default ?? `$${name}`]));
  return (
    isOne(
      wish.from,
      rows.flatMap((row) => row.from ?? [from]),
    ) &&
    isOne(wish.to, [to]) &&
    (port === undefined || rows.some((row) => row.ports.some((word) => holds(word, port, defaults)))) &&
    (wish.service === undefined || rows.some(({ service }) => slugOf(service).includes(slugOf(wish.service!))))
  );
}

/** `389` or `udp/389`. Throws ConfigError. */
function portWish(word: string): { readonly transport: string | undefined; readonly port: number } {
  const [transport, port] = word.includes("/") ? word.split("/", 2) : [undefined, word];
  if (transport !== undefined && transport !== "tcp" && transport !== "udp") {
    throw new ConfigError(`--port ${word} names no transport`, "write for instance 389 or udp/389");
  }
  return { transport, port: parsePort(port!) };
}

function holds(
  word: string,
  wish: { readonly transport: string | undefined; readonly port: number },
  defaults: ReadonlyMap<string, string>,
): boolean {
  const { transport, ports } = splitPortsWord(word);
  const filled = substitute(ports, defaults);
  if (wish.transport !== undefined && transport !== wish.transport) return false;
  return variablesIn(filled).length === 0 && holdsPort(parsePorts(filled), wish.port);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
