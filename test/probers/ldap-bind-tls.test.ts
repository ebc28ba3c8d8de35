import { describe, expect, it } from "vitest";
import type { Tls } from "../../src/model/check.ts";
import { ldap } from "../../src/standin/ldap.ts";
import { serve } from "../../src/standin/stand-in.ts";
import { encodeLdap } from "../../src/wire/ldap.ts";
import { peer } from "../net/loopback.ts";
import { ask } from "./ldap-asking.ts";
import { ldapServer, NAME } from "./ldap-server.ts";

const TLS: Tls = { serverName: NAME, strict: false };

const types = (server: { heard: readonly { secure: boolean; operation: { type: string } }[] }) =>
  server.heard.map(({ secure, operation }) => `${secure ? "TLS" : "clear"} ${operation.type}`);

/** What the trusting machine still says of the fixtures, whatever it trusts. */
const UNTRUSTED = expect.stringContaining("the certificate is not trusted here: DEPTH_ZERO_SELF_SIGNED_CERT");

describe("inside TLS", () => {
  it("asks bind and root entry, and shows what the certificate says", async () => {
    await using server = await ldapServer({ begins: "inside TLS" });
    const result = await ask(server.local, { tls: TLS });
    await server.gone();
    expect(types(server)).toEqual(["TLS bindRequest", "TLS searchRequest", "TLS unbindRequest"]);
    expect(result).toMatchObject({
      outcome: "pass",
      detail: `${NAME}; anonymous bind: success`,
      verdict: { state: "open", service: "confirmed" },
      warnings: [UNTRUSTED],
    });
    expect(result.observations[0]!.tls).toMatchObject({ version: "TLSv1.3", serverName: NAME, nameMatches: true });
  });

  it("a handshake alone proves nothing, and no middle box passes", async () => {
    await using server = await ldapServer({ begins: "inside TLS", bind: () => undefined });
    expect(await ask(server.local, { tls: TLS, timeoutMs: 300 })).toMatchObject({
      outcome: "fail",
      verdict: { state: "open", reason: "no-response", service: "silent" },
    });
  });

  it.each(["TLSv1.3", "TLSv1.2"] as const)("%s: a wish for a client certificate is a refusal", async (maxVersion) => {
    const wants = { requestCert: true, rejectUnauthorized: true, maxVersion };
    await using server = await ldapServer({ begins: "inside TLS", tls: wants });
    const result = await ask(server.local, { tls: TLS });
    expect(result).toMatchObject({
      outcome: "pass",
      verdict: { state: "open", reason: "tls-alert", service: "refused" },
      detail: expect.stringMatching(/^TLS proven, inner protocol not asked: the peer wants a client certificate/),
    });
  });

  it("a server with no TLS in common with us was not asked", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await using server = await ldapServer({ begins: "inside TLS", tls: old });
    expect(await ask(server.local, { tls: TLS })).toMatchObject({
      outcome: "inconclusive",
      verdict: { state: "open", reason: "tls-alert", service: "unchecked" },
    });
  });

  it("another name or an untrusted issuer fails a strict row", async () => {
    await using server = await ldapServer({ begins: "inside TLS" });
    const result = await ask(server.local, { tls: { serverName: "dc02.example.com", strict: true } });
    expect(result).toMatchObject({ outcome: "fail", verdict: { service: "confirmed" }, warnings: [] });
    expect(result.detail).toMatch(
      /^strict TLS: the certificate is not trusted here: .*; the certificate bears another name: asked for dc02/,
    );
  });
});

describe("the wrong road", () => {
  it("TLS to a server in clear is no TLS", async () => {
    await using mail = await peer((socket) => void socket.write("220 mail.example.com ESMTP\r\n"));
    expect(await ask(mail.local, { tls: TLS })).toMatchObject({
      outcome: "fail",
      verdict: { state: "open", reason: "mismatch", service: "mismatch" },
      detail: 'another protocol answered instead of TLS; it says "220 mail.example.com ESMTP"',
    });
  });

  it("TLS to an LDAP server in clear, which hangs up, is not the service", async () => {
    const server = await serve(ldap({ wallMs: Date.now }), "127.0.0.1", 0);
    const result = await ask(server.local, { tls: TLS });
    await server.close();
    expect(result.outcome).toBe("fail");
    expect(result.verdict).toMatchObject({ state: "open", service: "silent" });
  });

  it("clear to a TLS server, which hangs up, is not the service", async () => {
    await using server = await ldapServer({ begins: "inside TLS" });
    const result = await ask(server.local, {});
    expect(result.outcome).toBe("fail");
    expect(result.verdict?.state).toBe("open");
  });

  it("clear to a TLS server that answers by an alert is a mismatch that says so", async () => {
    const alert = Uint8Array.of(21, 3, 3, 0, 2, 2, 70);
    await using server = await peer((socket) => socket.once("data", () => socket.end(alert)));
    expect(await ask(server.local, {})).toMatchObject({
      outcome: "fail",
      verdict: { state: "open", reason: "mismatch" },
      detail: "something answers, but not LDAP; it speaks TLS, and the row does not",
    });
  });
});

describe("StartTLS", () => {
  const START = { params: { startTls: true }, tls: TLS };

  it("binds in clear, and asks the root entry inside TLS", async () => {
    await using server = await ldapServer({ begins: "in clear" });
    const result = await ask(server.local, START);
    await server.gone();
    expect(types(server)).toEqual([
      "clear bindRequest",
      "clear extendedRequest",
      "TLS searchRequest",
      "TLS unbindRequest",
    ]);
    expect(result).toMatchObject({
      outcome: "pass",
      detail: `${NAME}; anonymous bind: success; StartTLS: success`,
      warnings: [UNTRUSTED],
    });
    expect(result.reading!.evidence).toMatchObject({ bindResult: "success", startTlsResult: "success" });
    expect(result.observations[0]!.tls).toMatchObject({ version: "TLSv1.3", nameMatches: true });
  });

  it.each([
    [1, "operationsError"],
    [2, "protocolError"],
    [52, "unavailable"],
  ])("refused by %i: LDAP is there, TLS is not, and both are said", async (code, name) => {
    await using server = await ldapServer({ begins: "in clear", startTls: code, diagnostic: "no TLS here" });
    const result = await ask(server.local, START);
    expect(result).toMatchObject({
      outcome: "pass",
      detail: `${NAME}; anonymous bind: success; StartTLS refused: ${name}`,
      warnings: ["the service answered without TLS"],
    });
    expect(result.reading!.evidence).toMatchObject({ startTlsResult: name, startTlsDiagnostic: "no TLS here" });
    const strict = await ask(server.local, { ...START, tls: { ...TLS, strict: true } });
    expect(strict).toMatchObject({ outcome: "fail", detail: expect.stringMatching(/^strict TLS: .* without TLS/) });
  });

  it("accepted without a handshake behind it takes nothing back, and does not count as TLS", async () => {
    const insteadOfTls = new TextEncoder().encode("what?\n");
    await using server = await ldapServer({ begins: "in clear", insteadOfTls });
    const result = await ask(server.local, START);
    expect(result).toMatchObject({
      outcome: "pass",
      detail: "anonymous bind: success; StartTLS accepted, but no handshake came of it",
      warnings: ["the service answered without TLS"],
    });
    expect((await ask(server.local, { ...START, tls: { ...TLS, strict: true } })).outcome).toBe("fail");
  });

  it("throws away what came in clear behind the answer, and says so", async () => {
    await using server = await ldapServer({ begins: "in clear", injected: new TextEncoder().encode("injected") });
    const result = await ask(server.local, START);
    const told = result.warnings.filter((warning) => /^8 bytes came in clear behind the answer/.test(warning));
    // The two may come in one segment or in two: then the handshake stumbles over them, which is as good.
    expect(told.length === 1 || /no handshake/.test(result.detail)).toBe(true);
    expect(result.reading!.evidence.dnsHostName).toBe(told.length === 1 ? NAME : undefined);
  });

  it.each<readonly [string, Uint8Array, RegExp]>([
    [
      "another protocol",
      new TextEncoder().encode("220 mail ESMTP\r\n"),
      /^what came after StartTLS could not be read: not an LDAP/,
    ],
    [
      "an answer to somebody else",
      encodeLdap({ messageId: 77, operation: { type: "unbindRequest" } }),
      /message id 77 was never asked/,
    ],
  ])("answered by %s takes nothing back", async (_what, insteadOfAnswer, warning) => {
    await using server = await ldapServer({ begins: "in clear", insteadOfAnswer });
    const result = await ask(server.local, START);
    expect(result).toMatchObject({ outcome: "pass", detail: "anonymous bind: success" });
    expect(result.warnings[0]).toMatch(warning);
  });
});
