/** The status document as a zod schema, from which its published JSON Schema is generated; see schema.ts. */
import { z } from "zod";
import { OUTCOMES } from "../model/words.ts";
import { heads, result, summary } from "./schema.ts";
import { RUN_STATUSES, STATUS_SCHEMA_VERSION } from "./status-document.ts";

const time = z.iso.datetime();
const outcome = z.enum(OUTCOMES);

const run = z.strictObject({
  schedule: z.string(),
  id: z.string().describe("the one that log lines bear"),
  status: z.enum(RUN_STATUSES).describe("agent-offline: our own side was cut off, so the run is no vote"),
  offline: z.string().exactOptional().describe("why the agent holds itself to be cut off"),
  startedAt: time,
  durationMs: z.number().min(0),
  summary,
  nextAt: time.exactOptional().describe("when the schedule is due next"),
  missed: z.number().int().min(0).exactOptional().describe("runs left out since the agent started"),
});

const stretch = z.strictObject({
  outcome,
  votes: z.number().int().min(1),
  from: time.describe("when the first vote was made"),
  to: time.describe("when the last vote was made"),
});

const cell = z.strictObject({
  key: z.string().describe("stable across runs"),
  schedule: z.string().exactOptional().describe("the schedule that asks it; absent in a report"),
  outcome: outcome.describe("as published, after several runs agreed; the last run's own is in result"),
  since: time.exactOptional().describe("when the published outcome began"),
  lastPassAt: time.exactOptional(),
  unsettled: z.literal(true).exactOptional(),
  flapping: z.literal(true).exactOptional(),
  earlier: z.literal(true).exactOptional().describe("as the history has it: nobody looked since the agent started"),
  resultAt: time.describe("when the result was seen; a row that is not yet due keeps an older one"),
  result,
  history: z.array(stretch).exactOptional().describe("raw outcomes, oldest first; votes in a row that said the same"),
});

export const statusSchema = z.strictObject({
  schemaVersion: z.literal(STATUS_SCHEMA_VERSION),
  tool: heads.tool,
  writtenAt: time,
  source: heads.source,
  runs: z.array(run).describe("the last run of each schedule"),
  profiles: heads.profiles,
  findings: heads.findings,
  cells: z.array(cell).describe("in the order of the plans"),
});

/** The published JSON Schema (draft 7, like that of reports). */
export function statusJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(statusSchema, { target: "draft-7" });
  return { $schema, title: "unity-probe status", ...rest };
}
