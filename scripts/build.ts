/**
 * Builds dist/: the command line bundled with every library it uses, the shipped profiles checked and packed as JSON,
 * and the licences of what was bundled. bin/ and dist/ run on their own, without node_modules, and use koffi where it
 * is installed.
 *
 * New files are written over the old ones and leftovers removed at the end, so that a build never takes the command
 * away from a test that is running it.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { loadProber, proberIds } from "../src/probers/index.ts";
import { packProfiles } from "../src/profile/pack.ts";
import { parseRoles } from "../src/profile/roles-file.ts";
import { licencesOf } from "./licences.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/**
 * CommonJS libraries call require for Node's own modules, and an ES module has none: it is made in the one file where
 * esbuild looks for it.
 */
function withRequire(code: string): string {
  if (!code.includes("var __require = ")) return code;
  return `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);
${code}`;
}

/** Bundles the command line and the thread of its sweeps: the files by their path in dist/, and what went into them. */
async function bundle(): Promise<{ readonly files: Map<string, string>; readonly metafile: Metafile }> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts", "src/cli/sweep-worker.ts"],
    outbase: "src",
    outdir: "dist",
    // As deep as the entry's folder: `../profiles.json` is the same file from the entry and from every chunk.
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Names and lines stay as they were written: a stack trace in a bug report can be read without a map.
    minify: false,
    legalComments: "linked",
    alias: { "string-width": "./scripts/bundled-string-width.ts" },
    // Native code, one binary a platform: npm installs it beside the bundle, which runs without it too.
    external: ["koffi"],
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const files = new Map(result.outputFiles.map((file) => [relative(dist, file.path), withRequire(file.text)]));
  return { files, metafile: result.metafile };
}

/** The status page: what the agent serves, and `-o html` writes into one file. It has no library in it. */
async function bundlePage(): Promise<Map<string, string>> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ["src/page/main.ts", "src/page/page.css"],
    entryNames: "page",
    outdir: "dist/page",
    bundle: true,
    format: "iife",
    platform: "browser",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    minify: true,
    legalComments: "none",
    // What a peer said could end a script element that stands in a page: only ASCII goes into the file, escaped.
    charset: "ascii",
    write: false,
    logLevel: "warning",
  });
  const files = new Map(result.outputFiles.map((file) => [relative(dist, file.path), file.text]));
  return files.set(join("page", "page.html"), await readFile(join(root, "src/page/page.html"), "utf8"));
}

/** The text of profiles.json. Throws with everything that is wrong in a profile: such a one cannot be shipped. */
async function packedProfiles(): Promise<string> {
  const folder = join(root, "profiles");
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.includes(sep)).sort();
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith(".yaml"))
      .map(async (name) => ({
        file: `profiles/${name.split(sep).join("/")}`,
        text: await readFile(join(folder, name), "utf8"),
      })),
  );
  const probers = await Promise.all(proberIds.map(loadProber));
  const { profiles, errors } = packProfiles(files, new Map(probers.map((prober) => [prober.id, prober])));
  if (errors.length > 0) throw new Error(["cannot be shipped:", ...errors.map(({ message }) => message)].join("\n"));
  return `${JSON.stringify(profiles)}\n`;
}

/** The text of roles.json. Throws with everything that is wrong in the file. */
async function packedRoles(): Promise<string> {
  const file = "profiles/roles.yaml";
  const { roles, errors } = parseRoles(await readFile(join(root, file), "utf8"), file);
  if (errors.length > 0) throw new Error(["cannot be shipped:", ...errors.map(({ message }) => message)].join("\n"));
  return `${JSON.stringify(roles)}\n`;
}

async function writeDist(files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, contents] of files) {
    await mkdir(dirname(join(dist, path)), { recursive: true });
    await writeFile(join(dist, path), contents);
  }
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(relative(dist, path))) await rm(path);
  }
}

const [{ files, metafile }, page, profiles, roles] = await Promise.all([
  bundle(),
  bundlePage(),
  packedProfiles(),
  packedRoles(),
]);
for (const [path, text] of page) files.set(path, text);
files.set("profiles.json", profiles);
files.set("roles.json", roles);
files.set("DEPENDENCIES.txt", await licencesOf(root, Object.keys(metafile.inputs)));
await writeDist(files);
