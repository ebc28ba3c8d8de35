/**
 * docs/profile-format.md, printed from the schemas of profiles and sites, and profiles/README.md, printed from the
 * profiles and roles that ship.
 */
import { readdir, readFile } from "node:fs/promises";
import { loadProber, proberIds } from "../src/probers/index.ts";
import type { Profile } from "../src/profile/format.ts";
import { packProfiles } from "../src/profile/pack.ts";
import type { Roles } from "../src/profile/roles.ts";
import { parseRoles } from "../src/profile/roles-file.ts";
import { profileJsonSchema } from "../src/profile/schema.ts";
import { siteJsonSchema } from "../src/profile/site-schema.ts";

const folder = new URL("../profiles/", import.meta.url);

/** The text of each page by its path from the repository's root. */
export async function profilePages(): Promise<ReadonlyMap<string, string>> {
  const [roles, profiles] = await Promise.all([shippedRoles(), shippedProfiles()]);
  const probers = await Promise.all(proberIds.map(loadProber));
  const schemas = { profile: profileJsonSchema(probers) as Schema, site: siteJsonSchema(Object.keys(roles)) as Schema };
  return new Map([
    ["docs/profile-format.md", formatPage(schemas)],
    ["profiles/README.md", listPage(profiles, roles)],
  ]);
}

/** The roles in profiles/roles.yaml. */
export async function shippedRoles(): Promise<Roles> {
  const file = "profiles/roles.yaml";
  return parseRoles(await readFile(new URL("roles.yaml", folder), "utf8"), file).roles;
}

async function shippedProfiles(): Promise<readonly Profile[]> {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const files = await Promise.all(
    names
      .filter((name) => /\/.*\.yaml$/.test(name))
      .map(async (file) => ({ file, text: await readFile(new URL(file, folder), "utf8") })),
  );
  const heads = new Map(await Promise.all(proberIds.map(async (id) => [id, await loadProber(id)] as const)));
  return packProfiles(files, heads).profiles;
}

/** What of JSON Schema is printed. */
interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  /** What holds of a profile that extends none. */
  readonly else?: Schema;
}

function formatPage({ profile, site }: { readonly profile: Schema; readonly site: Schema }): string {
  const { variables, switches, rows, source } = profile.properties!;
  const parts: readonly (readonly [string, Schema])[] = [
    ["A profile", profile],
    ["`source`", source!],
    ["An entry of `variables`", variables!.additionalProperties!],
    ["An entry of `switches`", switches!.additionalProperties!],
    ["A row", rows!.items!],
    ["`tls` of a row", rows!.items!.properties!.tls!],
    ["A site file", site],
  ];
  return `# The format of profiles and site files

Printed from the schemas that the product validates with (\`npm run docs\`). Editors that know YAML schemas complete and
explain all of it: \`unity-probe profiles schema\`, or the first line of a shipped profile. \`unity-probe profiles
validate FILE\` names the line and column of what is wrong.

${INTRODUCTION}
${parts.map(([title, schema]) => `## ${title}\n\n${tableOf(schema)}`).join("\n\n")}
`;
}

const INTRODUCTION = `## In short

- **Ports** are \`tcp/88\`, \`udp/22800-32767\`, \`tcp/80,443\` or \`tcp/$name\`; \`/even\` or \`/odd\` behind a range takes every
  other port of it. Each entry of a row is a check of its own, called \`service/transport/ports\`.
- **Variables** differ from site to site: \`--set name=value\`. A row whose ports nobody knows is skipped as "not tested",
  and counts as undecided.
- **Switches** decide which rows are asked: \`--with name\`, \`--without name\`. A row says \`when: https\`, \`when: not https\`,
  \`when: interface=internal\` or \`when: pca or viewmail\`. A switch without a default leaves both sides asked until
  somebody decides. Every profile has the switch \`media-probe\`, which asks its media rows.
- **Groups**: of the rows with one \`group\`, one must pass; all are shown.
- **\`extends\`** takes over another profile: keys that the file writes count, and a row replaces those of the same
  service, transport and ports.

\`\`\`yaml
id: our-failover
extends: failover-secondary
variables:
  dcom-range: {default: 6000-6050}
rows:
  - {service: NTP, ports: [udp/123], prober: ntp, required: false, note: our DCs take time elsewhere}
\`\`\`

A site file says which machine is what. The same file serves every machine of the site; \`--role\` says which one this is.

\`\`\`yaml
role: unity-secondary
hosts:
  domain-controller: [dc01.example.com, dc02.example.com]
  global-catalog: gc01.example.com
  partner-exchange: {host: mail01.example.com, addresses: [192.0.2.9]}
set: {dcom-range: 5000-5020}
with: [sip]
\`\`\`
`;

function tableOf({ properties = {}, required = [], else: alone }: Schema): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const values = schema.enum === undefined ? "" : ` One of ${schema.enum.map((value) => `\`${value}\``).join(", ")}.`;
    const standard = schema.default === undefined || isEmpty(schema.default) ? "" : ` Default: \`${schema.default}\`.`;
    const needed = required.includes(name) ? " **Must be there.**" : "";
    const must = alone?.required?.includes(name) ? " **Must be there**, unless `extends` gives it." : needed;
    return `| \`${name}\` | ${plain(schema.description ?? "")}${values}${standard}${must} |`;
  });
  return ["| key | what it says |", "| --- | --- |", ...rows].join("\n");
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Text in which Markdown finds nothing of its own but code. */
function plain(text: string): string {
  return text.replaceAll(/[\\*_<|[\]]/g, "\\$&");
}

function listPage(profiles: readonly Profile[], roles: Roles): string {
  const products = [...new Set(profiles.map(({ product }) => product))];
  const entries = (product: string) =>
    profiles
      .filter((profile) => profile.product === product)
      .map(({ id, title, from, to, rows, file }) => {
        const checks = rows.reduce((sum, row) => sum + row.ports.length, 0);
        return `| [${id}](${file}) | ${title} | ${from} | ${to} | ${checks} |`;
      });
  const tables = products.map(
    (product) =>
      `## ${product}\n\n| profile | vector | from | to | rows |\n| --- | --- | --- | --- | --- |\n${entries(product).join("\n")}`,
  );
  const kinds = Object.entries(roles).map(([name, { about, isA }]) => `| ${name} | ${about} | ${isA.join(", ")} |`);
  return `# Profiles

${profiles.length} traffic vectors of five vendor documents, one file each. This page is printed from them (\`npm run docs\`);
\`unity-probe profiles show ID\` prints one in full, and [docs/profile-format.md](../docs/profile-format.md) says how they
are written.

${tables.join("\n\n")}

## Roles

What stands in a site file; the last column is what a role also is.

| role | what it is | is a |
| --- | --- | --- |
${kinds.join("\n")}
`;
}
