/**
 * Writes schema/*.json, the published JSON Schemas, from the zod schemas that the product validates with.
 * `test/profile/json-schema.test.ts` fails when a file is not what this script would write.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadProber, proberIds } from "../src/probers/index.ts";
import { profileJsonSchema } from "../src/profile/schema.ts";

/** The text of each schema file, by its name. */
export async function schemaFiles(): Promise<ReadonlyMap<string, string>> {
  const probers = await Promise.all(proberIds.map(loadProber));
  return new Map([["profile.schema.json", textOf(profileJsonSchema(probers))]]);
}

function textOf(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../schema/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of await schemaFiles()) writeFileSync(new URL(name, folder), text);
}
