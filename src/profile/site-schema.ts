/** The shape of a site file, for validation and as JSON Schema for editors. */
import { z } from "zod";

const name = z
  .string()
  .min(1)
  .max(254)
  .meta({ description: "A name or an address.", examples: ["dc01.example.com"] });

const host = z.union([
  name,
  z
    .strictObject({
      host: name,
      addresses: z
        .array(z.string().min(1).max(64))
        .min(1)
        .max(16)
        .describe("Further addresses of the machine: an ICMP error from one of them is its own word."),
    })
    .describe("A host with its further addresses."),
]);

const words = (about: string) => z.array(z.string().min(1).max(64)).max(64).default([]).describe(about);

/** The keys of a site file in which these roles may stand; the configuration of an agent has them too. */
export function siteShape(roles: readonly string[]) {
  const role = z.enum(roles as [string, ...string[]]);
  return {
    role: z
      .union([role, z.array(role).min(1).max(16)])
      .meta({
        description: "What this machine is; --role says it for a file that all machines share.",
        examples: ["unity-secondary"],
      })
      .optional(),
    hosts: z
      .partialRecord(role, z.union([host, z.array(host)]).meta({ examples: ["dc01.example.com"] }))
      .describe("Where the others are, by role: a host or a list of them."),
    set: z
      .record(z.string(), z.union([z.string().min(1).max(255), z.int()]))
      .default({})
      .describe("Values of variables, as --set gives them."),
    with: words("Switches that are on."),
    without: words("Switches that are off."),
    responders: words("Hosts with a responder, as --responder names them: HOST or HOST:PORT."),
  };
}

/** The shape of a site file in which these roles may stand. */
export function siteSchema(roles: readonly string[]) {
  return z
    .strictObject(siteShape(roles))
    .describe("Which machine is what: `unity-probe run --site FILE` asks every vector that starts here.");
}

/** What a site file and the configuration of an agent say alike. */
export type WrittenSite = z.output<ReturnType<typeof siteSchema>>;

/** The published JSON Schema (draft 7). */
export function siteJsonSchema(roles: readonly string[]): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(siteSchema(roles), { target: "draft-7", io: "input" });
  return { $schema, title: "unity-probe site", ...rest };
}
