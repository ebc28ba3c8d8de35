import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openUndelivered, type Undelivered } from "../../src/agent/undelivered.ts";
import { type DeliveryEvent, type DeliveryParts, QUEUE_MAX, WebhookQueue } from "../../src/agent/webhook-queue.ts";
import { type PostAnswer, post } from "../../src/net/post.ts";
import { HeldClock } from "../engine/held-clock.ts";
import { deferred, leavesNoSocket, serve } from "../net/loopback.ts";

const SECRET = "T0K3N-of-the-hook";
const HOOK = {
  url: `http://127.0.0.1:9/services/${SECRET}`,
  format: "json",
  headers: { Authorization: `Bearer ${SECRET}` },
} as const;

const message = (about: string) => ({ about, body: () => JSON.stringify({ about }) });

/** A queue over a scripted far end and a held clock. */
function scripted(answers: readonly PostAnswer[], undelivered?: Undelivered) {
  const clock = new HeldClock();
  const sentAtMs: number[] = [];
  const bodies: string[] = [];
  const told: DeliveryEvent[] = [];
  const left = [...answers];
  const queue = new WebhookQueue(HOOK, 0, {
    world: clock.world,
    post: async ({ body }) => {
      sentAtMs.push(clock.nowMs);
      bodies.push(body);
      return left.shift() ?? { status: 200 };
    },
    tell: (event) => told.push(event),
    ...(undelivered !== undefined && { undelivered }),
  });
  return { clock, queue, sentAtMs, bodies, told };
}

const forever = new AbortController().signal;

describe("what a hook did not take", () => {
  const store = async (path: string) => openUndelivered(path, (sentence) => expect.fail(sentence));

  it("is tried again by the next process, once, and in its order", async () => {
    const folder = await mkdtemp(join(tmpdir(), "unity-undelivered-"));
    const path = join(folder, "alarms.json");
    const first = await store(path);
    const down = scripted(
      Array.from({ length: 9 }, () => ({ status: 503 })),
      first,
    );
    for (const about of ["one", "two"]) down.queue.push(message(about));
    await down.clock.passes(down.clock.sleep(1_000));
    await down.clock.passes(down.queue.drain(AbortSignal.abort()));
    await first.flush();
    expect(down.told.map(({ what }) => what)).toContain("kept for the next start");
    expect(down.queue.counts().lost).toBe(0);
    const text = await readFile(path, "utf8");
    expect(text).not.toContain(SECRET);

    const second = await store(path);
    const well = scripted([], second);
    await well.clock.passes(well.clock.sleep(1_000));
    expect(well.bodies.map((body) => JSON.parse(body).about)).toEqual(["one", "two"]);
    await second.flush();
    const third = scripted([], await store(path));
    await third.clock.passes(third.clock.sleep(1_000));
    expect(third.bodies).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it("is not what the next process finds after a crash in the middle of a file of nonsense", async () => {
    const folder = await mkdtemp(join(tmpdir(), "unity-undelivered-"));
    const path = join(folder, "alarms.json");
    for (const text of ["", "{", '{"version":2,"hooks":[]}', '{"version":1,"hooks":[["a",[{}]]]}']) {
      await writeFile(path, text);
      const said: string[] = [];
      const read = await openUndelivered(path, (sentence) => said.push(sentence));
      expect([read.of(HOOK), said]).toEqual([[], [`the alarms that waited are lost: ${path} is damaged`]]);
    }
    await rm(folder, { recursive: true });
  });
});

describe("a queue of messages", () => {
  it("tries again what failed, later each time up to a minute, half of it by chance", async () => {
    const { clock, queue, sentAtMs, told } = scripted(Array.from({ length: 12 }, () => ({ code: "ECONNREFUSED" })));
    queue.push(message("one"));
    // Draining cuts only the first wait short.
    while (queue.counts().queued > 0) await clock.passes(clock.sleep(1_000));
    const waits = sentAtMs.slice(1).map((atMs, at) => atMs - sentAtMs[at]!);
    expect(waits).toHaveLength(12);
    for (const [at, waitMs] of waits.entries()) {
      const longestMs = Math.min(60_000, 1_000 * 2 ** at);
      expect(waitMs).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waitMs).toBeLessThanOrEqual(longestMs);
    }
    expect(told.map(({ what }) => what)).toEqual([...Array(12).fill("not delivered yet"), "delivered"]);
    expect(queue.counts()).toEqual({ hook: "alerts[0] (json)", queued: 0, delivered: 1, failed: 12, lost: 0 });
  });

  it("keeps the order, also behind one that fails", async () => {
    const { clock, queue, bodies } = scripted([{ status: 503 }, { code: "ECONNRESET" }]);
    for (const about of ["one", "two", "three"]) queue.push(message(about));
    await clock.passes(queue.drain(forever));
    expect(bodies.map((body) => JSON.parse(body).about)).toEqual(["one", "one", "one", "two", "three"]);
  });

  it.each([301, 307, 400, 401, 403, 404, 410, 413, 422])("gives up a message at %i, and goes on", async (status) => {
    const { clock, queue, bodies, told } = scripted([{ status }]);
    for (const about of ["one", "two"]) queue.push(message(about));
    await clock.passes(queue.drain(forever));
    expect(bodies).toHaveLength(2);
    expect(told).toEqual([
      { what: "refused for good", hook: "alerts[0] (json)", about: "one", attempts: 1, status },
      { what: "delivered", hook: "alerts[0] (json)", about: "two", attempts: 1, status: 200 },
    ]);
    expect(queue.counts()).toMatchObject({ delivered: 1, lost: 1 });
  });

  it.each([408, 425, 429, 500, 502, 503, 504])("tries again at %i", async (status) => {
    const { clock, queue, bodies } = scripted([{ status }]);
    queue.push(message("one"));
    await clock.passes(queue.drain(forever));
    expect(bodies).toHaveLength(2);
  });

  it("waits as long as the far end wishes, up to five minutes", async () => {
    const { clock, queue, sentAtMs } = scripted([
      { status: 429, retryAfterMs: 90_000 },
      { status: 503, retryAfterMs: 86_400_000 },
    ]);
    queue.push(message("one"));
    while (queue.counts().queued > 0) await clock.passes(clock.sleep(1_000));
    expect(sentAtMs).toEqual([0, 90_000, 390_000]);
  });

  it("drops the oldest that waits when it is full, and counts it", async () => {
    const answer = deferred<PostAnswer>();
    const told: DeliveryEvent[] = [];
    const bodies: string[] = [];
    const queue = new WebhookQueue(HOOK, 0, {
      world: new HeldClock().world,
      post: ({ body }) => {
        bodies.push(body);
        return answer.promise;
      },
      tell: (event) => told.push(event),
    });
    for (let number = 0; number < QUEUE_MAX + 10; number++) queue.push(message(`${number}`));
    expect(queue.counts()).toMatchObject({ queued: QUEUE_MAX, lost: 10 });
    expect(told.map(({ what, about }) => `${what} ${about}`)).toEqual(
      Array.from({ length: 10 }, (_, at) => `dropped ${at + 1}`),
    );
    answer.resolve({ status: 200 });
    await queue.drain(forever);
    expect(bodies.map((body) => Number(JSON.parse(body).about))).toEqual([
      0,
      ...Array.from({ length: QUEUE_MAX - 1 }, (_, at) => at + 11),
    ]);
  });

  it("holds a repeated message once", async () => {
    const { clock, queue, bodies } = scripted([{ status: 503 }]);
    for (let times = 0; times < 5; times++) queue.push({ ...message("again"), once: "again" });
    await clock.passes(queue.drain(forever));
    expect(bodies).toHaveLength(2);
  });

  it("loses at the end what nobody accepted, says so, and takes nothing more", async () => {
    const { clock, queue, told, bodies } = scripted(Array.from({ length: 99 }, () => ({ status: 503 })));
    for (const about of ["one", "two"]) queue.push(message(about));
    const grace = new AbortController();
    clock.at(10_000, () => grace.abort());
    await clock.passes(queue.drain(grace.signal));
    expect(told.slice(-2).map(({ what, about }) => `${what} ${about}`)).toEqual(["dropped one", "dropped two"]);
    const tried = bodies.length;
    queue.push(message("three"));
    expect([bodies.length, queue.counts().queued]).toEqual([tried, 0]);
  });
});

/** Time goes a hundred times as fast. */
const fast: DeliveryParts["world"] = {
  wallMs: () => Date.now(),
  randomBytes: (length) => new Uint8Array(length),
  sleep: (ms, signal) => delay(ms / 100, undefined, { signal }).catch(() => undefined),
};

describe("a far end that fails, hangs, redirects and resets", () => {
  it("gets every message at last, once and in order, and no secret is told to anybody else", async () => {
    const accepted: string[] = [];
    const seen: string[] = [];
    const troubles = ["busy", "hang", "reset", "cut", "garbage", "redirect"];
    let elsewhere = 0;
    await using hook = await serve(
      createServer(async (request, response) => {
        if (request.url === "/elsewhere") elsewhere++;
        const text = await bodyOf(request);
        seen.push(`${request.url} ${request.headers.authorization}`);
        switch (troubles.shift()) {
          case "busy":
            return void response.writeHead(503, { "retry-after": "1" }).end("busy");
          case "hang":
            return;
          case "reset":
            return void request.socket.resetAndDestroy();
          case "cut":
            return void request.socket.end("HTTP/1.1 200 OK\r\ncontent-le");
          case "garbage":
            return void request.socket.end("it works!\r\n\r\n");
          case "redirect":
            return void response.writeHead(302, { location: "/elsewhere" }).end();
        }
        accepted.push(JSON.parse(text).about);
        response.end("x".repeat(200_000));
      }),
    );
    const told: DeliveryEvent[] = [];
    const config = { ...HOOK, url: `http://127.0.0.1:${hook.local.port}/services/${SECRET}` };
    await leavesNoSocket(async () => {
      const queue = new WebhookQueue(config, 0, { world: fast, post, tell: (event) => told.push(event) });
      for (const about of ["one", "two", "three"]) queue.push(message(about));
      await queue.drain(forever);
      // The redirect is the one refusal that is for good.
      expect(queue.counts()).toMatchObject({ delivered: 2, failed: 6, lost: 1 });
    }, [hook]);
    expect(accepted).toEqual(["two", "three"]);
    expect(elsewhere).toBe(0);
    expect(new Set(seen)).toEqual(new Set([`/services/${SECRET} Bearer ${SECRET}`]));
    expect(told.map(({ code, status }) => code ?? status)).toEqual([
      503,
      "TIMED-OUT",
      expect.stringMatching(/^(?:ECONNRESET|UND_ERR_SOCKET)$/),
      "UND_ERR_SOCKET",
      "HTTPParserError",
      302,
      200,
      200,
    ]);
    expect(JSON.stringify(told)).not.toContain(SECRET);
    expect(JSON.stringify(told)).not.toContain("127.0.0.1");
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
