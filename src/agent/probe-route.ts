/** `/probe?target=&module=`, as blackbox_exporter answers it, but only for what the configuration names. */
import type { IncomingHttpHeaders } from "node:http";
import type { World } from "../model/prober.ts";
import { EXPOSITION_TYPE } from "./exposition.ts";
import { writeBody } from "./large-body.ts";
import { type KeptCell, type Probed, type ProbeRun, writeDebug, writeProbe } from "./probe-metrics.ts";
import { ProbedResults } from "./probed-results.ts";
import { type Reply, says } from "./reply.ts";

/**
 * Runs a profile against a host, within the limits that all runs share, and ends within the time: what is then without a
 * result has none in the report. Undefined, at once and with nothing sent: the configuration names no such pair.
 */
export type Probe = (target: string, module: string, timeoutMs: number) => Promise<Probed> | undefined;

export interface ProbeRouteParts {
  readonly probe: Probe;
  readonly kept: KeptCell;
  readonly world: Pick<World, "monotonicMs" | "wallMs" | "sleep">;
}

/** Prometheus counts the way to it and back too. */
const SCRAPE_MARGIN_S = 0.5;
/** Without a word from the scraper, and at most. */
const LONGEST_S = 120;
/** A run that does not end by itself is left behind. */
const GRACE_MS = 250;
/** Runs at once; who asks for one that is going on gets the same. */
const MOST_AT_ONCE = 8;

export class ProbeRoute {
  readonly #parts: ProbeRouteParts;
  readonly #running = new Map<string, Promise<Probed>>();
  readonly #probed: ProbedResults;

  constructor(parts: ProbeRouteParts) {
    this.#parts = parts;
    this.#probed = new ProbedResults(parts.kept, parts.world);
  }

  /** 200 whatever the probe saw; 400 for what was not asked rightly, 503 where too much is going on. */
  async answer(query: URLSearchParams, headers: IncomingHttpHeaders): Promise<Reply> {
    const target = onlyValue(query, "target");
    const module = onlyValue(query, "module");
    if (target === undefined || module === undefined) return says(400, "wants one target and one module");
    const timeoutMs = timeoutOf(headers["x-prometheus-scrape-timeout-seconds"]);
    if (timeoutMs === undefined) return says(400, "X-Prometheus-Scrape-Timeout-Seconds wants a number above 0");
    const key = JSON.stringify([target, module]);
    if (!this.#running.has(key) && this.#running.size >= MOST_AT_ONCE) {
      return says(503, "too many probes at once", { "Retry-After": "5" });
    }
    const running = this.#running.get(key) ?? this.#begin(key, target, module, timeoutMs);
    if (running === undefined) return says(400, "the configuration has no such target with such a module (a profile)");
    const run = await this.#wait(running, timeoutMs);
    const text = writeProbe(run, this.#probed.newest);
    if (query.get("debug") !== "true") return { status: 200, type: EXPOSITION_TYPE, body: await writeBody(text) };
    return { status: 200, body: await writeBody(writeDebug(run, text)) };
  }

  #begin(key: string, target: string, module: string, timeoutMs: number): Promise<Probed> | undefined {
    const probing = this.#parts.probe(target, module, timeoutMs);
    if (probing === undefined) return undefined;
    const running = this.#probed.noted(probing);
    this.#running.set(key, running);
    const end = () => void this.#running.delete(key);
    running.then(end, end);
    return running;
  }

  async #wait(running: Promise<Probed>, timeoutMs: number): Promise<ProbeRun> {
    const { world } = this.#parts;
    const startedMs = world.monotonicMs();
    const startedAtMs = world.wallMs();
    const over = new AbortController();
    const late = world.sleep(timeoutMs + GRACE_MS, over.signal).then(() => undefined);
    try {
      const probed = await Promise.race([running, late]);
      const durationMs = world.monotonicMs() - startedMs;
      return { ...probed, durationMs, timeoutMs, startedAtMs };
    } finally {
      over.abort();
    }
  }
}

/** A parameter that is there once and says something. */
function onlyValue(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  return values.length === 1 && values[0] !== "" ? values[0] : undefined;
}

/** The time that the scraper leaves us, less the way; undefined where it makes no sense. */
function timeoutOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return LONGEST_S * 1000;
  const scrapeS = typeof header === "string" && /^\d{1,6}(?:\.\d{1,9})?$/.test(header) ? Number(header) : 0;
  if (scrapeS === 0) return undefined;
  return Math.min(scrapeS > 2 * SCRAPE_MARGIN_S ? scrapeS - SCRAPE_MARGIN_S : scrapeS / 2, LONGEST_S) * 1000;
}
