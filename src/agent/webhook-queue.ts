/**
 * One web hook and what waits for it: messages leave one after the other, in order, and each is tried until it is
 * accepted, refused for good, or pushed out by newer ones. Neither the URL nor a header is ever in what is told.
 */
import type { World } from "../model/prober.ts";
import type { Post, PostAnswer } from "../net/post.ts";
import type { WebhookConfig } from "./config.ts";
import type { Undelivered } from "./undelivered.ts";

export const QUEUE_MAX = 256;
const POST_TIMEOUT_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A server may ask for more patience than we have by ourselves, but not for any. */
const LONGEST_WISH_MS = 5 * 60_000;

export interface Message {
  /** What it is about, for the log: `alarm host dc01.example.com`. */
  readonly about: string;
  /** Made when it is sent, for some formats say how long they hold. */
  body(nowMs: number): string;
  /** While a message with this word still waits, another one is not queued. */
  readonly once?: string;
}

/** What became of a message, for the log. */
export interface DeliveryEvent {
  readonly what: "delivered" | "not delivered yet" | "refused for good" | "dropped" | "kept for the next start";
  /** `alerts[0] (slack)`: its place in the configuration. */
  readonly hook: string;
  readonly about: string;
  readonly attempts: number;
  /** The answer's status, or the word for why there was none. */
  readonly status?: number;
  readonly code?: string;
}

/** Since the agent started. */
export interface DeliveryCounts {
  readonly hook: string;
  readonly queued: number;
  readonly delivered: number;
  /** Attempts that failed; a message may fail often and be delivered. */
  readonly failed: number;
  /** Refused for good, pushed out by newer ones, or left at the end. */
  readonly lost: number;
}

export interface DeliveryParts {
  readonly world: Pick<World, "sleep" | "wallMs" | "randomBytes">;
  readonly post: (post: Post, signal: AbortSignal) => Promise<PostAnswer>;
  readonly tell: (event: DeliveryEvent) => void;
  /** Where messages wait over a restart; without it what waits at the end is lost. */
  readonly undelivered?: Undelivered;
}

/** `code` of a POST that had no response in its time. */
const TIMED_OUT = "TIMED-OUT";

export class WebhookQueue {
  readonly #config: WebhookConfig;
  readonly #hook: string;
  readonly #parts: DeliveryParts;
  readonly #waiting: Message[] = [];
  readonly #end = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  #counts = { delivered: 0, failed: 0, lost: 0 };

  /** @param place of the hook in the configuration, from 0 */
  constructor(config: WebhookConfig, place: number, parts: DeliveryParts) {
    this.#config = config;
    this.#hook = `alerts[${place}] (${config.format})`;
    this.#parts = parts;
    for (const { about, body } of parts.undelivered?.of(config) ?? []) this.push({ about, body: () => body });
  }

  get config(): WebhookConfig {
    return this.#config;
  }

  counts(): DeliveryCounts {
    return { hook: this.#hook, queued: this.#waiting.length, ...this.#counts };
  }

  /** Never waits. */
  push(message: Message): void {
    if (this.#end.signal.aborted) return;
    if (message.once !== undefined && this.#waiting.some(({ once }) => once === message.once)) return;
    this.#waiting.push(message);
    // The first one is on its way.
    if (this.#waiting.length > QUEUE_MAX) this.#lose(this.#waiting.splice(1, 1)[0]!, "dropped", 0, {});
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Tries what waits until the signal aborts; what is left then is lost. Nothing can be pushed afterwards. */
  async drain(signal: AbortSignal): Promise<void> {
    const end = () => this.#end.abort();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    this.#wake.abort();
    await this.#running;
    signal.removeEventListener("abort", end);
    end();
    this.#keep();
    const { undelivered, tell } = this.#parts;
    for (const message of this.#waiting.splice(0)) {
      if (undelivered === undefined) this.#lose(message, "dropped", 0, {});
      else if (message.once === undefined)
        tell({ what: "kept for the next start", hook: this.#hook, about: message.about, attempts: 0 });
    }
  }

  /** The hook is no longer in the configuration: what waits is lost. */
  async drop(): Promise<void> {
    this.#end.abort();
    await this.#running;
    for (const message of this.#waiting.splice(0)) this.#lose(message, "dropped", 0, {});
    this.#keep();
  }

  /** What may have to wait for another process. A repeat is made anew there. */
  #keep(): void {
    const { undelivered, world } = this.#parts;
    const lasting = this.#waiting.filter(({ once }) => once === undefined);
    undelivered?.keep(
      this.#config,
      lasting.map(({ about, body }) => ({ about, body: body(world.wallMs()) })),
    );
  }

  async #run(): Promise<void> {
    for (let message = this.#waiting[0]; message !== undefined; message = this.#waiting[0]) {
      const kept = await this.#deliver(message);
      if (kept) return;
      this.#waiting.shift();
      if ((this.#parts.undelivered?.of(this.#config).length ?? 0) > 0) this.#keep();
    }
  }

  /** True when the end came first. */
  async #deliver(message: Message): Promise<boolean> {
    const { world, tell } = this.#parts;
    for (let attempts = 1; !this.#end.signal.aborted; attempts++) {
      const answer = await this.#try(message);
      const about = { hook: this.#hook, about: message.about, attempts, ...wordOf(answer) };
      if (isAccepted(answer)) {
        this.#counts.delivered++;
        tell({ what: "delivered", ...about });
        return false;
      }
      this.#counts.failed++;
      if (!isPassing(answer)) {
        this.#lose(message, "refused for good", attempts, wordOf(answer));
        return false;
      }
      if (this.#end.signal.aborted) break;
      tell({ what: "not delivered yet", ...about });
      this.#keep();
      this.#wake = new AbortController();
      await world.sleep(this.#waitMs(attempts, answer), AbortSignal.any([this.#wake.signal, this.#end.signal]));
    }
    return true;
  }

  async #try(message: Message): Promise<PostAnswer> {
    const { world, post } = this.#parts;
    const over = new AbortController();
    const done = new AbortController();
    let late = false;
    void world.sleep(POST_TIMEOUT_MS, done.signal).then(() => {
      late = !done.signal.aborted;
      over.abort();
    });
    const { url, headers } = this.#config;
    const body = message.body(world.wallMs());
    const signal = AbortSignal.any([over.signal, this.#end.signal]);
    const answer = await post({ url, headers, contentType: "application/json", body }, signal);
    done.abort();
    return late && "code" in answer ? { code: TIMED_OUT } : answer;
  }

  /** Twice as long each time, of which half is left to chance, so that many agents do not come back together. */
  #waitMs(attempts: number, answer: PostAnswer): number {
    const longestMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 16));
    const chance = this.#parts.world.randomBytes(1)[0]! / 255;
    const wishMs = "status" in answer ? Math.min(answer.retryAfterMs ?? 0, LONGEST_WISH_MS) : 0;
    return Math.max(wishMs, longestMs / 2 + (longestMs / 2) * chance);
  }

  #lose(message: Message, what: "refused for good" | "dropped", attempts: number, word: Word): void {
    this.#counts.lost++;
    this.#parts.tell({ what, hook: this.#hook, about: message.about, attempts, ...word });
  }
}

type Word = { readonly status?: number; readonly code?: string };

function wordOf(answer: PostAnswer): Word {
  return "status" in answer ? { status: answer.status } : answer;
}

function isAccepted(answer: PostAnswer): boolean {
  return "status" in answer && answer.status >= 200 && answer.status < 300;
}

/** Whether the same message may be accepted later (RFC 9110 section 15, RFC 6585): a redirect or a refusal is for good. */
function isPassing(answer: PostAnswer): boolean {
  return !("status" in answer) || answer.status >= 500 || [408, 425, 429].includes(answer.status);
}
