import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { ABORTED, post } from "../../src/net/post.ts";
import { closedPort, deferred, leavesNoSocket, never, peer, serve } from "./loopback.ts";

const SECRET = "xoxb-token-of-the-hook";
const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));

const message = (port: number, path = `/hook/${SECRET}?also=${SECRET}`, scheme = "http") => ({
  url: `${scheme}://127.0.0.1:${port}${path}`,
  headers: { Authorization: `Bearer ${SECRET}` },
  contentType: "application/json",
  body: '{"text":"é"}',
});

const server = (listener: RequestListener) => serve(createHttpServer(listener));

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe("a POST", () => {
  it("sends the body with its headers, and gives the status", async () => {
    const seen = deferred<unknown>();
    await using hook = await server(async (request, response) => {
      const { method, url, headers } = request;
      seen.resolve({ method, url, headers, body: await bodyOf(request) });
      response.writeHead(204).end();
    });
    expect(await post(message(hook.local.port), never)).toEqual({ status: 204 });
    expect(await seen.promise).toMatchObject({
      method: "POST",
      url: `/hook/${SECRET}?also=${SECRET}`,
      body: '{"text":"é"}',
      headers: {
        authorization: `Bearer ${SECRET}`,
        "content-type": "application/json",
        "content-length": "13",
        connection: "close",
      },
    });
  });

  it("follows no redirect", async () => {
    let second = 0;
    await using elsewhere = await server((_, response) => {
      second++;
      response.end();
    });
    await using hook = await server((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.local.port}/` }).end();
    });
    expect(await post(message(hook.local.port), never)).toEqual({ status: 307 });
    expect(second).toBe(0);
  });

  it.each([
    ["120", { status: 429, retryAfterMs: 120_000 }],
    ["Wed, 21 Oct 2026 07:28:00 GMT", { status: 429 }],
    ["-5", { status: 429 }],
  ])("reads retry-after: %s", async (value, answer) => {
    await using hook = await server((_, response) => response.writeHead(429, { "retry-after": value }).end());
    expect(await post(message(hook.local.port), never)).toEqual(answer);
  });

  it("reads a long body to a bound, and hangs up", async () => {
    let sent = 0;
    const closed = deferred<void>();
    await using hook = await server((_, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384))) sent += 16_384;
      };
      response.on("drain", more);
      response.on("close", () => closed.resolve());
      more();
    });
    expect(await post(message(hook.local.port), never)).toEqual({ status: 200 });
    await closed.promise;
    // What the sockets' own buffers took is not read.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it("says by a word what went wrong, and never quotes the URL or a header", async () => {
    const reset = (socket: Socket) => socket.once("data", () => socket.resetAndDestroy());
    await using resetting = await peer(reset);
    await using talking = await peer((socket) => socket.end("220 smtp.example.com ESMTP\r\n"));
    await using closing = await peer((socket) => socket.once("data", () => socket.end()));
    const closed = await closedPort();
    const answers = await Promise.all(
      [resetting.local.port, talking.local.port, closing.local.port, closed.port].map((port) =>
        post(message(port), never),
      ),
    );
    expect(answers).toEqual([
      { code: expect.stringMatching(/^(?:ECONNRESET|UND_ERR_SOCKET)$/) },
      { code: "HTTPParserError" },
      { code: "UND_ERR_SOCKET" },
      { code: "ECONNREFUSED" },
    ]);
    expect(JSON.stringify(answers)).not.toContain(SECRET);
  });

  it("verifies the certificate", async () => {
    // A key and a certificate of nobody: the handshake ends before a request.
    let asked = 0;
    await using hook = await serve(
      createHttpsServer({ key: fixture("key.pem"), cert: fixture("self-signed.pem") }, () => asked++),
    );
    const answer = await post(message(hook.local.port, "/", "https"), never);
    expect(answer).toEqual({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(asked).toBe(0);
  });

  it("ends with the signal: while it connects, waits for the head, or for the body", async () => {
    const waiting = deferred<void>();
    await using hung = await peer((socket) => socket.once("data", () => waiting.resolve()));
    const halfway = deferred<void>();
    await using half = await server((_, response) => {
      response.writeHead(200).write("x");
      halfway.resolve();
    });
    await leavesNoSocket(async () => {
      expect(await post(message(hung.local.port), AbortSignal.abort())).toEqual({ code: ABORTED });
      const stop = new AbortController();
      const asked = post(message(hung.local.port), stop.signal);
      await waiting.promise;
      stop.abort();
      expect(await asked).toEqual({ code: ABORTED });
      const stopBody = new AbortController();
      const body = post(message(half.local.port), stopBody.signal);
      await halfway.promise;
      stopBody.abort();
      // Whichever was first; it ends.
      expect([{ status: 200 }, { code: ABORTED }]).toContainEqual(await body);
    }, [hung, half]);
  });

  it("leaves no socket behind", async () => {
    await using hook = await server((_, response) => response.end("ok"));
    await leavesNoSocket(async () => {
      for (let times = 0; times < 20; times++) await post(message(hook.local.port), never);
    }, [hook]);
  });
});
