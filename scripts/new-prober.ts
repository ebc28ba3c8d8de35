/**
 * `npm run new:prober -- ID --kind oneshot|dialogue|sweep` writes a prober, its test, a fixture and its line in the
 * registry, from scripts/prober-templates/. What it writes compiles, keeps the house rules and passes its test: it asks
 * an echo service, until somebody writes the protocol.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const KINDS = ["oneshot", "dialogue", "sweep"];
const USAGE = `usage: npm run new:prober -- ID --kind ${KINDS.join("|")}`;
const REGISTRY = "src/probers/index.ts";

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);

/** The registry's text with one more line, in alphabetical order. Throws when the id is there already. */
export function withEntry(registry: string, id: string, name: string): string {
  const [, head, body, tail] = /^([\s\S]*?const PROBERS = \{\n)([\s\S]*?\n)(\} as const[\s\S]*)$/.exec(registry) ?? [];
  if (head === undefined || body === undefined) throw new Error(`${REGISTRY}: no "const PROBERS = { ... } as const"`);
  const idOf = (line: string): string => /^ {2}"?([\w-]+)/.exec(line)?.[1] ?? "";
  const lines = body.trimEnd().split("\n");
  if (lines.some((line) => idOf(line) === id)) throw new Error(`${REGISTRY}: ${id} is there already`);
  // As biome writes it: a key without quotes where that is possible.
  const key = /^\w+$/.test(id) ? id : `"${id}"`;
  lines.push(`  ${key}: async () => (await import("./${id}.ts")).${name},`);
  lines.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  return `${head}${lines.join("\n")}\n${tail}`;
}

/** `smb-negotiate` as a variable: `smbNegotiate`. */
export function nameOf(id: string): string {
  return id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The files of a new prober, by path. */
async function filesOf(id: string, kind: string): Promise<ReadonlyMap<string, string>> {
  const template = (file: string): Promise<string> => readFile(at(`scripts/prober-templates/${file}`), "utf8");
  const named = (text: string): string =>
    text.replace(/("?)\btemplate\b/g, (_, quote: string) => (quote === "" ? nameOf(id) : `"${id}`));
  const prober = named(await template(`${kind}.ts`)).replaceAll("../../src/", "../");
  const test = named(await template(`${kind}.test.ts`))
    .replaceAll("../../test/", "../")
    .replace(`./${kind}.ts`, `../../src/probers/${id}.ts`);
  const files = new Map([
    [`src/probers/${id}.ts`, prober],
    [`test/probers/${id}.test.ts`, test],
  ]);
  if (kind !== "sweep") files.set(`test/fixtures/wire/${id}/reply.hex`, await template("reply.hex"));
  return files;
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { kind: { type: "string" } } });
  const [id, ...rest] = positionals;
  const { kind = "" } = values;
  if (id === undefined || rest.length > 0 || !KINDS.includes(kind)) throw new Error(USAGE);
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id)) throw new Error(`${id}: an id is lower case, with single hyphens`);
  const registry = withEntry(await readFile(at(REGISTRY), "utf8"), id, nameOf(id));
  for (const [path, text] of await filesOf(id, kind)) {
    await mkdir(at(`${path}/..`), { recursive: true });
    await writeFile(at(path), text, { flag: "wx" });
    process.stdout.write(`${path}\n`);
  }
  await writeFile(at(REGISTRY), registry);
  process.stdout.write(`${REGISTRY}\n`);
  // The profile schema lists all probers; this reads the registry that was written just now.
  await (await import("./docs.ts")).writeDerivedFiles();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  });
}
