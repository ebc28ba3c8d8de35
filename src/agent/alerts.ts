/**
 * The alarms of an agent: from what a run changed to web hooks. Nothing here holds up a run. A run that was cut off or
 * interrupted is no news, whatever it saw.
 */
import type { Tool } from "../report/document.ts";
import { TurnFinder } from "./alarm-rows.ts";
import type { CellState, Transition } from "./cell.ts";
import type { WebhookConfig } from "./config.ts";
import { Incidents, type Notice } from "./incidents.ts";
import type { RunRecord } from "./run-record.ts";
import { activeAlerts, bodyOf, type Sender } from "./webhook-formats.ts";
import { type DeliveryCounts, type DeliveryParts, WebhookQueue } from "./webhook-queue.ts";

/** How often Alertmanager hears of what lasts; Prometheus does the same. */
const REPEAT_MS = 60_000;

export interface AlertParts extends DeliveryParts {
  readonly tool: Tool;
  readonly source: Sender["source"];
}

export class Alerts {
  readonly #parts: AlertParts;
  readonly #finder = new TurnFinder();
  readonly #incidents = new Incidents();
  readonly #titles = new Map<string, string>();
  readonly #end = new AbortController();
  #queues: readonly WebhookQueue[];
  #repeating = false;

  constructor(hooks: readonly WebhookConfig[], parts: AlertParts) {
    this.#parts = parts;
    this.#queues = hooks.map((hook, place) => new WebhookQueue(hook, place, parts));
  }

  /** Takes in a run and queues what must be told. Never waits, never throws for what a hook does. */
  note(record: RunRecord, transitions: readonly Transition[], cells: readonly CellState[]): void {
    for (const notice of this.#noticesOf(record, transitions, cells)) this.#queue(notice);
    this.#repeat();
  }

  /** Takes in the cells of an earlier life of the agent, which told of what is bad among them. */
  adopt(cells: readonly CellState[]): void {
    const results = cells.map(({ result }) => result);
    this.#incidents.adopt(this.#finder.badOnes(cells), results);
    this.#repeat();
  }

  /** Other hooks from now on. A hook that stays keeps what waits for it. */
  reload(hooks: readonly WebhookConfig[]): void {
    const before = this.#queues;
    this.#queues = hooks.map((hook, place) => {
      const same = before.find(({ config }) => isSame(config, hook));
      return same ?? new WebhookQueue(hook, place, this.#parts);
    });
    for (const queue of before) if (!this.#queues.includes(queue)) void queue.drop();
    this.#repeat();
  }

  counts(): readonly DeliveryCounts[] {
    return this.#queues.map((queue) => queue.counts());
  }

  /** Tries to deliver what waits until the signal aborts. Nothing is queued afterwards. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#queues.map((queue) => queue.drain(signal)));
  }

  #noticesOf(record: RunRecord, transitions: readonly Transition[], cells: readonly CellState[]): readonly Notice[] {
    if (record.status !== "completed") return [];
    for (const { id, title } of record.document.profiles) this.#titles.set(id, title);
    const { schedule, startedAtMs, durationMs, document } = record;
    const atMs = startedAtMs + durationMs;
    const turns = this.#finder.turnsOf(transitions, cells);
    const notices = this.#incidents.note(turns, { schedule, atMs, asked: document.results });
    if (this.#incidents.open().length === 0) return notices;
    const known = this.#finder.keysOf(cells);
    return [...notices, ...this.#incidents.withdraw((key) => known.has(key), atMs)];
  }

  #queue(notice: Notice): void {
    const about = `${notice.event} ${notice.incident.id}`;
    for (const queue of this.#queues) {
      const { format } = queue.config;
      queue.push({ about, body: (nowMs) => bodyOf(format, notice, this.#sender(nowMs)) });
    }
  }

  #sender(nowMs: number): Sender {
    const { tool, source } = this.#parts;
    return { tool, source, titles: this.#titles, nowMs };
  }

  /** Tells Alertmanager of all that lasts, for as long as something does. */
  #repeat(): void {
    if (this.#repeating || this.#end.signal.aborted || !this.#wantsRepeats()) return;
    this.#repeating = true;
    void this.#parts.world.sleep(REPEAT_MS, this.#end.signal).then(() => {
      this.#repeating = false;
      if (this.#end.signal.aborted || !this.#wantsRepeats()) return;
      const body = (nowMs: number) => activeAlerts(this.#incidents.open(), this.#sender(nowMs));
      for (const queue of this.#queues) {
        if (queue.config.format === "alertmanager") queue.push({ about: "what lasts", body, once: "repeat" });
      }
      this.#repeat();
    });
  }

  #wantsRepeats(): boolean {
    return this.#incidents.open().length > 0 && this.#queues.some(({ config }) => config.format === "alertmanager");
  }
}

function isSame(a: WebhookConfig, b: WebhookConfig): boolean {
  return a.url === b.url && a.format === b.format && JSON.stringify(a.headers) === JSON.stringify(b.headers);
}
