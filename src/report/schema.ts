/**
 * The report document as a zod schema, from which the published JSON Schema is generated. No run loads this file:
 * renderers start fast, and the interfaces of document.ts are what the code is written against. The two are held
 * together by a test.
 */
import { z } from "zod";
import {
  DIRECTIONS,
  EXPECTATIONS,
  LOST_WAYS,
  OUTCOMES,
  REASONS,
  SERVICE_STATES,
  STATES,
  TRANSPORTS,
} from "../model/words.ts";
import { SCHEMA_VERSION } from "./document.ts";

const count = z.number().int().min(0);
const milliseconds = z.number().min(0);
/** `22801,22810-22815`. */
const portList = z.string().regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/);

const evidence = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))]),
  )
  .describe("flat facts that the reply or the socket gave; the names depend on the prober");

const estimate = z
  .strictObject({
    packets: count,
    bytes: count,
    worstMs: milliseconds,
    sample: count.exactOptional().describe("how many ports of a longer range are asked"),
  })
  .describe("plan documents only: the most that is sent, and how long it takes when nothing answers");

const counts = {
  pass: count,
  fail: count,
  inconclusive: count,
  skipped: count,
  error: count,
  planned: count.exactOptional().describe("plan documents only"),
};

export const summary = z
  .strictObject({
    ...counts,
    optional: z.strictObject(counts).describe("rows and leads that move no exit code"),
    exitCode: z.number().int(),
    cause: z.string().exactOptional().describe("why the exit code is what it is; absent in a plan"),
    estimate: estimate.exactOptional(),
  })
  .describe("required rows; an any-of group counts once (in a plan: each member), canaries are in no count");

const offender = { address: z.string(), icmpType: count, icmpCode: count };

const range = z.strictObject({
  total: count,
  tested: count,
  open: count,
  closed: count,
  filtered: count,
  openFiltered: count,
  unknown: count,
  ports: z
    .strictObject({
      open: portList.exactOptional(),
      closed: portList.exactOptional(),
      filtered: portList.exactOptional(),
      openFiltered: portList.exactOptional(),
    })
    .describe("the ports by state, ascending, as 22801,22810-22815"),
  lost: z
    .strictObject({ request: portList.exactOptional(), reply: portList.exactOptional() })
    .exactOptional()
    .describe("ports that a responder held, by what did not come through"),
  offenders: z.array(z.strictObject({ ...offender, ports: portList })).exactOptional(),
  confidence: z.string().exactOptional().describe("the statement of a sample, when not all ports were asked"),
});

const asked = {
  profile: z.string(),
  check: z.string().describe("service/transport/ports as written: stable across runs, unique in its profile"),
  service: z.string(),
  transport: z.enum(TRANSPORTS),
  ports: z.string().describe("as the profile writes them: 88 or 5000-5020"),
  prober: z.string(),
  direction: z.enum(DIRECTIONS).describe("out: we send to the target; in: the far end sends and we listen"),
  role: z.string().describe("the role that the target plays"),
  host: z.string().describe("as asked"),
  address: z.string().nullable().describe("as resolved; null where the name has no address or was not resolved"),
  source: z.string().nullable().describe("our own address on the way there; null where it is not known"),
  seenAs: z.string().exactOptional().describe("our address as the far end saw it (after NAT)"),
  expect: z.enum(EXPECTATIONS),
  required: z.boolean().describe("whether it moves the exit code of itself"),
  group: z.string().exactOptional().describe("any-of group: it passes when one member passes"),
  via: z.string().exactOptional().describe("the check whose reply announced this one (a lead)"),
  canary: z.literal(true).exactOptional().describe("a port tried only to see whether the network lies"),
  seed: z
    .strictObject({ document: z.string(), line: count })
    .exactOptional()
    .describe("the vendor document and line that state the row"),
};

export const result = z.strictObject({
  ...asked,
  state: z.enum(STATES).nullable().describe("null: never sent, or not ended"),
  reason: z.enum(REASONS).nullable(),
  serviceState: z.enum(SERVICE_STATES).nullable(),
  outcome: z.enum(OUTCOMES),
  lost: z.enum(LOST_WAYS).exactOptional().describe("a responder held the port, and this did not come through"),
  offender: z.strictObject(offender).exactOptional().describe("who sent the ICMP error"),
  errorQueue: z.boolean().describe("whether type, code and sender of ICMP errors could be seen"),
  detail: z.string(),
  evidence,
  warnings: z.array(z.string()),
  attempts: count.describe("transactions or connections begun"),
  firstTry: z.boolean().describe("whether the first send of the first attempt decided it"),
  rttMs: milliseconds.exactOptional(),
  durationMs: milliseconds,
  timeoutMs: milliseconds.describe("the effective time-out"),
  range: range.exactOptional(),
  estimate: estimate.exactOptional(),
});

/** What every document of ours bears. */
export const heads = {
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  source: z.strictObject({ host: z.string(), role: z.string().exactOptional() }),
  profiles: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      from: z.string(),
      to: z.string(),
      caution: z.string().exactOptional(),
    }),
  ),
  findings: z
    .array(z.strictObject({ check: z.string(), host: z.string(), text: z.string() }))
    .describe("sentences about several results; they change no outcome"),
};

export const reportSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: heads.tool,
  startedAt: z.iso.datetime(),
  durationMs: milliseconds,
  source: heads.source,
  profiles: heads.profiles,
  findings: heads.findings,
  summary,
  results: z.array(result).describe("in the order of the plan, then of the addresses"),
});

/** The published JSON Schema (draft 7, like that of profiles). */
export function reportJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(reportSchema, { target: "draft-7" });
  return { $schema, title: "unity-probe report", ...rest };
}
