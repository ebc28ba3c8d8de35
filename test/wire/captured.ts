/** Bytes from fixture files; it needs no test runner, so that the fuzzer in scripts/ starts from the same bytes. */
import { readdirSync, readFileSync } from "node:fs";

const FIXTURES = new URL("../fixtures/wire/", import.meta.url);

/** The bytes of `test/fixtures/wire/<path>`: a comment that names their source, then hex with free white space. */
export function fixture(path: string): Uint8Array {
  return annotatedHex(path, readFileSync(new URL(path, FIXTURES), "utf8"));
}

/** The bytes of `test/fixtures/printed/<name>.hex`: what a specification or somebody else printed. */
export function printed(name: string): Uint8Array {
  const path = `../printed/${name}.hex`;
  return annotatedHex(path, readFileSync(new URL(path, FIXTURES), "utf8"));
}

/** All of `test/fixtures/wire/<folder>/`. */
export function fixturesIn(folder: string): readonly Uint8Array[] {
  const files = readdirSync(new URL(`${folder}/`, FIXTURES)).sort();
  return files.map((file) => fixture(`${folder}/${file}`));
}

/** The bytes of a file's text: a line that says where they come from, then hex. Throws where that line is missing. */
export function annotatedHex(path: string, text: string): Uint8Array {
  const [source = "", ...lines] = text.split("\n");
  if (!/^# \S/.test(source)) throw new Error(`${path}: the first line must say where the bytes come from: "# ..."`);
  return hex(lines.join(" "));
}

/** Bytes written as hex with free white space. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new Error(`not hex: ${text.slice(0, 60)}`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}
