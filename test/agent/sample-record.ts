/** Run records with as much in them as a test asks for. */
import type { RunRecord } from "../../src/agent/run-record.ts";
import type { Outcome } from "../../src/model/words.ts";
import type { ReportDocument, ResultEntry, Summary } from "../../src/report/document.ts";
import { TOOL } from "../report/sample-run.ts";

export const NONE = { pass: 0, fail: 0, inconclusive: 0, skipped: 0, error: 0 } as const;
const SUMMARY: Summary = { ...NONE, optional: NONE, exitCode: 0 };

/** The first run begins here, 2026-01-02 03:04:05 UTC. */
export const EPOCH_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export function entry(outcome: Outcome, more: Partial<ResultEntry> = {}): ResultEntry {
  const asked = outcome !== "skipped";
  return {
    profile: "failover-secondary",
    check: "kerberos/tcp/88",
    service: "Kerberos",
    transport: "tcp",
    ports: "88",
    prober: "kerberos",
    direction: "out",
    role: "domain-controller",
    host: "dc01.example.com",
    address: "10.20.1.10",
    source: "10.10.4.7",
    expect: "service",
    required: true,
    state: asked ? (outcome === "pass" ? "open" : "filtered") : null,
    reason: asked ? (outcome === "pass" ? "protocol-reply" : "no-response") : null,
    serviceState: asked ? (outcome === "pass" ? "confirmed" : "silent") : null,
    outcome,
    errorQueue: true,
    detail: `it was ${outcome}`,
    evidence: { realm: "EXAMPLE.COM" },
    warnings: [],
    attempts: asked ? 1 : 0,
    firstTry: true,
    durationMs: 3,
    timeoutMs: 6000,
    ...more,
  };
}

export function notDue(more: Partial<ResultEntry> = {}): ResultEntry {
  return entry("skipped", { reason: "not-due", detail: "not due: asked 20 s ago, again in 40 s", ...more });
}

/** The name had no address. */
export function nameless(more: Partial<ResultEntry> = {}): ResultEntry {
  return entry("error", { address: null, source: null, state: "unknown", reason: "name-not-found", ...more });
}

/** Run number `run` of a schedule that is due each minute. */
export function record(run: number, results: readonly ResultEntry[], more: Partial<RunRecord> = {}): RunRecord {
  const startedAtMs = more.startedAtMs ?? EPOCH_MS + run * 60_000;
  const document: ReportDocument = {
    schemaVersion: 1,
    tool: TOOL,
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: 250,
    source: { host: "unity2.example.com", role: "unity-secondary" },
    profiles: [
      { id: "failover-secondary", title: "Unity secondary → DC", from: "unity-secondary", to: "domain-controller" },
    ],
    findings: [],
    summary: SUMMARY,
    results,
  };
  return {
    id: `run-${run}`,
    schedule: "default",
    status: "completed",
    startedAtMs,
    durationMs: 250,
    document,
    ...more,
  };
}
