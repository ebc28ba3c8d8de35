/**
 * What probes saw themselves: a row that may not be asked again so soon counts as it was seen last, and the last who saw
 * it may have been a probe, whose results are no votes of the agent's cells. What is older than any prober's interval
 * counts for nothing, be it from a history or from a run of yesterday.
 */
import type { World } from "../model/prober.ts";
import { cellKey } from "../report/status-document.ts";
import type { KeptCell, KeptResult, Probed } from "./probe-metrics.ts";

/** Longer than any prober's interval: nothing older stands for a row that is not due. */
const KEPT_MS = 3_600_000;

export class ProbedResults {
  readonly #ofAgent: KeptCell;
  readonly #world: Pick<World, "wallMs">;
  /** By cell; those seen longest ago come first. */
  readonly #seen = new Map<string, KeptResult>();

  constructor(ofAgent: KeptCell, world: Pick<World, "wallMs">) {
    this.#ofAgent = ofAgent;
    this.#world = world;
  }

  /** The same report; once it is there, its results are known. */
  async noted(probing: Promise<Probed>): Promise<Probed> {
    const resultMs = this.#world.wallMs();
    const probed = await probing;
    const { document } = probed;
    for (const result of document.results) {
      if (result.reason === "not-due") continue;
      const key = cellKey(result);
      this.#seen.delete(key);
      this.#seen.set(key, { result, resultMs });
    }
    for (const [key, seen] of this.#seen) {
      if (resultMs - seen.resultMs < KEPT_MS) break;
      this.#seen.delete(key);
    }
    return probed;
  }

  /** The newer of what a probe and what the agent saw of a cell; undefined where that is too old. */
  readonly newest: KeptCell = (key) => {
    const [ofAgent, ofProbe] = [this.#ofAgent(key), this.#seen.get(key)];
    const isOfAgent = (ofAgent?.resultMs ?? 0) > (ofProbe?.resultMs ?? 0);
    const newest = isOfAgent ? ofAgent : ofProbe;
    return newest === undefined || this.#world.wallMs() - newest.resultMs >= KEPT_MS ? undefined : newest;
  };
}
