/**
 * The shape of an agent's configuration: the keys of a site file and those that say when it is asked, who may look and
 * who is told. For validation and as JSON Schema for editors. zod is slow to load: only the agent comes here.
 */
import { z } from "zod";
import { siteShape } from "../profile/site-schema.ts";
import { WEBHOOK_FORMATS } from "./config.ts";
import { DURATION, SHARE, SIZE } from "./quantities.ts";

const MAX_SCHEDULES = 32;
const MAX_ALERTS = 16;
const MAX_HEADERS = 16;
const MAX_TEXT = 4_096;

const LISTEN_EXAMPLE = "127.0.0.1:9464";

const text = (about: string, example: string) =>
  z
    .string()
    .min(1)
    .max(MAX_TEXT)
    .meta({ description: about, examples: [example] });

/** Filled in from the environment or a file before it is used. */
const secretText = (about: string, example: string) =>
  text(`${about} \${NAME} stands for a variable of the environment, \${file:PATH} for what a file holds.`, example);

const quantity = (pattern: RegExp, about: string, examples: readonly [string, ...string[]]) =>
  z
    .string()
    .regex(pattern, `wants a number with its unit, for instance ${examples[0]}`)
    .max(32)
    .meta({ description: about, examples: [...examples] });

const picks = (about: string) => z.array(z.string().min(1).max(64)).min(1).max(64).optional().describe(about);

const schedule = z
  .strictObject({
    every: quantity(DURATION, "A run each time so long after the one before was due, 1s to 7d.", [
      "60s",
      "5m",
    ]).optional(),
    cron: text("A cron pattern instead, with seconds in front where it has six fields.", "*/5 * * * *").optional(),
    timezone: text("The time zone of the pattern, by its IANA name.", "Europe/Berlin").optional(),
    jitter: z
      .string()
      .regex(new RegExp(`${SHARE.source}|${DURATION.source}`), "wants a share or a time, for instance 10% or 5s")
      .max(32)
      .meta({
        description: "Each run begins up to so much later, by chance: a share of `every`, or a time.",
        examples: ["10%"],
      })
      .optional(),
    profiles: picks("Only these vectors, by the id of their profile."),
    only: picks("Only these rows: a service, tcp/389 or udp/22800-32767."),
    skip: picks("All rows but these."),
  })
  .describe("When to ask: `every` or `cron`.");

const name = z
  .string()
  .max(32)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "wants lower-case words joined by hyphens, for instance every-night");

const listen = z
  .union([
    text("ADDRESS:PORT, the address a literal.", LISTEN_EXAMPLE),
    z.strictObject({
      address: text("A literal; 127.0.0.1 unless said.", "127.0.0.1").optional(),
      port: z.int().min(0).max(65_535).optional().describe("9464 unless said; 0 for any that is free."),
      token: secretText(
        "What a reader must send as its bearer token; health and metrics are open. Needed where the address is not a loopback address.",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a configuration
        "${file:/run/secrets/token}",
      ).optional(),
    }),
  ])
  .meta({
    description: "Where the status page, the metrics and the reports are read; nowhere where it is left out.",
    examples: [LISTEN_EXAMPLE],
  });

const history = z
  .strictObject({
    dir: text("The folder, relative to this file; it is made when it is missing.", "./history"),
    max: quantity(SIZE, "The oldest runs are dropped above this size, at least 1MB; 64MB unless said.", [
      "64MB",
    ]).optional(),
  })
  .describe("Where runs are kept, so that a restart forgets nothing.");

const damping = z
  .strictObject({
    changes: z.int().min(1).max(60).describe("So many runs must agree; 2 unless said."),
    of: z.int().min(1).max(60).describe("Out of the last so many; 3 unless said."),
  })
  .describe("When a cell of the matrix changes its outcome.");

const webhook = z.strictObject({
  url: secretText("Where messages are posted; http or https.", "http://127.0.0.1:9999/hook"),
  format: z
    .enum(WEBHOOK_FORMATS)
    .optional()
    .meta({ description: "How they are written; json unless said.", examples: ["json"] }),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, "is no name of a header"),
      secretText("Its value.", "Bearer abc"),
    )
    .refine((headers) => Object.keys(headers).length <= MAX_HEADERS, `has more than ${MAX_HEADERS} entries`)
    .optional()
    .describe("Headers of the request."),
});

/** The keys that a site file does not have. */
const agentShape = {
  schedule: schedule.optional(),
  schedules: z
    .record(name, schedule)
    .refine((all) => Object.keys(all).length <= MAX_SCHEDULES, `has more than ${MAX_SCHEDULES} entries`)
    .optional()
    .describe("Several schedules instead of one, by their names."),
  listen: listen.optional(),
  history: history.optional(),
  damping: damping.optional(),
  alerts: z
    .array(z.strictObject({ webhook: webhook.describe("A web hook.") }))
    .max(MAX_ALERTS)
    .optional()
    .describe("Who is told of changes."),
  "self-check": z
    .strictObject({
      gateway: z.boolean().optional().describe("Ask the default gateway; true unless said."),
      anchor: text("A service that always answers: tcp/ADDRESS:PORT.", "tcp/10.0.0.53:53").optional(),
    })
    .optional()
    .describe("What must answer for a bad run to be believed: else we ourselves are cut off, and nobody is told."),
  limits: z
    .strictObject({
      concurrency: z.int().min(1).max(1_000).optional().describe("Checks at once, over all schedules; 64 unless said."),
      rate: z.int().min(1).max(1_000_000).optional().describe("New flows a second in a sweep; 2000 unless said."),
    })
    .optional()
    .describe("How much at once."),
  "key-file": text(
    "The file with the key that we share with the responders, relative to this one.",
    "responder.key",
  ).optional(),
  secrets: z
    .record(z.string().min(1).max(64), text("The file, relative to this one.", "bind-password"))
    .optional()
    .describe("Files with the secrets that rows name."),
};

/** The shape of a configuration in which these roles may stand. */
export function agentSchema(roles: readonly string[]) {
  return z
    .strictObject({ ...siteShape(roles), ...agentShape })
    .describe("What is asked, when, and who is told: `unity-probe agent --config FILE`.");
}

export type WrittenAgent = z.output<ReturnType<typeof agentSchema>>;
export type WrittenSchedule = z.output<typeof schedule>;

/** The published JSON Schema (draft 7). */
export function agentJsonSchema(roles: readonly string[]): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(agentSchema(roles), { target: "draft-7", io: "input" });
  return { $schema, title: "unity-probe agent", ...rest };
}
