/**
 * The shape of a profile file, as a zod schema: it validates what a user gives, and it is published as JSON Schema so
 * that editors complete and explain. What one key says about another (transports, variables, unique ids) is checked
 * in rows.ts. Loading zod takes about 100 ms, so only the path of a user's own YAML may reach this file.
 */
import { z } from "zod";
import type { ParamSpec, Prober } from "../model/prober.ts";
import { EXPECTATIONS, SILENCES } from "../model/words.ts";
import { STATED } from "./format.ts";
import { MAX_TEXT_LENGTH, ONE_LINE } from "./text.ts";

const MAX_ROWS = 500;

/** Printed in tables and logs, so no control characters: they could rewrite the terminal. */
const oneLine = (about: string, maxLength = 120) =>
  z.string().regex(ONE_LINE, "wants one line of text").max(maxLength).describe(about);

/** Sentences; line breaks are folded. */
const prose = (about: string) =>
  z
    .string()
    .regex(/^[^\p{Cc}\s](?:[^\p{Cc}]|[\t\n\r])*$/u, "wants text without control characters")
    .max(1000)
    .describe(about);

const word = (about: string, example: string) =>
  z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, `wants lower-case words joined by hyphens, for instance ${example}`)
    .max(64)
    .meta({ description: about, examples: [example] });

const line = (about: string) => z.int().min(1).max(1_000_000).describe(about);

const source = z
  .strictObject({
    document: oneLine("The vendor's document, by the number or name it is kept under. Quote numbers.").meta({
      examples: ['"001"'],
    }),
    section: oneLine("Heading of the section that states these rows.", 200).optional(),
  })
  .describe("Where the rows come from; each row adds its line.");

const variable = z
  .strictObject({
    type: z
      .enum(["ports", "text"])
      .default("ports")
      .describe("ports: stands in `ports` of a row. text: stands for the value of a parameter."),
    default: z
      .union([z.string().min(1).max(255), z.int()])
      .meta({
        description:
          "Ports without a transport, or text. Without a default, rows whose ports it stands for are not tested until a value is set, and parameters that it stands for are left out.",
        examples: ["5000-5020"],
      })
      .optional(),
    about: prose("What it is for and where a site finds its own value."),
    choices: z
      .array(word("One of the values.", "internal"))
      .min(2)
      .max(16)
      .optional()
      .describe("The only values of a text; conditions ask for them: `interface=internal`."),
    "at-least": z
      .int()
      .min(2)
      .max(65_535)
      .optional()
      .describe("So many ports the vendor wants; a value of fewer is warned of."),
    "apart-from": word("Another variable of ports; values that share a port are warned of.", "dcom-range").optional(),
  })
  .describe("What differs from site to site: `$name` in a row, `--set name=value` on the command line.");

const flip = z
  .strictObject({
    default: z
      .boolean()
      .optional()
      .describe("Without one, the rows on both its sides are asked until --with or --without decides."),
    about: prose("What a site decides by it."),
  })
  .describe("A choice that rows depend on (`when`): `--with NAME`, `--without NAME`.");

const conditions = (about: string) => {
  const condition = z
    .string()
    .min(1)
    .max(200)
    .meta({ examples: ["https"] });
  return z
    .union([condition, z.array(condition).min(1).max(8)])
    .meta({
      description: `${about} A switch, \`not\` and a switch, \`interface=internal\` for a variable with choices, or some of these joined by \`or\`; all entries of a list must hold.`,
      examples: ["https"],
    })
    .optional();
};

const citation = z
  .strictObject({ document: oneLine("A document of the vendor's."), line: line("Its line.") })
  .describe("A further place that states the row.");

const tls = z
  .strictObject({
    "server-name": oneLine(
      "Name sent as SNI and expected in the certificate. Default: the host as given.",
      253,
    ).optional(),
    strict: z
      .boolean()
      .default(false)
      .describe("A certificate that is expired, ends soon, is not trusted or bears another name fails the row."),
    "client-certificate": oneLine(
      "Name of the secret that holds the client's certificate, its key and its chain in PEM, never the key.",
    ).optional(),
  })
  .describe("Speak the protocol inside TLS. `{}` is enough.");

/** What is told of a row and never evaluated. */
const told = {
  line: line("The line of the source document that states this row.").optional(),
  cites: z.array(citation).min(1).max(8).optional().describe("Further places that state the same row."),
  note: prose("What a reader of the result should know.").optional(),
  condition: prose("When the row applies, in words; it is printed, not evaluated.").optional(),
};

const portWords = z
  .array(
    z
      .string()
      .max(255)
      .meta({ examples: ["tcp/88"] }),
  )
  .min(1)
  .max(64)
  .meta({
    description:
      "Transport and ports; each entry is one check. A port, a range, a list with commas or a $variable; `/even` or `/odd` behind a range or variable takes every other port.",
    examples: [["tcp/88", "udp/88"], ["udp/22800-32767"], ["tcp/$dcom-range"], ["udp/16384-32767/even"]],
  });

function rowSchema(proberIds: readonly string[]) {
  return z
    .strictObject({
      service: oneLine("The service as the vendor calls it; its slug begins the id of the row's checks.", 60)
        .regex(/[A-Za-z0-9]/, "wants a letter or a digit")
        .meta({ examples: ["LDAP over SSL"] }),
      ports: portWords,
      prober: z
        .enum(proberIds as [string, ...string[]])
        .describe("What is said to the port: see `unity-probe explain`."),
      expect: z
        .enum(EXPECTATIONS)
        .optional()
        .describe(
          "Default: service, and for a prober that asks no service none: say which. service: its protocol must answer. accept: a TCP listener must accept. path: the network must let it through, whether anything listens or not. blocked: it must not get through.",
        ),
      silence: z
        .enum(SILENCES)
        .optional()
        .describe("What no answer means, where it could mean two things. Default: what the prober's protocol says."),
      required: z.boolean().default(true).describe("false: shown and counted apart, and moves no exit code."),
      stated: z
        .enum(STATED)
        .default("yes")
        .describe(
          "yes: the document states the row. assumed: it leaves transport or target open. lookup: found elsewhere, and the note says where.",
        ),
      from: z
        .union([word("A role.", "front-end"), z.array(word("A role.", "front-end")).min(1).max(16)])
        .meta({
          description: "The role, or roles, that ask this row, where they are not the profile's `from`.",
          examples: ["front-end"],
        })
        .optional(),
      when: conditions("The row is asked only when this holds, else it is skipped."),
      group: word("Any-of group: it passes when one of its rows passes.", "sccp").optional(),
      media: z
        .boolean()
        .default(false)
        .describe("Media ports: a probe could disturb a live call, so the row is asked on request only."),
      params: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("Parameters of the prober. `$name` is the value of a text variable; without one it is left out."),
      tls: tls.optional(),
      "source-port": z
        .int()
        .min(1)
        .max(65_535)
        .optional()
        .describe("Ask from this port, for firewall rules that match the source port."),
      ...told,
    })
    .describe("One line of the vendor's table.");
}

/** The shape of a profile whose rows may name these probers. */
export function profileSchema(proberIds: readonly string[]) {
  return z
    .strictObject({
      id: word("The name that --profile takes.", "failover-secondary"),
      extends: oneLine(
        "Id or path of a profile whose keys, variables, switches and rows this one takes over.",
        255,
      ).optional(),
      title: oneLine("Heading of the results.").meta({ examples: ["Unity secondary → DC"] }),
      product: oneLine("The product whose document states the rows.").meta({ examples: ["Cisco Unity"] }),
      from: word("The role of the machine that probes.", "unity-secondary"),
      to: word("The role of the machine that is probed.", "domain-controller"),
      aliases: z
        .array(word("Another name that --profile takes.", "unity-to-dc"))
        .max(16)
        .default([])
        .describe("Other names that --profile takes."),
      caution: prose("The vendor's advice that no probe can check; printed with every result.").optional(),
      oddities: z
        .array(prose("One oddity, and how it is read here."))
        .max(32)
        .default([])
        .describe("What is odd about the vendor's rows; `profiles show` prints it."),
      symmetric: z
        .boolean()
        .default(false)
        .describe("Both ends must reach each other: the results remind to run it from the other one too."),
      when: conditions("All rows are asked only when this holds."),
      source: source.optional(),
      variables: z
        .record(word("Name of a variable.", "dcom-range"), variable)
        .default({})
        .describe("Ports and parameters that differ from site to site."),
      switches: z.record(word("Name of a switch.", "https"), flip).default({}).describe("Choices that rows depend on."),
      rows: z
        .array(rowSchema(proberIds))
        .max(MAX_ROWS)
        .describe("What must be reachable, in the order of the vendor's table."),
    })
    .describe("One traffic vector: what a machine in the role `from` must reach on one in the role `to`.");
}

export type WrittenProfile = z.output<ReturnType<typeof profileSchema>>;
export type WrittenRow = WrittenProfile["rows"][number];

/** The shape of a row's `params` for one prober: its own keys and no others. */
export function paramsSchema(params: Prober["params"]) {
  return z.strictObject(Object.fromEntries(Object.entries(params).map(([name, spec]) => [name, paramSchema(spec)])));
}

function paramSchema(spec: ParamSpec): z.ZodType {
  const schema = valueSchema(spec);
  return spec.required === true ? schema : schema.optional();
}

function valueSchema(spec: ParamSpec): z.ZodType {
  if (spec.type === "boolean") return z.boolean().describe(spec.about);
  if (spec.type === "integer") return z.int().describe(spec.about);
  if (spec.type === "secret") return word(`${spec.about} The name of a secret, never the secret.`, "bind-password");
  if (spec.values !== undefined) return z.enum(spec.values).describe(spec.about);
  return oneLine(spec.about, spec.maxLength ?? MAX_TEXT_LENGTH);
}

/**
 * The published JSON Schema (draft 7, which the editors' YAML language server reads best). zod gives all but the
 * parameters, which depend on another key: they become one condition for each prober that has some.
 */
export function profileJsonSchema(probers: readonly Prober[]): Record<string, unknown> {
  const schema = z.toJSONSchema(profileSchema(probers.map((prober) => prober.id)), { target: "draft-7", io: "input" });
  const { rows } = schema.properties as { rows: { items: Record<string, unknown> } };
  rows.items.allOf = probers.map((prober) => {
    const { $schema: _, ...params } = z.toJSONSchema(paramsSchema(prober.params), { target: "draft-7", io: "input" });
    return {
      if: { properties: { prober: { const: prober.id } }, required: ["prober"] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema, not a promise.
      then: { properties: { params } },
    };
  });
  const { $schema, required, ...rest } = schema;
  // A profile that extends another one has its keys, down to those of a variable or a switch.
  const parts = rest.properties as Record<string, { additionalProperties: { required?: unknown } }>;
  for (const part of ["variables", "switches"]) parts[part]!.additionalProperties.required = [];
  const whole = { required, properties: { rows: { minItems: 1 } } };
  return {
    $schema,
    title: "unity-probe profile",
    ...rest,
    required: ["id"],
    if: { required: ["extends"] },
    else: whole,
  };
}
