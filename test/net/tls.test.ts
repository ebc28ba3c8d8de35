import { setMaxListeners } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import { PEER_CLOSED } from "../../src/model/observation.ts";
import { alertOf } from "../../src/net/tls.ts";
import { bytesOf, exactly, leavesNoSocket, line, net, never, type Peer, peer, serve, text } from "./loopback.ts";

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const tls = { serverName: "dc01.example.com", strict: false };

function tlsPeer(options: TlsOptions, onSocket: (socket: TLSSocket) => void = () => {}): Promise<Peer> {
  const server = createServer({ key: fixture("key.pem"), cert: fixture("self-signed.pem"), ...options }, (socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.on("tlsClientError", () => {});
  return serve(server);
}

describe("a handshake", () => {
  it("shows version, cipher, chain and what is wrong with it, and carries data", async () => {
    await using server = await tlsPeer({}, (socket) => socket.pipe(socket));
    const attempt = await net.tcp(server.local, { tls }, never);
    attempt.connection!.send(bytesOf("through TLS\n"));
    expect(text(await attempt.connection!.receive(line, 100))).toBe("through TLS\n");
    expect(attempt.connection!.tls).toEqual({
      version: "TLSv1.3",
      cipher: expect.stringMatching(/^TLS_/),
      verifyError: "DEPTH_ZERO_SELF_SIGNED_CERT",
      serverName: "dc01.example.com",
      nameMatches: true,
      matchedName: "dc01.example.com",
      chain: [
        {
          subject: "O=unity-probe tests, CN=dc01.example.com",
          issuer: "O=unity-probe tests, CN=dc01.example.com",
          names: ["dc01.example.com", "dc01", "127.0.0.1"],
          notBefore: "2020-01-01T00:00:00.000Z",
          notAfter: "2120-01-01T00:00:00.000Z",
          sha256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        },
      ],
    });
    attempt.close();
    const seen = attempt.seen();
    expect(seen).toMatchObject({ phase: "done", tls: attempt.connection!.tls });
    expect(text(seen.firstBytes)).toBe("through TLS\n");
    expect(seen.repliedMs).toBeLessThan(seen.sentMs[0]!);
  });

  it("gives the whole chain, leaf first", async () => {
    const cert = Buffer.concat([fixture("leaf.pem"), fixture("self-signed.pem")]);
    await using server = await tlsPeer({ cert });
    const attempt = await net.tcp(server.local, { tls: { ...tls, serverName: "leaf.example.com" } }, never);
    const { chain, verifyError } = attempt.seen().tls!;
    expect(chain.map((each) => each.subject)).toEqual([
      "O=unity-probe tests, CN=leaf.example.com",
      "O=unity-probe tests, CN=dc01.example.com",
    ]);
    expect(verifyError).toBe("SELF_SIGNED_CERT_IN_CHAIN");
    attempt.close();
  });

  it("goes through with an expired certificate, and says so", async () => {
    await using server = await tlsPeer({ cert: fixture("expired.pem") });
    const attempt = await net.tcp(server.local, { tls }, never);
    expect(attempt.connection).toBeDefined();
    expect(attempt.seen().tls).toMatchObject({
      verifyError: "CERT_HAS_EXPIRED",
      chain: [{ names: ["old.example.com"], notAfter: "2011-01-01T00:00:00.000Z" }],
    });
    attempt.close();
  });

  it.each([
    ["dc01.example.com", true],
    ["DC01.EXAMPLE.COM", true],
    ["dc01", true],
    ["127.0.0.1", true],
    ["dc02.example.com", false],
    ["127.0.0.2", false],
    ["::1", false],
  ])(
    "asked for %s tells whether the certificate bears that name, though nobody trusts it",
    async (serverName, bears) => {
      await using server = await tlsPeer({});
      const attempt = await net.tcp(server.local, { tls: { serverName, strict: false } }, never);
      expect(attempt.connection!.tls).toMatchObject({
        serverName,
        nameMatches: bears,
        verifyError: "DEPTH_ZERO_SELF_SIGNED_CERT",
      });
      attempt.close();
    },
  );

  it.each([
    ["dc01.example.com", "dc01.example.com"],
    ["127.0.0.1", false],
  ])("asked for %s sends %s as the server name", async (serverName, sent) => {
    const names: unknown[] = [];
    await using server = await tlsPeer({}, (socket) => {
      names.push(socket.servername);
      socket.end("x");
    });
    const attempt = await net.tcp(server.local, { tls: { serverName, strict: false } }, never);
    await attempt.connection!.receive(exactly(1), 1);
    expect(names).toEqual([sent]);
    attempt.close();
  });
});

describe("a peer that refuses", () => {
  it.each([
    [70, "TLS 1.2", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }],
    [40, "our ciphers", { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" }],
  ] as const)("by alert %i, because of %s", async (alert, _what, options) => {
    await using server = await tlsPeer(options);
    const attempt = await net.tcp(server.local, { tls }, never);
    expect(attempt.connection).toBeUndefined();
    const seen = attempt.seen();
    expect(seen).toMatchObject({ phase: "tls", code: expect.stringContaining("ALERT"), tls: { alert, chain: [] } });
    expect([...seen.firstBytes!]).toEqual([21, 3, expect.any(Number), 0, 2, 2, alert]);
  });

  it("a missing client certificate only after a TLS 1.3 handshake is finished", async () => {
    await using server = await tlsPeer({ requestCert: true, rejectUnauthorized: true });
    const attempt = await net.tcp(server.local, { tls }, never);
    expect(await attempt.connection!.receive(line, 100)).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "exchange", tls: { alert: 116, version: "TLSv1.3" } });
    expect(attempt.connection!.tls).toEqual(attempt.seen().tls);
    attempt.close();
  });

  it("by speaking something else, which is kept", async () => {
    await using server = await peer((socket) => void socket.write("220 mail.example.com ESMTP\r\n"));
    const attempt = await net.tcp(server.local, { tls }, never);
    expect(attempt.connection).toBeUndefined();
    const seen = attempt.seen();
    expect(seen).toMatchObject({ phase: "tls", code: "ERR_SSL_WRONG_VERSION_NUMBER" });
    expect(seen.tls).toBeUndefined();
    expect(text(seen.firstBytes)).toBe("220 mail.example.com ESMTP\r\n");
  });

  it.each([
    ["FIN", PEER_CLOSED, (peerSide: { end(): void }) => peerSide.end()],
    ["RST", "ECONNRESET", (peerSide: { resetAndDestroy(): void }) => peerSide.resetAndDestroy()],
  ] as const)("by %s within the handshake", async (_how, code, act) => {
    await using server = await peer((socket) => socket.once("data", () => act(socket)));
    const attempt = await net.tcp(server.local, { tls }, never);
    expect(attempt.connection).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "tls", code });
    expect(attempt.seen().repliedMs).toBeUndefined();
  });

  it("by RST after the handshake, while we send", async () => {
    const secureSide = createServer({ key: fixture("key.pem"), cert: fixture("self-signed.pem") });
    await using server = await peer((socket) => {
      secureSide.once("secureConnection", (secure) => secure.once("data", () => socket.resetAndDestroy()));
      secureSide.emit("connection", socket);
    });
    const attempt = await net.tcp(server.local, { tls }, never);
    for (let at = 0; at < 200; at++) attempt.connection!.send(new Uint8Array(16_384));
    expect(await attempt.connection!.receive(line, 100)).toBeUndefined();
    expect(attempt.seen().phase).toBe("exchange");
    expect(["ECONNRESET", "EPIPE"]).toContain(attempt.seen().code);
    attempt.close();
  });
});

describe("startTls", () => {
  it("takes over a connection, and forgets what came in clear", async () => {
    const context = { key: fixture("key.pem"), cert: fixture("self-signed.pem") };
    const secureSide = createServer(context, (socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
    });
    await using server = await peer((socket) => {
      socket.write("READY\n");
      socket.once("data", () => {
        socket.write("GO\ninjected");
        secureSide.emit("connection", socket);
      });
    });
    const attempt = await net.tcp(server.local, {}, never);
    const { connection } = attempt;
    expect(text(await connection!.receive(line, 100))).toBe("READY\n");
    connection!.send(bytesOf("STARTTLS\n"));
    expect(text(await connection!.receive(line, 100))).toBe("GO\n");
    const seen = await connection!.startTls(tls);
    expect(seen).toMatchObject({ version: "TLSv1.3", chain: [{ names: expect.any(Array) }] });
    expect(connection!.pending()).toHaveLength(0);
    connection!.send(bytesOf("secret\n"));
    expect(text(await connection!.receive(line, 100))).toBe("secret\n");
    attempt.close();
    expect(attempt.seen()).toMatchObject({ phase: "done", tls: seen });
    expect(text(attempt.seen().firstBytes)).toBe("READY\nGO\ninjectedsecret\n");
  });

  it("gives undefined where the peer does not speak it, or is gone, or the name cannot be one", async () => {
    await using server = await peer((socket) => socket.once("data", () => socket.write("what?\n")));
    const attempt = await net.tcp(server.local, {}, never);
    expect(await attempt.connection!.startTls(tls)).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "tls", code: "ERR_SSL_WRONG_VERSION_NUMBER" });
    expect(await attempt.connection!.startTls(tls)).toBeUndefined();
    attempt.close();
  });
});

it("an abort ends a handshake that does not end", async () => {
  await using server = await peer(() => {});
  const stop = new AbortController();
  const pending = net.tcp(server.local, { tls }, stop.signal);
  while (server.held() === 0) await new Promise(setImmediate);
  stop.abort();
  const attempt = await pending;
  expect(attempt.connection).toBeUndefined();
  expect(attempt.seen().code).toBeUndefined();
});

it("leaves no socket behind, however the handshake ends", async () => {
  await using good = await tlsPeer({});
  await using old = await tlsPeer({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
  await using plain = await peer((socket) => void socket.write("plain\n"));
  await using mute = await peer(() => {});
  const peers = [good, old, plain, mute];
  await leavesNoSocket(async () => {
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const pending = Array.from({ length: 40 }, (_, at) => net.tcp(peers[at % 4]!.local, { tls }, stop.signal));
    const ended = await Promise.all(pending.filter((_, at) => at % 4 !== 3));
    for (const attempt of ended.slice(0, 20)) attempt.close();
    stop.abort();
    await Promise.all(pending);
  }, peers);
});

describe("alertOf", () => {
  it.each([
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", 70],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", 40],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", 116],
    ["ERR_SSL_TLSV1_UNRECOGNIZED_NAME", 112],
    ["ERR_SSL_WRONG_VERSION_NUMBER", undefined],
    ["ERR_SSL_TLSV1_SOMETHING_NEW", undefined],
    ["ECONNRESET", undefined],
  ])("%s is %s", (code, number) => {
    expect(alertOf(code)).toBe(number);
  });
});
