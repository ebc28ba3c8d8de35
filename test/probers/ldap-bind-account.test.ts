import { describe, expect, it } from "vitest";
import type { Tls } from "../../src/model/check.ts";
import { ldapBind } from "../../src/probers/ldap-bind.ts";
import { encodeLdap } from "../../src/wire/ldap.ts";
import { type Asking, ask, PASSWORD, SECRET } from "./ldap-asking.ts";
import { type Behaviour, type LdapServer, ldapServer, NAME } from "./ldap-server.ts";

const TLS: Tls = { serverName: NAME, strict: false };
const DN = "cn=probe,dc=example,dc=com";
const LOGIN = { bindDn: DN, password: SECRET };

const roads = ({ heard }: LdapServer) =>
  heard.map(({ secure, operation }) => `${secure ? "TLS" : "clear"} ${operation.type}`);

/** Whom each bind named, in order. */
const names = ({ heard }: LdapServer) =>
  heard.flatMap(({ operation }) => (operation.type === "bindRequest" ? [operation.name] : []));

/** The one thing that a report still says of the fixtures. */
const UNTRUSTED = expect.stringContaining("the certificate is not trusted here: DEPTH_ZERO_SELF_SIGNED_CERT");

describe("an account", () => {
  const inside = { params: LOGIN, tls: TLS };
  const welcome: Behaviour = { begins: "inside TLS", bind: (_name, password) => (password === PASSWORD ? 0 : 49) };

  it("binds inside TLS, once, and is not bound as nobody before", async () => {
    await using server = await ldapServer(welcome);
    const result = await ask(server.local, inside);
    expect(names(server)).toEqual([DN]);
    expect(result).toMatchObject({ outcome: "pass", detail: `${NAME}; bind as ${DN}: success`, warnings: [UNTRUSTED] });
    expect(result.reading!.evidence).toMatchObject({ bindDn: DN, bindResult: "success" });
  });

  it("that is refused is a pass with a warning, tried once", async () => {
    const bind = () => 49;
    await using server = await ldapServer({ begins: "inside TLS", bind, diagnostic: "data 52e" });
    const result = await ask(server.local, inside);
    expect(names(server)).toEqual([DN]);
    expect(result).toMatchObject({
      outcome: "pass",
      verdict: { service: "refused" },
      detail: `${NAME}; bind as ${DN}: invalidCredentials`,
      reading: { secretRefused: true, evidence: { bindResult: "invalidCredentials", bindDiagnostic: "data 52e" } },
    });
    expect(result.warnings[0]).toMatch(/^the account or its password was refused \(invalidCredentials\)/);
  });

  it("is not called refused by a server that is busy", async () => {
    await using server = await ldapServer({ begins: "inside TLS", bind: () => 51 });
    const result = await ask(server.local, inside);
    expect(result.reading).not.toHaveProperty("secretRefused");
    expect(result.detail).toBe(`${NAME}; bind as ${DN}: busy`);
  });

  it("with StartTLS binds after the handshake and as nobody before it", async () => {
    await using server = await ldapServer({ ...welcome, begins: "in clear", bind: () => 0 });
    const result = await ask(server.local, { params: { ...LOGIN, startTls: true }, tls: TLS });
    await server.gone();
    expect(roads(server)).toEqual([
      "clear bindRequest",
      "clear extendedRequest",
      "TLS bindRequest",
      "TLS searchRequest",
      "TLS unbindRequest",
    ]);
    expect(names(server)).toEqual(["", DN]);
    expect(result.detail).toBe(`${NAME}; anonymous bind: success; StartTLS: success; bind as ${DN}: success`);
    expect(server.inClear().includes(PASSWORD)).toBe(false);
  });

  it.each<readonly [string, Behaviour, Asking, string]>([
    ["in clear", { begins: "in clear" }, { params: LOGIN }, "there is no TLS"],
    [
      "after a refused StartTLS",
      { begins: "in clear", startTls: 2 },
      { params: { ...LOGIN, startTls: true }, tls: TLS },
      "there is no TLS",
    ],
    [
      "after a StartTLS without a handshake",
      { begins: "in clear", insteadOfTls: new Uint8Array(9) },
      { params: { ...LOGIN, startTls: true }, tls: TLS },
      "there is no TLS",
    ],
    [
      "to a server whose certificate nobody trusts",
      { begins: "inside TLS" },
      { ...inside, trusts: false },
      "the certificate does not prove that this is the server",
    ],
    [
      "to a server with another name",
      { begins: "inside TLS" },
      { params: LOGIN, tls: { ...TLS, serverName: "dc02.example.com" } },
      "the certificate does not prove that this is the server",
    ],
    [
      "after StartTLS to a server with another name",
      { begins: "in clear" },
      { params: { ...LOGIN, startTls: true }, tls: { ...TLS, serverName: "dc02.example.com" } },
      "the certificate does not prove that this is the server",
    ],
  ])("never says its password %s", async (_where, behaviour, asking, why) => {
    await using server = await ldapServer(behaviour);
    const result = await ask(server.local, asking);
    expect(new Set(names(server))).toEqual(new Set([""]));
    expect(server.inClear().includes(PASSWORD)).toBe(false);
    expect(result.outcome).toBe("pass");
    expect(result.warnings).toContain(`the password was not sent: ${why}`);
  });

  it("whose password comes back from the far end does not show up in the result", async () => {
    await using server = await ldapServer({ begins: "inside TLS", bind: () => 49, diagnostic: `not ${PASSWORD}` });
    const result = await ask(server.local, inside);
    expect(result.reading!.evidence.bindDiagnostic).toBe("not [secret]");
    expect(JSON.stringify(result)).not.toContain(PASSWORD);
  });

  it("whose whole request comes back does not show up in the first bytes", async () => {
    await using server = await ldapServer({ begins: "inside TLS", echoes: true });
    const result = await ask(server.local, inside);
    expect(result.verdict?.service).toBe("mismatch");
    const text = JSON.stringify(result, (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
    );
    expect(text).not.toContain(PASSWORD);
  });

  it("costs no more than the prober says, however long its name and its password are", async () => {
    await using server = await ldapServer({ begins: "in clear" });
    const [bindDn, password] = ["あ".repeat(255), "p".repeat(255)];
    const { observations } = await ask(server.local, {
      params: { ...LOGIN, bindDn, startTls: true },
      tls: TLS,
      password,
    });
    await server.gone();
    const bytes = server.heard.map(({ operation }) => encodeLdap({ messageId: 0x3fff_ffff, operation }).length);
    expect(bytes).toHaveLength(5);
    expect(bytes.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(ldapBind.cost.bytes);
    expect(observations[0]!.sentMs.length).toBeLessThanOrEqual(ldapBind.cost.packets);
  });
});
