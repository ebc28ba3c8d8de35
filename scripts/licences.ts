/**
 * The licences of the libraries inside a bundle: their terms ask that the notice travels with the copy.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** The package folders that the files lie in, for instance `node_modules/yargs`; nested ones too. */
function packageFolders(files: readonly string[]): string[] {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;
  return [...new Set(files.flatMap((file) => folder.exec(file)?.[0] ?? []))];
}

/** The text of a package's licence file. */
async function licenceText(folder: string): Promise<string | undefined> {
  const name = (await readdir(folder)).sort().find((entry) => /^licen[cs]e/i.test(entry));
  return name === undefined ? undefined : (await readFile(join(folder, name), "utf8")).trim();
}

/**
 * Name, version and licence of each package that the files belong to, as one text.
 *
 * @param root the folder that the paths are relative to
 * @param files paths with forward slashes, as in an esbuild metafile
 * @throws when a package names no licence or ships no text of it: such a package must not be bundled
 */
export async function licencesOf(root: string, files: readonly string[]): Promise<string> {
  const sections = await Promise.all(
    packageFolders(files).map(async (folder) => {
      const manifest: Manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
      const text = await licenceText(join(root, folder));
      if (manifest.license === undefined || text === undefined) {
        throw new Error(`${folder}: no licence or no text of it, so it cannot be shipped in the bundle`);
      }
      return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text}\n`;
    }),
  );
  return `unity-probe contains these libraries.\n\n${[...new Set(sections)].sort().join(`\n${"-".repeat(80)}\n\n`)}`;
}
