import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import { type Peer, peer, serve } from "../net/loopback.ts";
import { type Asking, ask } from "./asking.ts";
import { httpResponse } from "./http-peer.ts";

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
const TLS = { serverName: "dc01.example.com", strict: false } as const;

const askHttp = (server: Peer, asked: Partial<Asking> = {}) => ask(server.local, { prober: "http", ...asked });

const webServer = (listener: RequestListener) => serve(createServer({ keepAlive: true }, listener));

function secureServer(options: TlsOptions = {}, listener: RequestListener = (_, response) => response.end("ok")) {
  const server = createSecureServer({ key: pem("key"), cert: pem("self-signed"), ...options }, listener);
  server.on("tlsClientError", () => {});
  return serve(server);
}

/** A peer that answers the first bytes with these, whatever they are. */
function saying(act: (socket: Socket) => void): Promise<Peer> {
  return peer((socket) => void socket.once("data", () => act(socket)));
}

describe("a request", () => {
  it("asks politely, once, and follows nothing", async () => {
    const asked: unknown[] = [];
    await using server = await webServer(({ method, url, headers }, response) => {
      asked.push({ method, url, headers });
      response
        .writeHead(302, { location: "https://user:pw@owa.example.com/x?session=secret#f", server: "nginx" })
        .end();
    });
    const result = await askHttp(server);
    const { port } = server.local;
    const headers = { host: `127.0.0.1:${port}`, "user-agent": "unity-probe", accept: "*/*", connection: "close" };
    expect(asked).toEqual([{ method: "GET", url: "/", headers }]);
    expect(result).toMatchObject({
      outcome: "pass",
      detail: "HTTP 302 Found to https://owa.example.com/x, nginx",
      reading: {
        evidence: {
          status: 302,
          server: "nginx",
          location: "https://owa.example.com/x",
          clockOffsetS: expect.closeTo(0, -1),
        },
      },
      attempts: 1,
    });
    expect(JSON.stringify(result)).not.toMatch(/secret|pw@/);
  });

  it("asks for the path and the name of its row", async () => {
    const asked: unknown[] = [];
    await using server = await webServer(({ url, headers }, response) => {
      asked.push(url, headers.host);
      response.end();
    });
    await askHttp(server, { params: { path: "/a b?c=d#e", host: "pool.example.com" } });
    expect(asked).toEqual(["/a%20b?c=d", `pool.example.com:${server.local.port}`]);
  });

  it("uses no proxy of the environment", async () => {
    await using server = await webServer((_, response) => response.end("ok"));
    process.env.http_proxy = "http://127.0.0.1:1";
    const result = await askHttp(server).finally(() => delete process.env.http_proxy);
    expect(result).toMatchObject({ outcome: "pass", detail: "HTTP 200 OK" });
  });
});

describe("an answer", () => {
  it.each([
    ["200 OK", [], "confirmed", "HTTP 200 OK, nginx"],
    ["204 No Content", [], "confirmed", "HTTP 204 No Content, nginx"],
    [
      "401 Unauthorized",
      ["WWW-Authenticate: Negotiate", 'WWW-Authenticate: NTLM, Basic realm="a, Digest b"'],
      "refused",
      "answers, and refuses: HTTP 401 Unauthorized (Negotiate, NTLM, Basic), nginx",
    ],
    ["404 Not Found", [], "refused", "answers, and refuses: HTTP 404 Not Found, nginx"],
    ["429 Too Many Requests", [], "refused", "answers, and refuses: HTTP 429 Too Many Requests, nginx"],
    [
      "500 Internal Server Error",
      ["Via: 1.1 front"],
      "refused",
      "answers, and refuses: HTTP 500 Internal Server Error, nginx",
    ],
    ["503 Service Unavailable", [], "refused", "answers, and refuses: HTTP 503 Service Unavailable, nginx"],
    ["200 OK", ["Via: 1.1 front"], "confirmed", "HTTP 200 OK, nginx"],
  ])("%s %j is %s", async (status, lines, service, detail) => {
    await using server = await saying((socket) => socket.write(httpResponse(status, ...lines)));
    expect(await askHttp(server)).toMatchObject({ outcome: "pass", verdict: { state: "open", service }, detail });
  });

  it.each([
    ["407 Proxy Authentication Required", [], "server: nginx"],
    ["502 Bad Gateway", ["Via: 1.1 front"], "via: 1.1 front"],
    ["403 Forbidden", ["Via: 1.1 front", "X-Squid-Error: ERR_ACCESS_DENIED 0"], "x-squid-error: ERR_ACCESS_DENIED 0"],
    ["504 Gateway Timeout", ["X-Squid-Error: ERR_CONNECT_FAIL 111"], "x-squid-error: ERR_CONNECT_FAIL 111"],
  ])("%s with %j is an intermediary's", async (status, lines, by) => {
    await using server = await saying((socket) => socket.write(httpResponse(status, ...lines)));
    expect(await askHttp(server)).toMatchObject({
      outcome: "inconclusive",
      verdict: { reason: "answered-by-intermediary", service: "unchecked" },
      detail: `HTTP ${status}: an intermediary answered (${by}), not the server`,
    });
  });

  it.each(["503 Busy", "403 Forbidden", "400 Bad Request"])(
    "%s of a proxy that signs is an intermediary's",
    async (status) => {
      await using server = await saying((socket) => socket.write(`HTTP/1.0 ${status}\r\nServer: squid/5.7\r\n\r\n`));
      expect(await askHttp(server)).toMatchObject({ verdict: { reason: "answered-by-intermediary" } });
    },
  );

  it.each(["502", "503", "504"])("%s that nobody signed is the server's, with a warning", async (status) => {
    await using server = await saying((socket) => socket.write(`HTTP/1.1 ${status} Bad\r\n\r\n`));
    const result = await askHttp(server);
    expect(result).toMatchObject({ outcome: "pass", verdict: { service: "refused" } });
    expect(result.warnings).toEqual([expect.stringContaining("may speak of a server behind")]);
  });

  it.each([
    ["http://user:pass@other/x?token=1#part", "http://other/x"],
    ["http:\\\\user:pass@other/x", "http://other/x"],
    ["//user:pass@other/x", "//other/x"],
    ["/mailbox/user@example.com", "/mailbox/user@example.com"],
  ])("redirects to %s, told without what may be secret", async (location, told) => {
    await using server = await saying((socket) => socket.write(httpResponse("302 Found", `Location: ${location}`)));
    expect((await askHttp(server)).detail).toBe(`HTTP 302 Found to ${told}, nginx`);
  });

  it("tells what is listed, and nothing else", async () => {
    const long = "x".repeat(500);
    const lines = [
      `Set-Cookie: sid=${long}`,
      "X-Token: hunter2",
      `Via: ${long}`,
      "WWW-Authenticate: Negotiate dG9rZW4=",
    ];
    await using server = await saying((socket) => socket.write(httpResponse("401 No", ...lines)));
    const { evidence } = (await askHttp(server)).reading!;
    expect(evidence).toEqual({
      status: 401,
      server: "nginx",
      authentication: ["Negotiate"],
      via: `${"x".repeat(120)}…`,
    });
  });

  it("that drips counts, and so does one after an interim response", async () => {
    await using server = await saying(async (socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
      for (const byte of httpResponse("200 OK")) {
        socket.write(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
    });
    expect(await askHttp(server)).toMatchObject({ detail: "HTTP 200 OK, nginx" });
  });

  it("proves HTTP although its body never ends, or breaks off", async () => {
    await using endless = await saying((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n");
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(64 * 1024)));
      };
      socket.on("drain", more);
      more();
    });
    expect(await askHttp(endless)).toMatchObject({ outcome: "pass" });
    await using broken = await saying((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", () => socket.resetAndDestroy());
    });
    expect(await askHttp(broken)).toMatchObject({ outcome: "pass" });
  });
});

describe("what is no HTTP", () => {
  it.each([
    ["a mail server", "220 mail.example.com ESMTP\r\n", /^something answers, but not HTTP; it says "220 mail/],
    ["an alert of TLS", "\x15\x03\x01\x00\x02\x02\x28", /^something answers, but not HTTP; it speaks TLS, and the row/],
    ["a header without colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", /^something answers, but not HTTP/],
    ["RTSP", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", /^something answers, but not HTTP; it says "RTSP/],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", /it says "HTTP/],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", /^something answers, but not HTTP/],
    [
      "an upgrade",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
      /^something answers/,
    ],
  ])("%s is a mismatch", async (_what, bytes, detail) => {
    await using server = await saying((socket) => socket.end(Buffer.from(bytes, "latin1")));
    const result = await askHttp(server);
    expect(result).toMatchObject({ outcome: "fail", verdict: { reason: "mismatch", service: "mismatch" } });
    expect(result.detail).toMatch(detail);
  });

  it("a banner before the request is one too", async () => {
    await using server = await peer((socket) => void socket.write("SSH-2.0-OpenSSH_9.2p1\r\n"));
    expect(await askHttp(server, { timeoutMs: 2_000 })).toMatchObject({ verdict: { service: "mismatch" } });
  });

  it("headers without end come to one", async () => {
    await using server = await saying((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const more = (): void => {
        while (!socket.destroyed && socket.write(`X-A: ${"a".repeat(4096)}\r\n`));
      };
      socket.on("drain", more);
      more();
    });
    const result = await askHttp(server, { timeoutMs: 60_000 });
    expect(result).toMatchObject({ verdict: { service: "mismatch" } });
    expect(result.durationMs).toBeLessThan(50_000);
  });

  it("interim responses without end are no answer", async () => {
    await using server = await saying((socket) => {
      for (let at = 0; at < 50; at++) socket.write("HTTP/1.1 103 Early Hints\r\n\r\n");
    });
    expect((await askHttp(server, { timeoutMs: 2_000 })).outcome).toBe("fail");
  });

  it.each([
    ["stays silent", () => {}],
    ["hangs up", (socket: Socket): void => void socket.end()],
    ["resets", (socket: Socket): void => void socket.resetAndDestroy()],
    ["stops in its head", (socket: Socket): void => void socket.end("HTTP/1.1 200 OK\r\nServer: ng")],
  ] as const)("a peer that %s has not answered", async (_what, act) => {
    await using server = await saying(act);
    expect(await askHttp(server, { timeoutMs: 500 })).toMatchObject({
      outcome: "fail",
      verdict: { state: "open", service: "silent" },
      attempts: 1,
    });
  });
});

describe("HTTPS", () => {
  it("asks inside TLS, and chooses http/1.1", async () => {
    await using server = await secureServer({ ALPNProtocols: ["h2", "http/1.1"] });
    const result = await askHttp(server, { tls: TLS });
    expect(result).toMatchObject({ outcome: "pass", detail: "HTTP 200 OK", attempts: 1 });
    expect(result.warnings).toEqual([expect.stringMatching(/not trusted here/)]);
    expect(result.observations[0]!.tls).toMatchObject({ applicationProtocol: "http/1.1" });
  });

  it("reaches an old server, with a warning", async () => {
    const old = { key: pem("rsa-key"), cert: pem("rsa"), minVersion: "TLSv1", maxVersion: "TLSv1" } as const;
    await using server = await secureServer({ ...old, ciphers: "ALL:@SECLEVEL=0" });
    const result = await askHttp(server, { tls: TLS });
    expect(result).toMatchObject({ outcome: "pass", detail: "HTTP 200 OK", attempts: 2 });
    expect(result.warnings).toContain("speaks only TLS 1.0");
  });

  it("a handshake alone proves nothing", async () => {
    await using server = await secureServer({}, () => {});
    expect(await askHttp(server, { tls: TLS, timeoutMs: 500 })).toMatchObject({
      outcome: "fail",
      verdict: { state: "open", service: "silent" },
    });
  });

  it("that wants a client certificate is a refusal", async () => {
    await using server = await secureServer({ requestCert: true, rejectUnauthorized: true });
    expect(await askHttp(server, { tls: TLS })).toMatchObject({
      outcome: "pass",
      verdict: { reason: "tls-alert", service: "refused" },
    });
  });
});
