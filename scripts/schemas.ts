/** The published JSON Schemas, drawn from the zod schemas that the product validates with; `npm run docs` writes them. */
import { agentJsonSchema } from "../src/agent/config-schema.ts";
import { loadProber, proberIds } from "../src/probers/index.ts";
import { profileJsonSchema } from "../src/profile/schema.ts";
import { siteJsonSchema } from "../src/profile/site-schema.ts";
import { reportJsonSchema } from "../src/report/schema.ts";
import { statusJsonSchema } from "../src/report/status-schema.ts";
import { shippedRoles } from "./profile-pages.ts";

/** The text of each file in schema/, by its name. */
export async function schemaFiles(): Promise<ReadonlyMap<string, string>> {
  const probers = await Promise.all(proberIds.map(loadProber));
  return new Map([
    ["profile.schema.json", textOf(profileJsonSchema(probers))],
    ["site.schema.json", textOf(siteJsonSchema(Object.keys(await shippedRoles())))],
    ["agent.schema.json", textOf(agentJsonSchema(Object.keys(await shippedRoles())))],
    ["report.schema.json", textOf(reportJsonSchema())],
    ["status.schema.json", textOf(statusJsonSchema())],
  ]);
}

function textOf(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
