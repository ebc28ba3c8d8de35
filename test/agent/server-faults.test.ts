import { once } from "node:events";
import { Agent, request } from "node:http";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServerLimits } from "../../src/agent/server.ts";
import { statusSource } from "../../src/agent/status.ts";
import { memoryMeter } from "../memory-meter.ts";
import { TOOL } from "../report/sample-run.ts";
import { AT_MS, DOCUMENT, manyCells, RECORD } from "./sample-cells.ts";
import { ask, EVENTS_REQUEST, open, QUICK_EVENTS, readAll, readUntil, type Stage, serve } from "./web.ts";

const MEGABYTE = 2 ** 20;

/** A server with its own limits; the others are those of every day. */
const withLimits = (limits: Partial<ServerLimits>): Promise<Stage> => serve({ limits });

async function isWell(server: Stage): Promise<void> {
  expect(await ask(server, "/-/healthy")).toMatchObject({ status: 200, text: "healthy\n" });
}

/** The status of the first answer that comes, and undefined where the other end closes without one. */
const statusIn = (text: string): number | undefined => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]) || undefined;

describe("a server under load", () => {
  it("answers 10,000 requests for the status page without growing", async () => {
    const cells = manyCells(40);
    const status = () =>
      statusSource({ tool: TOOL, source: DOCUMENT.source, writtenAtMs: AT_MS, runs: [{ record: RECORD }], cells });
    const server = await serve({ status });
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    const get = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const { address, port } = server.local;
        const headers = { "Accept-Encoding": "gzip" };
        const asked = request({ host: address, port, path, agent, headers }, (response) => {
          response.once("end", () => resolve(response.statusCode ?? 0)).resume();
        });
        asked.once("error", reject).end();
      });
    const paths = ["/", "/page.css", "/page.js", "/api/v1/status"];
    const round = async (count: number) => {
      const codes = await Promise.all(Array.from({ length: count }, (_, at) => get(paths[at % paths.length]!)));
      expect(codes.every((code) => code === 200)).toBe(true);
    };
    await round(1_000);
    const kept = memoryMeter();
    for (let at = 0; at < 10; at++) {
      await round(1_000);
      server.changed();
    }
    // A kilobyte for each request would be ten.
    expect(kept()).toBeLessThan(8 * MEGABYTE);
    agent.destroy();
    await isWell(server);
  });

  it("writes one status of 1,000 hosts for all who ask at once", async () => {
    const cells = manyCells(1_000);
    let written = 0;
    const server = await serve({
      status: () => {
        written++;
        return statusSource({ tool: TOOL, source: DOCUMENT.source, writtenAtMs: AT_MS, runs: [], cells });
      },
    });
    const headers = { "Accept-Encoding": "gzip" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server, "/api/v1/status", { headers })));
    expect(new Set(answers.map(({ bytes }) => bytes.length)).size).toBe(1);
    expect(written).toBe(1);
  });
});

describe("a client that is slow on purpose", () => {
  it("keeps nobody out: who waited longest without asking makes room", async () => {
    const server = await withLimits({ connections: 32 });
    const slow: Socket[] = [];
    for (let at = 0; at < 100; at++) {
      const socket = await open(server);
      socket.write("GET /-/healthy HTTP/1.1\r\nX-Slow: ");
      slow.push(socket);
    }
    await isWell(server);
    await expect.poll(() => slow.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(100 - 32);
  });

  it("is cut off when its headers do not end", async () => {
    const server = await withLimits({ headersMs: 200, requestMs: 400 });
    const socket = await open(server);
    const drip = setInterval(() => socket.write("X-A: b\r\n"), 50);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    expect(statusIn(await readAll(socket))).toBe(408);
    clearInterval(drip);
  });

  it("is cut off when the body that it promised does not come", async () => {
    const server = await withLimits({ headersMs: 200, requestMs: 400, idleMs: 600 });
    const socket = await open(server);
    socket.write("POST /api/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc");
    expect(statusIn(await readAll(socket))).toBe(405);
  });

  it("is cut off when it says nothing at all", async () => {
    const socket = await open(await withLimits({ headersMs: 200, requestMs: 400, idleMs: 300 }));
    expect([undefined, 408]).toContain(statusIn(await readAll(socket)));
  });

  it("is cut off when it does not read its answer", async () => {
    // More than the system's buffers of both ends take in, so that the answer cannot be over while nobody reads.
    const status = () => ({ ...JSON.parse(`{"schemaVersion": 1}`), cells: ["x".repeat(32 * MEGABYTE)] });
    const server = await serve({ status, limits: { responseMs: 1_500 } });
    const socket = await open(server);
    socket.pause();
    socket.write("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const ended = async () => /_requests_total{route="\/api\/v1\/status"/.test((await ask(server, "/metrics")).text);
    await expect.poll(ended).toBe(true);
    const text = await readAll(socket);
    expect(statusIn(text)).toBe(200);
    expect(text.length).toBeLessThan(Number(/content-length: (\d+)/i.exec(text)?.[1]));
    await isWell(server);
  });
});

describe("clients that read slowly", () => {
  it("keep no more answers in memory than they may: the oldest goes with its readers", async () => {
    const text = "x".repeat(16 * MEGABYTE);
    let written = 0;
    const server = await serve({
      status: () => ({ ...JSON.parse(`{"schemaVersion": 1}`), cells: [text, ++written] }),
      limits: { heldBytes: 40 * MEGABYTE },
    });
    const readers: Socket[] = [];
    for (let at = 0; at < 5; at++) {
      const socket = await open(server);
      socket.pause();
      socket.write("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      readers.push(socket);
      await expect.poll(() => written).toBe(at + 1);
      await expect.poll(() => socket.readableLength).toBeGreaterThan(0);
      server.changed();
    }
    const lengths = (await Promise.all(readers.map(readAll))).map((answer) => answer.length);
    expect(lengths.map((length) => length > text.length)).toEqual([false, false, false, true, true]);
    await isWell(server);
  });
});

describe("who listens to events", () => {
  it("is told at once, after each change, and in between that the connection lives", async () => {
    const server = await withLimits({ events: QUICK_EVENTS });
    const socket = await open(server);
    socket.write(EVENTS_REQUEST);
    const begin = await readUntil(socket, "data: ");
    expect(statusIn(begin)).toBe(200);
    expect(begin).toContain("Content-Type: text/event-stream");
    expect(begin).toContain('event: status\nid: 0\ndata: {"changes":0}\n\n');
    server.changed();
    await readUntil(socket, 'event: status\nid: 1\ndata: {"changes":1}\n\n');
    await readUntil(socket, ": still here\n\n");
  });

  it("is told of many changes as of one, and of the last for certain", async () => {
    const server = await withLimits({ events: { ...QUICK_EVENTS, everyMs: 200 } });
    const socket = await open(server);
    socket.write(EVENTS_REQUEST);
    await readUntil(socket, "id: 0");
    for (let at = 0; at < 1_000; at++) server.changed();
    const heard = await readUntil(socket, "id: 1001\n");
    expect(heard.match(/event: status/g)).toHaveLength(2);
  });

  it("is let go when it does not read, while others hear every change", async () => {
    const server = await withLimits({ events: { ...QUICK_EVENTS, everyMs: 0 } });
    const deaf = await open(server);
    deaf.pause();
    deaf.write(EVENTS_REQUEST);
    const hearing = await open(server);
    hearing.write(EVENTS_REQUEST);
    await readUntil(hearing, "data: ");
    await expect.poll(() => clientsOf(server)).toBe(2);
    let heard = "";
    hearing.on("data", (chunk: Buffer) => {
      heard = `${heard}${chunk.toString()}`.slice(-200);
    });
    let changes = 0;
    while ((await clientsOf(server)) === 2 && changes < 1_000_000) {
      for (let at = 0; at < 10_000; at++) {
        server.changed();
        if (++changes % 50 === 0) await setImmediate();
      }
    }
    expect(await clientsOf(server)).toBe(1);
    await expect.poll(() => heard).toContain(`{"changes":${changes}}`);
  });

  it("finds a place only while there is one", async () => {
    const server = await withLimits({ events: { ...QUICK_EVENTS, maxClients: 3 } });
    const listeners = [await open(server), await open(server), await open(server)];
    for (const socket of listeners) {
      socket.write(EVENTS_REQUEST);
      await readUntil(socket, "data: ");
    }
    expect(await ask(server, "/api/v1/events")).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
    listeners[0]!.destroy();
    await expect.poll(() => clientsOf(server)).toBe(2);
    const late = await open(server);
    late.write(EVENTS_REQUEST);
    expect(statusIn(await readUntil(late, "data: "))).toBe(200);
  });

  it("gets the head alone for a HEAD, and takes no place", async () => {
    const server = await serve();
    const head = await ask(server, "/api/v1/events", { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream" } });
    expect(await clientsOf(server)).toBe(0);
  });

  it("does not hold up the end of the server", async () => {
    const server = await serve();
    const socket = await open(server);
    socket.write(EVENTS_REQUEST);
    await readUntil(socket, "data: ");
    const idle = await open(server);
    const gone = Promise.all([once(socket, "close"), once(idle, "close")]);
    await server.close();
    await gone;
  });
});

describe("what is no request", () => {
  it.each([
    ["a URL of 4,000 characters", `GET /${"a".repeat(4_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 414],
    ["a URL of 40,000 characters", `GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ["a header of 40,000 characters", `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${"a".repeat(40_000)}\r\n\r\n`, 431],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 421],
    ["a whole URL", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["a path with two slashes", "GET //evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["an asterisk", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    [
      "two lengths",
      "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a broken header", "GET / HTTP/1.1\r\nHost: localhost\r\nbroken\r\n\r\n", 400],
    ["an unknown method", "FETCH / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["a tunnel", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", undefined],
  ])("is refused: %s", async (_, text, status) => {
    const server = await serve();
    const socket = await open(server);
    socket.write(Buffer.from(text, "latin1"));
    socket.end();
    expect(statusIn(await readAll(socket))).toBe(status);
    await isWell(server);
  });

  it("is not held up by many headers, and answers an upgrade as any other request", async () => {
    const server = await serve();
    const many = Array.from({ length: 500 }, (_, at) => `X-${at}: a\r\n`).join("");
    const socket = await open(server);
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${many}\r\n`);
    // Node 26 refuses more than are allowed, older ones leave the rest out.
    expect([200, 431]).toContain(statusIn(await readAll(socket)));
    await isWell(server);
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    expect((await ask(server, "/", { headers })).status).toBe(200);
  });

  it("survives arbitrary bytes", async () => {
    const server = await serve();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .string({ unit: "binary", maxLength: 60 })
        .map((path) => Buffer.from(`GET /${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (input) => {
        const socket = await open(server);
        socket.end(input);
        await readAll(socket);
      }),
      { numRuns: 150 },
    );
    expect(server.troubles).toEqual([]);
    await isWell(server);
  });
});

/** As the server counts them itself. */
async function clientsOf(server: Stage): Promise<number> {
  return Number(/^unity_probe_http_event_clients (\d+)$/m.exec((await ask(server, "/metrics")).text)?.[1]);
}
