import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { createRoutes, type RouteParts } from "../../src/agent/routes.ts";
import { startServer } from "../../src/agent/server.ts";
import { readExposition } from "./exposition-grammar.ts";
import { CELLS, DOCUMENT } from "./sample-cells.ts";
import { ask, PAGE, serve } from "./web.ts";

describe("the agent's server", () => {
  it("gives the page, its style and its script, which load nothing from elsewhere", async () => {
    const server = await serve();
    const page = await ask(server, "/");
    expect(page).toMatchObject({ status: 200, text: PAGE.html });
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-cache",
    });
    const policy = `${page.headers["content-security-policy"]}`.split("; ");
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'"]));
    expect(policy.join()).not.toMatch(/unsafe|\*|https?:/);
    expect(await ask(server, "/page.css")).toMatchObject({ status: 200, text: PAGE.css });
    expect(await ask(server, "/page.js")).toMatchObject({
      status: 200,
      text: PAGE.js,
      headers: { "content-type": "text/javascript; charset=utf-8" },
    });
  });

  it("does not send a part of the page again that the browser has", async () => {
    const server = await serve();
    const { headers } = await ask(server, "/page.js");
    const again = await ask(server, "/page.js", { headers: { "If-None-Match": `"other", ${headers.etag}` } });
    expect(again).toMatchObject({ status: 304, text: "" });
    expect(await ask(server, "/page.js", { headers: { "If-None-Match": '"other"' } })).toMatchObject({ status: 200 });
  });

  it("gives the status and the last report as they were handed to it", async () => {
    const server = await serve();
    const status = await ask(server, "/api/v1/status");
    expect(status.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
    });
    const document = JSON.parse(status.text);
    expect(document.cells.map(({ key }: { key: string }) => key)).toEqual(CELLS.map(({ key }) => key));
    expect(JSON.parse((await ask(server, "/api/v1/report")).text)).toEqual(JSON.parse(JSON.stringify(DOCUMENT)));
  });

  it("gives the report of the schedule that is asked for", async () => {
    const asked: unknown[] = [];
    const server = await serve({
      report: (schedule) => {
        asked.push(schedule);
        return schedule === "quick" ? DOCUMENT : undefined;
      },
    });
    expect(await ask(server, "/api/v1/report")).toMatchObject({ status: 404, text: "no run has ended yet\n" });
    expect(await ask(server, "/api/v1/report?schedule=quick")).toMatchObject({ status: 200 });
    expect(asked).toEqual([undefined, "quick"]);
  });

  it("writes the status anew after a change, and only then", async () => {
    let written = 0;
    const server = await serve({
      status: () => {
        written++;
        return { ...JSON.parse(`{"schemaVersion": 1}`), cells: [written] };
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => ask(server, "/api/v1/status")));
    expect(written).toBe(1);
    server.changed();
    expect(JSON.parse((await ask(server, "/api/v1/status")).text)).toEqual({ schemaVersion: 1, cells: [2] });
  });

  it("gives metrics that follow the format", async () => {
    const answer = await ask(await serve(), "/metrics");
    expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(readExposition(answer.text).get("unity_probe_check_info")?.samples.length).toBeGreaterThan(0);
  });

  it("counts what it answered, and knows no path of others by name", async () => {
    const server = await serve();
    await ask(server, "/-/healthy");
    await ask(server, "/some/path");
    const { text } = await ask(server, "/metrics");
    const counted = readExposition(text).get("unity_probe_http_requests_total")!.samples;
    expect(counted.map(({ labels, value }) => [labels.route, labels.code, value])).toEqual([
      ["/-/healthy", "200", 1],
      ["other", "404", 1],
    ]);
  });

  it("says whether it lives and whether it is ready", async () => {
    let why: string | undefined = "no run has ended yet";
    const server = await serve({ ready: () => why });
    expect(await ask(server, "/-/healthy")).toMatchObject({ status: 200, text: "healthy\n" });
    expect(await ask(server, "/-/ready")).toMatchObject({ status: 503, text: "not ready: no run has ended yet\n" });
    why = undefined;
    expect(await ask(server, "/-/ready")).toMatchObject({ status: 200 });
  });

  it("compresses what is large for whoever takes it", async () => {
    const server = await serve();
    const plain = await ask(server, "/api/v1/status");
    expect(plain.headers).not.toHaveProperty("content-encoding");
    const small = await ask(server, "/api/v1/status", { headers: { "Accept-Encoding": "deflate, gzip;q=0.5" } });
    expect(small.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(gunzipSync(small.bytes).toString()).toBe(plain.text);
    for (const refused of ["gzip;q=0", "gzip; q=0.0", "br", "x-gzipped"]) {
      const answer = await ask(server, "/api/v1/status", { headers: { "Accept-Encoding": refused } });
      expect(answer.headers, refused).not.toHaveProperty("content-encoding");
    }
  });

  it.each(["/", "/metrics", "/api/v1/status", "/api/v1/report", "/-/healthy"])(
    "answers HEAD of %s as GET, without a body",
    async (path) => {
      const server = await serve();
      const get = await ask(server, path);
      const head = await ask(server, path, { method: "HEAD" });
      expect(head).toMatchObject({ status: 200, text: "" });
      expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
      expect(Number(head.headers["content-length"])).toBeGreaterThan(0);
    },
  );

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])("takes no %s", async (method) => {
    const answer = await ask(await serve(), "/api/v1/status", { method });
    expect(answer).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  });

  it.each(["/nothing", "/page.css/", "/-/", "/%00", "/../page.css.map", "/api/v1"])("knows no %s", async (path) => {
    expect(await ask(await serve(), path)).toMatchObject({ status: 404, text: "not found\n" });
  });

  it("says no more than that, where it fails itself", async () => {
    const server = await serve({
      status: () => {
        throw new Error("a secret of ours");
      },
    });
    const answer = await ask(server, "/api/v1/status");
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("secret");
    expect(server.troubles).toEqual([expect.objectContaining({ message: "a secret of ours" })]);
    expect(await ask(server, "/-/healthy")).toMatchObject({ status: 200 });
  });

  it("says in words that the port is taken", async () => {
    const { local } = await serve();
    await expect(serve({}, { port: local.port })).rejects.toMatchObject({
      name: "ConfigError",
      message: `listen: cannot listen on 127.0.0.1:${local.port}: another process listens there; choose another address or port`,
    });
  });

  it("says in words that the address is not this machine's", async () => {
    await expect(serve({}, { address: "192.0.2.1", token: "a token" })).rejects.toThrow(
      "cannot listen on 192.0.2.1:0: this machine does not have that address",
    );
  });

  it("frees the port when it is closed", async () => {
    const first = await serve();
    await first.close();
    const second = await serve({}, { port: first.local.port });
    expect(second.local).toEqual(first.local);
  });

  it("listens on ::1 too", async () => {
    const server = await serve({}, { address: "::1" });
    expect(await ask(server, "/-/healthy")).toMatchObject({ status: 200 });
  });
});

describe("docs/agent-server.md", () => {
  const page = readFileSync(new URL("../../docs/agent-server.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\/[^`]*)` \| .* \| (wanted|open) \|$/gm)];

  it("has each path, and says who may ask for it", async () => {
    const server = await serve({}, { token: "s3cret" });
    for (const [, path = "", token] of rows) {
      const method = path === "/-/reload" ? "POST" : "GET";
      expect((await ask(server, path, { method })).status, path).toBe(token === "open" ? 200 : 401);
    }
    const { byPath } = createRoutes({ page: PAGE } as RouteParts);
    const named = rows.map(([, path]) => path);
    expect([...byPath.keys()].sort()).toEqual([...named, "/page.css", "/page.js"].sort());
  });
});

describe("/-/reload", () => {
  it.each(["POST", "PUT"])("takes the configuration over for a %s, and says why not", async (method) => {
    const answers = [undefined, "agent.yaml:1:1: it is empty"];
    const server = await serve({ reload: async () => answers.shift() });
    expect(await ask(server, "/-/reload", { method })).toMatchObject({ status: 200, text: "reloaded\n" });
    const refused = { status: 500, text: "not reloaded: agent.yaml:1:1: it is empty\n" };
    expect(await ask(server, "/-/reload", { method })).toMatchObject(refused);
  });

  it("is for nobody without the token, for no page from elsewhere, and for no GET", async () => {
    const reload = vi.fn(async () => undefined);
    const server = await serve({ reload });
    const guarded = await serve({ reload }, { token: "s3cret" });
    const path = "/-/reload";
    expect((await ask(guarded, path, { method: "POST" })).status).toBe(401);
    const Origin = "http://elsewhere.invalid";
    expect((await ask(server, path, { method: "POST", headers: { Origin } })).status).toBe(403);
    expect((await ask(server, path, { method: "POST", headers: { Host: "elsewhere.invalid" } })).status).toBe(421);
    for (const method of ["GET", "HEAD"]) {
      expect(await ask(server, path, { method })).toMatchObject({ status: 405, headers: { allow: "POST, PUT" } });
    }
    expect(reload).not.toHaveBeenCalled();
    const headers = { Authorization: "Bearer s3cret" };
    expect((await ask(guarded, path, { method: "POST", headers })).status).toBe(200);
  });
});

describe("who may look", () => {
  const TOKEN = "correct horse battery staple";
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString("base64")}` });

  it("is whoever has the token, as Bearer or as the password of Basic", async () => {
    const server = await serve({}, { token: TOKEN });
    const withToken = [{ Authorization: `Bearer ${TOKEN}` }, basic(`anybody:${TOKEN}`), basic(`:${TOKEN}`)];
    for (const headers of withToken) expect((await ask(server, "/", { headers })).status).toBe(200);
    const withColon = await serve({}, { token: "s3cret:with-colon" });
    expect((await ask(withColon, "/", { headers: basic("me:s3cret:with-colon") })).status).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ["nothing", {}],
    ["another token", { Authorization: "Bearer wrong" }],
    ["a part of it", { Authorization: "Bearer s3cre" }],
    ["an empty one", { Authorization: "Bearer " }],
    ["the user in place of the password", basic("s3cret:")],
    ["another scheme", { Authorization: "Digest s3cret" }],
    ["the token alone", { Authorization: "s3cret" }],
    ["no base64", { Authorization: "Basic %%%" }],
  ])("is not who bears %s", async (_, headers) => {
    const server = await serve({}, { token: "s3cret" });
    for (const path of [
      "/",
      "/page.js",
      "/probe?target=a&module=b",
      "/api/v1/status",
      "/api/v1/report",
      "/api/v1/events",
    ]) {
      const answer = await ask(server, path, { headers });
      expect(answer.status, path).toBe(401);
      expect(answer.headers["www-authenticate"]).toMatch(/^Basic realm=/);
    }
  });

  it("is anybody for health and metrics", async () => {
    const server = await serve({}, { token: "s3cret" });
    for (const path of ["/-/healthy", "/-/ready", "/metrics"]) expect((await ask(server, path)).status, path).toBe(200);
  });

  it("cannot be everybody: an address of others wants a token", async () => {
    const parts = { trouble: () => undefined } as unknown as Parameters<typeof startServer>[1];
    for (const address of ["0.0.0.0", "::", "192.0.2.1"]) {
      await expect(startServer({ address, port: 0 }, parts)).rejects.toThrow("give it a token");
    }
    await expect(startServer({ address: "0.0.0.0", port: 0, token: "" }, parts)).rejects.toThrow("give it a token");
  });

  it.each(["localhost", "LOCALHOST:9464", "127.0.0.1:1", "127.8.9.10", "[::1]:9464"])(
    "may call this machine %s",
    async (host) => {
      expect((await ask(await serve(), "/api/v1/status", { headers: { Host: host } })).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:80",
    "evil.example:127.0.0.1",
    "10.0.0.1",
  ])("may not be a page of elsewhere that calls this machine %j", async (host) => {
    const server = await serve();
    for (const path of ["/", "/metrics", "/api/v1/status", "/-/healthy"]) {
      expect((await ask(server, path, { headers: { Host: host } })).status, path).toBe(421);
    }
  });

  it("may call the machine by any name with the token", async () => {
    const server = await serve({}, { token: "s3cret" });
    const headers = { Host: "agent.example", Authorization: "Bearer s3cret" };
    expect((await ask(server, "/api/v1/status", { headers })).status).toBe(200);
  });
});
