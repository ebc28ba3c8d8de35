/** What fuzzing found, kept in test/fixtures/fuzz/<codec>/ and tried again by `npm test`. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { annotatedHex } from "../../test/wire/captured.ts";
import type { Found } from "./trial.ts";

export const CORPUS = fileURLToPath(new URL("../../test/fixtures/fuzz", import.meta.url));

const BYTES_A_LINE = 32;

/** Writes a finding, and gives the file. The same bytes always take the same file. */
export function keep(folder: string, codec: string, { bytes, wrong }: Found): string {
  const digits = Buffer.from(bytes).toString("hex");
  const lines = digits.match(new RegExp(`.{1,${2 * BYTES_A_LINE}}`, "g")) ?? [];
  const name = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const file = join(folder, codec, `${name}.hex`);
  mkdirSync(join(folder, codec), { recursive: true });
  writeFileSync(file, [`# found by npm run fuzz: ${wrong.replace(/\s+/g, " ")}`, ...lines, ""].join("\n"));
  return file;
}

/** The inputs kept for a codec; none where nothing was ever found. */
export function kept(folder: string, codec: string): readonly Uint8Array[] {
  if (!existsSync(join(folder, codec))) return [];
  const files = readdirSync(join(folder, codec)).sort();
  return files.map((file) => annotatedHex(`${codec}/${file}`, readFileSync(join(folder, codec, file), "utf8")));
}

/** The codecs that something is kept for. */
export function codecsWithFindings(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
