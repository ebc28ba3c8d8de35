import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import type { Tls } from "../../src/model/check.ts";
import type { Evidence } from "../../src/model/evidence.ts";
import { OLD_CIPHER_SUITES } from "../../src/wire/tls-hello.ts";
import { type Peer, peer, serve } from "../net/loopback.ts";
import { fixture } from "../wire/support.ts";
import { ask } from "./asking.ts";

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
const NAME = "dc01.example.com";
const TLS: Tls = { serverName: NAME, strict: false };
const OLD = { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" } as const;
const RSA = { key: pem("rsa-key"), cert: pem("rsa") };
const UNTRUSTED = expect.stringMatching(/^the certificate is not trusted here: DEPTH_ZERO_SELF_SIGNED_CERT/);

interface Asked {
  readonly tls?: Tls;
  readonly params?: Evidence;
  readonly identity?: Uint8Array;
  readonly timeoutMs?: number;
}

function askTls(server: Peer, { tls = TLS, identity, ...asked }: Asked = {}) {
  const secret = (name: string) =>
    name === "own" && identity !== undefined ? { bytes: identity, version: "1" } : undefined;
  return ask(server.local, { prober: "tls", tls, ...asked, world: { secret } });
}

function tlsPeer(options: TlsOptions = {}, onSocket: (socket: TLSSocket) => void = () => {}): Promise<Peer> {
  const server = createServer({ key: pem("key"), cert: pem("self-signed"), ...options }, (socket) => {
    socket.on("error", () => {});
    socket.resume();
    onSocket(socket);
  });
  server.on("tlsClientError", () => {});
  return serve(server);
}

describe("a finished handshake", () => {
  it.each(["TLSv1.3", "TLSv1.2"] as const)("%s proves TLS, and says that nothing inside was asked", async (version) => {
    await using server = await tlsPeer({ maxVersion: version });
    const result = await askTls(server);
    expect(result).toMatchObject({
      outcome: "pass",
      verdict: { state: "open", reason: "protocol-reply", service: "confirmed" },
      detail: `TLS ${version.slice(4)}, certificate for ${NAME} until 2120-01-01; what is inside was not asked`,
      warnings: [UNTRUSTED],
      attempts: 1,
    });
    expect(result.observations[0]!.tls).toMatchObject({ version, matchedName: NAME });
    expect(result.reading!.evidence.certificateDaysLeft).toBeGreaterThan(30_000);
  });

  it("tells the chain behind the server's own certificate, and that the server speaks first", async () => {
    const cert = Buffer.concat([pem("leaf"), pem("self-signed")]);
    await using server = await tlsPeer({ cert }, (socket) => void socket.write("220 ready\r\n"));
    const { reading } = await askTls(server, { tls: { serverName: "leaf.example.com", strict: false } });
    expect(reading!.evidence).toMatchObject({
      serverSpeaksFirst: true,
      chain: [
        expect.stringMatching(/^O=unity-probe tests, CN=dc01\.example\.com; issued by .*; SHA-256 [0-9A-F:]{95}$/),
      ],
    });
  });

  it("tells a stapled OCSP response", async () => {
    const server = createServer({ key: pem("key"), cert: pem("self-signed") });
    server.on("OCSPRequest", (_certificate, _issuer, done) => done(null, Buffer.from("response")));
    await using listening = await serve(server);
    expect((await askTls(listening)).observations[0]!.tls).toMatchObject({ ocspStapled: true });
  });

  it("with an expired certificate of another name passes with a warning each, and fails a strict row", async () => {
    await using server = await tlsPeer({ cert: pem("expired") });
    const faults = [/^the certificate expired \d+ days ago/, /^the certificate bears another name: asked for dc01/];
    const lenient = await askTls(server);
    expect(lenient.outcome).toBe("pass");
    for (const fault of faults) expect(lenient.warnings).toContainEqual(expect.stringMatching(fault));
    expect(await askTls(server, { tls: { ...TLS, strict: true } })).toMatchObject({ outcome: "fail" });
  });

  it("passes where the peer hangs up behind it", async () => {
    await using server = await tlsPeer({}, (socket) => void socket.end());
    expect(await askTls(server)).toMatchObject({ outcome: "pass", verdict: { service: "confirmed" } });
  });
});

describe("a client certificate", () => {
  const own: Tls = { ...TLS, clientCertificate: "own" };
  const identity = Buffer.concat([pem("key"), pem("self-signed")]);
  const mutual = { requestCert: true, rejectUnauthorized: true } as const;

  it.each(["TLSv1.3", "TLSv1.2"] as const)("%s: that is missing is a refusal, which proves TLS", async (maxVersion) => {
    await using server = await tlsPeer({ ...mutual, maxVersion });
    expect(await askTls(server)).toMatchObject({
      outcome: "pass",
      verdict: { reason: "tls-alert", service: "refused" },
      detail: expect.stringMatching(/^TLS proven, inner protocol not asked: the peer wants a client certificate/),
      attempts: 1,
    });
  });

  it.each(["TLSv1.3", "TLSv1.2"] as const)("%s: that the peer knows opens the door", async (maxVersion) => {
    const subjects: unknown[] = [];
    const options = { ...mutual, maxVersion, ca: pem("self-signed") };
    await using server = await tlsPeer(options, (socket) => subjects.push(socket.getPeerCertificate().subject.CN));
    const result = await askTls(server, { tls: own, identity });
    expect(result).toMatchObject({ outcome: "pass", verdict: { service: "confirmed" } });
    expect(subjects).toEqual([NAME]);
    expect(JSON.stringify(result)).not.toContain("PRIVATE KEY");
  });

  it("that the peer refuses with an alert is told as ours", async () => {
    await using server = await alertAfterHello(48);
    const result = await askTls(server, { tls: own, identity });
    expect(result).toMatchObject({
      outcome: "pass",
      verdict: { reason: "tls-alert", service: "refused" },
      detail: "TLS proven, inner protocol not asked: the peer refuses our client certificate (alert 48)",
    });
  });

  it("that nobody gave is told", async () => {
    await using server = await tlsPeer({ ...mutual });
    const result = await askTls(server, { tls: own });
    expect(result.warnings).toContainEqual('the secret "own" was not sent: nobody gave it');
    expect(result).toMatchObject({ outcome: "pass", verdict: { service: "refused" } });
  });
});

describe("an old peer", () => {
  it("of TLS 1.0 is asked again with what it knows, and warned about", async () => {
    await using server = await tlsPeer({ ...OLD, ...RSA });
    const result = await askTls(server);
    expect(result).toMatchObject({
      outcome: "pass",
      verdict: { service: "confirmed" },
      detail: expect.stringMatching(/^TLS 1\.0, certificate for dc01\.example\.com until 2120-01-01; what is inside/),
      warnings: expect.arrayContaining(["speaks only TLS 1.0"]),
      attempts: 2,
    });
  });

  it("is asked so at once where the row wants it", async () => {
    await using server = await tlsPeer({ ...OLD, ...RSA });
    const result = await askTls(server, { params: { oldVersions: true } });
    expect(result).toMatchObject({ outcome: "pass", attempts: 1 });
    expect(result.warnings).toContain("speaks only TLS 1.0");
  });

  it("whose ciphers nobody has any more shows its certificate in clear", async () => {
    const farewells: Buffer[] = [];
    await using server = await oldestPeer(fixture("tls/server-flight-tls10-openssl.hex"), farewells);
    const result = await askTls(server);
    expect(result).toMatchObject({
      outcome: "pass",
      verdict: { service: "confirmed" },
      detail: `TLS 1.0, certificate for ${NAME} until 2120-01-01; read in clear, the handshake was not finished`,
      attempts: 3,
    });
    expect(result.warnings).toEqual([
      "speaks only TLS 1.0, with ciphers that current libraries no longer have",
      expect.stringMatching(/^the certificate was read and not verified/),
    ]);
    expect(result.observations.at(-1)!.tls).toMatchObject({
      cipher: "TLS_RSA_WITH_AES_128_CBC_SHA",
      nameMatches: true,
    });
    await expect.poll(() => Buffer.concat(farewells).toString("hex")).toBe("1503010002015a15030100020100");
  });

  it("fails a strict row, because nobody proved to hold the key", async () => {
    await using server = await oldestPeer(fixture("tls/server-flight-tls10-openssl.hex"));
    expect(await askTls(server, { tls: { ...TLS, strict: true } })).toMatchObject({ outcome: "fail" });
  });

  it.each([
    ["a hello alone", fixture("tls/server-flight-tls10-openssl.hex").slice(0, 0x51 + 5), "silent"],
    ["a certificate without hello", fixture("tls/server-flight-tls10-openssl.hex").slice(0x51 + 5), "mismatch"],
    ["an alert", fixture("tls/alert-protocol-version-openssl.hex"), "unchecked"],
    ["an HTTP error", Buffer.from("HTTP/1.0 400 Bad Request\r\n\r\n"), "mismatch"],
  ])("that sends %s proves nothing", async (_what, bytes, service) => {
    await using server = await oldestPeer(bytes);
    // All three attempts share the time, and only silence takes it all.
    const result = await askTls(server, { timeoutMs: service === "silent" ? 4_000 : 60_000 });
    expect(result).toMatchObject({ verdict: { state: "open", service }, attempts: 3 });
    expect(result.outcome).not.toBe("pass");
  });
});

/** A TLS 1.2 server that finishes no handshake: behind its own first record it puts this alert in clear. */
function alertAfterHello(alert: number): Promise<Peer> {
  const secure = createServer({ key: pem("key"), cert: pem("self-signed"), maxVersion: "TLSv1.2" });
  secure.on("tlsClientError", () => {});
  return peer((socket) => {
    const behind = new Duplex({
      read: () => {},
      write: (chunk, _encoding, done) =>
        socket.write(chunk, () => {
          done();
          socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, alert]));
        }),
    });
    socket.on("data", (chunk) => behind.push(chunk));
    secure.emit("connection", behind);
  });
}

/** Refuses every hello but one that offers nothing newer than the oldest suites, and answers that with these bytes. */
function oldestPeer(answer: Uint8Array, farewells: Buffer[] = []): Promise<Peer> {
  return peer((socket: Socket) => {
    socket.once("data", (hello) => {
      const oldest = Buffer.from([
        0,
        2 * (OLD_CIPHER_SUITES.size + 1),
        ...[...OLD_CIPHER_SUITES.keys()].flatMap((s) => [0, s]),
      ]);
      if (!hello.includes(oldest)) return socket.end(Buffer.from("15030100020228", "hex"));
      socket.on("data", (chunk) => farewells.push(chunk));
      return socket.write(answer);
    });
  });
}

describe("what is no TLS", () => {
  it("is a mismatch with what it says, and nobody asks it again", async () => {
    await using server = await peer((socket) => void socket.write("220 mail.example.com ESMTP\r\n"));
    expect(await askTls(server)).toMatchObject({
      outcome: "fail",
      verdict: { reason: "mismatch", service: "mismatch" },
      detail: 'another protocol answered instead of TLS; it says "220 mail.example.com ESMTP"',
      attempts: 1,
    });
  });

  it("an alert alone is seven bytes and no proof", async () => {
    await using server = await peer((socket) =>
      socket.once("data", () => socket.end(Buffer.from("15030100020228", "hex"))),
    );
    expect(await askTls(server)).toMatchObject({
      outcome: "inconclusive",
      verdict: { reason: "tls-alert", service: "unchecked" },
      detail: "TLS answers, and refuses our handshake (alert 40): the service was not asked",
      attempts: 3,
    });
  });

  it("an unrecognised name is no old peer", async () => {
    await using server = await peer((socket) =>
      socket.once("data", () => socket.end(Buffer.from("15030300020270", "hex"))),
    );
    expect(await askTls(server)).toMatchObject({ verdict: { service: "unchecked" }, attempts: 1 });
  });

  it.each([
    ["stays silent", () => {}, "silent"],
    ["hangs up", (socket: Socket): void => void socket.end(), "silent"],
    ["resets", (socket: Socket): void => void socket.resetAndDestroy(), "silent"],
  ] as const)("a peer that %s after the hello is silent", async (_what, act, service) => {
    await using server = await peer((socket) => socket.once("data", () => act(socket)));
    const result = await askTls(server, { timeoutMs: 800 });
    expect(result).toMatchObject({ outcome: "fail", verdict: { state: "open", service } });
    expect(result.attempts).toBeLessThanOrEqual(3);
  });

  it("endless handshake records come to an end", async () => {
    const record = Buffer.concat([Buffer.from("1603014000", "hex"), Buffer.alloc(0x4000, 2)]);
    await using server = await peer((socket) => {
      socket.once("data", () => {
        const more = (): void => {
          while (!socket.destroyed && socket.write(record));
        };
        socket.on("drain", more);
        more();
      });
    });
    const result = await askTls(server, { timeoutMs: 3_000 });
    expect(result.outcome).toBe("fail");
    expect(result.durationMs).toBeLessThan(3_000 + 20_000);
  });
});
