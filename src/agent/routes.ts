/** What is answered under which path. Everything is read-only, save that the configuration may be read again. */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { World } from "../model/prober.ts";
import type { ReportDocument } from "../report/document.ts";
import type { PageAssets } from "../report/renderer.ts";
import { EXPOSITION_TYPE } from "./exposition.ts";
import { type Body, jsonPieces, LargeBody, writeBody } from "./large-body.ts";
import type { AgentMetrics } from "./metrics.ts";
import { type Probe, ProbeRoute } from "./probe-route.ts";
import { JSON_TEXT, type Reply, says } from "./reply.ts";
import type { StatusSource } from "./status.ts";

export interface RouteParts {
  /** What the page draws; asked for once a second at most, and after a change. */
  status(): StatusSource;
  /** The report of the last run, of a schedule or of all; undefined before there was one. */
  report(schedule: string | undefined): ReportDocument | undefined;
  /** Takes the configuration over as it is now; gives why that could not be. */
  reload(): Promise<string | undefined>;
  /** Why this is not ready yet, in words that anybody may read. */
  ready(): string | undefined;
  readonly metrics: AgentMetrics;
  readonly probe: Probe;
  readonly page: PageAssets;
  readonly world: Pick<World, "monotonicMs" | "wallMs" | "sleep">;
}

export interface Asked {
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface Route {
  /** Answered without the token. */
  readonly isOpen?: true;
  /** Absent: GET and HEAD. A HEAD would set off a probe, which only a GET may. */
  readonly methods?: readonly string[];
  /** `events`: the answer is a stream of them. */
  readonly answer: "events" | ((asked: Asked) => Reply | Promise<Reply>);
}

export interface Routes {
  readonly byPath: ReadonlyMap<string, Route>;
  /** What was written of the cells is old. */
  changed(): void;
}

/** The status says when it was written, when the next run is due and what was missed: it is not old for long. */
const STATUS_KEPT_MS = 1_000;

export function createRoutes(parts: RouteParts): Routes {
  const { metrics, page, world } = parts;
  const probe = new ProbeRoute({ probe: parts.probe, kept: (key) => metrics.cell(key), world });
  const monotonicMs = () => world.monotonicMs();
  const reports = new Reports();
  const exposition = new LargeBody(() => metrics.pieces(), { keptMs: 0, monotonicMs });
  const status = new LargeBody(() => statusPieces(parts.status()), { keptMs: STATUS_KEPT_MS, monotonicMs });
  const byPath = new Map<string, Route>([
    ["/", asset(page.html, "text/html; charset=utf-8")],
    ["/page.css", asset(page.css, "text/css; charset=utf-8")],
    ["/page.js", asset(page.js, "text/javascript; charset=utf-8")],
    ["/-/healthy", { isOpen: true, answer: () => says(200, "healthy") }],
    ["/-/ready", { isOpen: true, answer: () => readiness(parts.ready()) }],
    [
      "/metrics",
      { isOpen: true, answer: async () => ({ status: 200, type: EXPOSITION_TYPE, body: await exposition.get() }) },
    ],
    ["/-/reload", { methods: ["POST", "PUT"], answer: async () => reloaded(await parts.reload()) }],
    ["/probe", { methods: ["GET"], answer: ({ query, headers }) => probe.answer(query, headers) }],
    ["/api/v1/status", { answer: async () => ({ status: 200, type: JSON_TEXT, body: await status.get() }) }],
    ["/api/v1/report", { answer: ({ query }) => reports.reply(parts.report(query.get("schedule") ?? undefined)) }],
    ["/api/v1/events", { answer: "events" }],
  ]);
  return { byPath, changed: () => status.stale() };
}

function readiness(why: string | undefined): Reply {
  return why === undefined ? says(200, "ready") : says(503, `not ready: ${why}`);
}

function reloaded(why: string | undefined): Reply {
  return why === undefined ? says(200, "reloaded") : says(500, `not reloaded: ${why}`);
}

function* statusPieces({ cells, ...head }: StatusSource): Generator<string> {
  yield* jsonPieces(head, "cells", cells);
}

/** Reports as they were written, for as long as somebody has the report itself. */
class Reports {
  readonly #written = new WeakMap<ReportDocument, Promise<Body>>();

  async reply(report: ReportDocument | undefined): Promise<Reply> {
    if (report === undefined) return says(404, "no run has ended yet");
    const { results, ...head } = report;
    const written = this.#written.get(report) ?? writeBody(jsonPieces(head, "results", results));
    this.#written.set(report, written);
    return { status: 200, type: JSON_TEXT, body: await written };
  }
}

/** A part of the page: kept by browsers, and asked for again each time, because a new release changes it. */
function asset(text: string, type: string): Route {
  const tag = `W/"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const body = writeBody([text]);
  const headers = { "Cache-Control": "no-cache", ETag: tag };
  return {
    answer: async ({ headers: { "if-none-match": known = "" } }) =>
      known.split(/\s*,\s*/).includes(tag)
        ? { status: 304, body: "", headers }
        : { status: 200, type, body: await body, headers },
  };
}
