/** HTTP and HTTPS against nginx and openssl's own server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { DC, SSH_BANNER } from "./addresses.ts";
import { askRows } from "./ask-profile.ts";
import { type Daemon, endDaemon } from "./command.ts";
import { test } from "./lane.ts";
import { NGINX, NGINX_NAME, startNginx } from "./nginx.ts";
import { OPENSSL, startOpenssl } from "./openssl-server.ts";

let folder: string;
const daemons: Daemon[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-http-"));
  daemons.push(await startNginx(inject("lab"), folder), await startOpenssl(inject("lab"), "tls10", folder));
});

afterAll(async () => {
  for (const daemon of daemons) await endDaemon(daemon);
  await rm(folder, { recursive: true, force: true });
});

const INSIDE_TLS = `, tls: {server-name: ${NGINX_NAME}}`;

test.for([
  {
    what: "200",
    port: NGINX.plain,
    tls: "",
    seen: { outcome: "pass", serviceState: "confirmed" },
    detail: /^HTTP 200 OK, nginx/,
  },
  {
    what: "401",
    port: NGINX.unauthorized,
    tls: "",
    seen: { outcome: "pass", serviceState: "refused", evidence: { status: 401, authentication: ["Basic"] } },
    detail: /^answers, and refuses: HTTP 401 Unauthorized \(Basic\), nginx/,
  },
  {
    what: "502 with another hop's Via",
    port: NGINX.behindProxy,
    tls: "",
    seen: { outcome: "inconclusive", reason: "answered-by-intermediary" },
    detail: /^HTTP 502 Bad Gateway: an intermediary answered \(via: 1\.1 front\.lab\.test\)/,
  },
  {
    what: "HTTPS",
    port: NGINX.good,
    tls: INSIDE_TLS,
    seen: { outcome: "pass", evidence: { status: 200, tlsVersion: "TLSv1.3", tlsApplicationProtocol: "http/1.1" } },
    detail: /^HTTP 200 OK, nginx/,
  },
  {
    what: "HTTP to a port of HTTPS",
    port: NGINX.good,
    tls: "",
    seen: { outcome: "pass", serviceState: "refused" },
    detail: /^answers, and refuses: HTTP 400 Bad Request/,
  },
  {
    what: "HTTPS of TLS 1.0",
    port: OPENSSL.tls10,
    tls: INSIDE_TLS,
    seen: { outcome: "pass", attempts: 2, evidence: { status: 200, tlsVersion: "TLSv1" } },
    detail: /^HTTP 200 ok/i,
  },
])("$what", async ({ port, tls, seen, detail }, { lane }) => {
  const asked = await askRows(lane, [`{service: Web, ports: [tcp/${port}], prober: http${tls}}`], DC.v4);
  const result = asked.of(`web/tcp/${port}`);
  expect(result).toMatchObject(seen);
  expect(result.detail).toMatch(detail);
});

test("another protocol is a mismatch with its first words", async ({ lane }) => {
  const asked = await askRows(lane, ["{service: Web, ports: [tcp/389], prober: http}"], SSH_BANNER.v4);
  expect(asked.exitCode).toBe(1);
  expect(asked.of("web/tcp/389")).toMatchObject({
    outcome: "fail",
    serviceState: "mismatch",
    detail: expect.stringContaining('it says "SSH-2.0-OpenSSH'),
  });
});
