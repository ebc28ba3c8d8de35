/**
 * `npm run docs` writes every file that is derived from the code: the JSON Schemas, docs/verdicts.md, docs/metrics.md and
 * docs/probers/. A test fails when one of them is not what this script would write.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { reportJsonSchema } from "../src/report/schema.ts";
import { metricsPage } from "./metrics-page.ts";
import { proberPages } from "./prober-pages.ts";
import { profilePages } from "./profile-pages.ts";
import { schemaFiles } from "./schemas.ts";
import { verdictsPage } from "./verdicts-page.ts";

/** The text of each derived file, by its path from the repository's root. */
export async function derivedFiles(): Promise<ReadonlyMap<string, string>> {
  const schemas = [...(await schemaFiles())].map(([name, text]) => [`schema/${name}`, text] as const);
  return new Map([
    ...schemas,
    ["schema/report.schema.json", `${JSON.stringify(reportJsonSchema(), null, 2)}\n`],
    ["docs/verdicts.md", await verdictsPage()],
    ["docs/metrics.md", metricsPage()],
    ...(await proberPages()),
    ...(await profilePages()),
  ]);
}

/** Writes them all. */
export async function writeDerivedFiles(): Promise<void> {
  for (const [path, text] of await derivedFiles()) {
    const target = new URL(`../${path}`, import.meta.url);
    await mkdir(new URL(".", target), { recursive: true });
    await writeFile(target, text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeDerivedFiles();
