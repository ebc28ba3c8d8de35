/**
 * `npm run new:prober -- ID --kind oneshot|dialogue|sweep` writes a prober, its test, a fixture, its line in the
 * registry and its peer for the conformance suite, from scripts/prober-templates/. What it writes compiles, keeps the
 * house rules and passes its tests: it asks an echo service, until somebody writes the protocol.
 */
import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { KINDS, type Kind, nameOf, PEERS, REGISTRY, withPeer, withProber } from "./prober-entries.ts";

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);
const read = (path: string): Promise<string> => readFile(at(path), "utf8");

/** The new files, by path. */
async function newFiles(id: string, kind: Kind): Promise<ReadonlyMap<string, string>> {
  const template = async (file: string): Promise<string> =>
    (await read(`scripts/prober-templates/${file}`)).replace(/("?)\btemplate\b/g, (_, quote: string) =>
      quote === "" ? nameOf(id) : `"${id}`,
    );
  const prober = (await template(`${kind}.ts`)).replaceAll("../../src/", "../");
  const test = (await template(`${kind}.test.ts`))
    .replaceAll("../../test/probers/", "./")
    .replaceAll("../../test/", "../")
    .replace(`./${kind}.ts`, `../../src/probers/${id}.ts`);
  const files = new Map([
    [`src/probers/${id}.ts`, prober],
    [`test/probers/${id}.test.ts`, test],
  ]);
  if (kind !== "sweep") files.set(`test/fixtures/wire/${id}/reply.hex`, await template("reply.hex"));
  return files;
}

/** The files that get an entry, by path. */
async function changedFiles(id: string, kind: Kind): Promise<ReadonlyMap<string, string>> {
  return new Map([
    [REGISTRY, withProber(await read(REGISTRY), id)],
    [PEERS, withPeer(await read(PEERS), id, kind)],
  ]);
}

function readArguments(): { readonly id: string; readonly kind: Kind } {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { kind: { type: "string" } } });
  const [id, ...rest] = positionals;
  const kind = KINDS.find((each) => each === values.kind);
  if (id === undefined || rest.length > 0 || kind === undefined) {
    throw new Error(`usage: npm run new:prober -- ID --kind ${KINDS.join("|")}`);
  }
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id)) throw new Error(`${id}: an id is lower case, with single hyphens`);
  return { id, kind };
}

async function main(): Promise<void> {
  const { id, kind } = readArguments();
  const [changed, added] = [await changedFiles(id, kind), await newFiles(id, kind)];
  for (const [path, text] of added) {
    await mkdir(at(`${path}/..`), { recursive: true });
    await writeFile(at(path), text, { flag: "wx" });
  }
  for (const [path, text] of changed) await writeFile(at(path), text);
  const paths = [...added.keys(), ...changed.keys()];
  process.stdout.write(`${paths.join("\n")}\n`);
  // The order of imports hangs on the id.
  const sources = paths.filter((path) => path.endsWith(".ts"));
  spawnSync("npx", ["biome", "check", "--write", ...sources], { cwd: at("."), shell: true, stdio: "ignore" });
  // The profile schema lists all probers; this reads the registry that was written just now.
  await (await import("./docs.ts")).writeDerivedFiles();
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
