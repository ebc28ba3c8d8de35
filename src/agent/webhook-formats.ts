/**
 * What a web hook is sent. `json` is ours (docs/alarms.md); `slack` is Slack's incoming webhook; `alertmanager` is
 * POST /api/v2/alerts of Prometheus' Alertmanager, which wants to hear of an alert again and again while it lasts.
 */
import type { Tool } from "../report/document.ts";
import { safeJson, safeText } from "../report/safe-text.ts";
import type { AlarmRow } from "./alarm-rows.ts";
import { badForMs, formatSpan, type ProfileTitles, rowLine, titleOf } from "./alarm-words.ts";
import type { WebhookFormat } from "./config.ts";
import type { IncidentHead, Notice, NoticeRow } from "./incidents.ts";

export const ALARM_SCHEMA_VERSION = 1;
/** A message names so many rows and hosts; it counts them all. */
const ROWS_MAX = 50;
const HOSTS_MAX = 100;
const LINES_MAX = 10;
/** Without a word from us Alertmanager takes an alert for resolved after this. */
export const ALERT_LASTS_MS = 5 * 60_000;

/** Who sends, and when. */
export interface Sender {
  readonly tool: Tool;
  readonly source: { readonly host: string; readonly role?: string };
  readonly titles: ProfileTitles;
  readonly nowMs: number;
}

export interface OpenIncident {
  readonly head: IncidentHead;
  readonly rows: readonly AlarmRow[];
}

/** The body that tells a notice, as JSON text. */
export function bodyOf(format: WebhookFormat, notice: Notice, sender: Sender): string {
  switch (format) {
    case "json":
      return jsonText(alarmDocument(notice, sender));
    case "slack":
      return jsonText({ text: slackText(notice, sender) });
    case "alertmanager":
      return jsonText([alertOf(notice, sender)]);
  }
}

/** Every open incident for Alertmanager, which forgets what it does not hear of. */
export function activeAlerts(incidents: readonly OpenIncident[], sender: Sender): string {
  return jsonText(
    incidents.map(({ head, rows }) => {
      const atMs = head.startedMs;
      return alertOf({ event: "alarm", incident: head, atMs, rows: rows.map(since), stillBad: rows }, sender);
    }),
  );
}

function since(row: AlarmRow): NoticeRow {
  return { ...row, badSinceMs: row.sinceMs };
}

function jsonText(value: unknown): string {
  return safeJson(JSON.stringify(value));
}

function alarmDocument(notice: Notice, { tool, source, titles }: Sender) {
  const { event, incident, atMs, rows, stillBad } = notice;
  const { id, startedMs, severity } = incident;
  const { wholeHosts: _, hosts, ...cause } = incident.cause;
  return {
    schemaVersion: ALARM_SCHEMA_VERSION,
    tool,
    source,
    event,
    incident: id,
    severity,
    over: stillBad.length === 0,
    title: titleOf(notice, titles),
    cause: { ...cause, hosts: hosts.slice(0, HOSTS_MAX), hostCount: hosts.length },
    startedAt: isoTime(startedMs),
    at: isoTime(atMs),
    ...(event === "recovery" && { badForMs: badForMs(notice) }),
    rowCount: rows.length,
    rows: rows.slice(0, ROWS_MAX).map((row) => rowEntry(row, event)),
    stillBadCount: stillBad.length,
    stillBad: stillBad.slice(0, ROWS_MAX).map((row) => rowEntry(since(row), "alarm")),
  };
}

function rowEntry({ outcome, sinceMs, badSinceMs, result }: NoticeRow, event: Notice["event"]) {
  const { profile, check, service, transport, ports, host, address, group, state, reason, offender, detail } = result;
  return {
    ...{ profile, check, service, transport, ports, host, address, ...(group !== undefined && { group }) },
    ...{ outcome, state, reason, ...(offender !== undefined && { offender }), detail },
    badSince: isoTime(badSinceMs),
    ...(event === "recovery" && { recoveredAt: isoTime(sinceMs) }),
  };
}

/** Slack reads &, < and > as its own marks; with them a peer's text could call everybody. */
function slackText(notice: Notice, { titles, source }: Sender): string {
  const { event, rows, stillBad } = notice;
  const sign = {
    alarm: "ALARM",
    recovery: stillBad.length === 0 ? "RECOVERED" : "PARTLY RECOVERED",
    withdrawal: "NOT ASKED",
  };
  const shown = event === "alarm" ? rows : stillBad;
  const lines = [
    `*${sign[event]}* ${titleOf(notice, titles)}`,
    ...linesOf(shown),
    `seen from ${safeText(source.host)}`,
  ];
  return lines.join("\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function linesOf(rows: readonly AlarmRow[]): readonly string[] {
  const lines = rows.slice(0, LINES_MAX).map(rowLine);
  return rows.length > LINES_MAX ? [...lines, `and ${rows.length - LINES_MAX} more`] : lines;
}

/** The labels make the alert what it is: they never change while it lasts. */
function alertOf(notice: Notice, { titles, source, nowMs }: Sender) {
  const { incident, rows, stillBad, event } = notice;
  const { kind, hosts, address, offender, profile } = incident.cause;
  const over = stillBad.length === 0;
  const several = hosts.length > 1;
  return {
    labels: {
      alertname: "UnityProbe",
      agent: source.host,
      incident: incident.id,
      severity: incident.severity === "failing" ? "critical" : "warning",
      kind,
      ...(several ? {} : { host: hosts[0]! }),
      ...(address !== undefined && { address }),
      ...(offender !== undefined && { offender }),
      ...(profile !== undefined && { profile }),
    },
    annotations: {
      summary: titleOf(notice, titles),
      description: linesOf(event === "alarm" ? rows : stillBad).join("\n"),
      ...(event === "recovery" && { bad_for: formatSpan(badForMs(notice)) }),
    },
    startsAt: isoTime(incident.startedMs),
    endsAt: isoTime(over ? Math.max(nowMs, incident.startedMs) : nowMs + ALERT_LASTS_MS),
  };
}

/** ISO 8601, UTC. */
function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
