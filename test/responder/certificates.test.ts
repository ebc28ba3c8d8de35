/** Certificates in the place of the shared key: who is let in on either side, and what others get. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import type { Certificates } from "../../src/responder/credentials.ts";
import { EXPORTER_LABEL } from "../../src/responder/credentials.ts";
import { proveIn } from "../../src/responder/prove-in.ts";
import { proveOut } from "../../src/responder/prove-out.ts";
import { Authority } from "./authority.ts";
import { AT, FIRST, native, prober, range, respond, session, world } from "./pair.ts";

const authority = new Authority();
const another = new Authority();
const own = authority.issue({ names: "DNS:far-end.invalid,IP:127.0.0.1" });
const asker = authority.issue({ names: "DNS:prober.invalid" });
const signal = new AbortController().signal;
const serve = (certificates: Certificates = own) => respond({}, native, { certificates });

afterAll(() => {
  for (const each of [authority, another]) each[Symbol.dispose]();
});

/** The end of a TLS client of the test's own: the alert or code, and what the other side said in clear or not. */
async function strange(
  port: number,
  options: ConnectionOptions,
): Promise<{ readonly said: number; readonly why: string }> {
  const socket = connectTls({ socket: connectTcp({ port, host: AT }), rejectUnauthorized: false, ...options });
  let [said, why] = [0, "closed"];
  socket.on("data", (chunk: Uint8Array) => {
    said += chunk.length;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    why = error.code ?? "";
  });
  await new Promise((closed) => socket.once("close", closed));
  return { said, why };
}

describe("certificates of one authority", () => {
  it("let ports be proven in both directions, with tokens of this connection alone", async () => {
    await using far = await serve();
    const [first, second] = [
      await session(far.port, { certificates: asker }),
      await session(far.port, { certificates: asker }),
    ];
    expect(Buffer.from(first.key)).not.toEqual(Buffer.from(second.key));
    const wish = { ports: range(FIRST + 2_000, 50), pace: { attempts: 3, perSecond: 50_000 } };
    const parts = { world, sockets: native };
    for (const transport of ["tcp", "udp"] as const) {
      const proofs = [
        await proveIn(first, { ...wish, transport }, parts, signal),
        await proveOut(first, { ...wish, transport }, parts, signal),
      ];
      for (const { fates } of proofs) expect(new Set(fates.values())).toEqual(new Set(["open"]));
    }
    await Promise.all([first.end(), second.end()]);
  });

  it("let in by name, where names are told", async () => {
    await using far = await serve({ ...own, names: ["nobody.invalid", "PROBER.invalid"] });
    const made = await session(far.port, { certificates: { ...asker, names: ["127.0.0.1"] } });
    await made.end();
    const other = authority.issue({ names: "DNS:*.invalid" });
    expect(await prober(far.port, { certificates: other })).toMatchObject({ failure: "not-authenticated" });
    await far.event(({ what }) => what === "turned-away");
    expect(far.events.at(-1)).toMatchObject({ why: "shows a certificate without a name that is let in" });
    expect(await prober(far.port, { certificates: { ...asker, names: ["other.invalid"] } })).toEqual({
      failure: "not-authenticated",
      detail: "CERTIFICATE-OF-ANOTHER-NAME",
    });
  });
});

describe("with certificates, a responder turns away", () => {
  it.each([
    ["of another authority", () => another.issue({}, authority), "SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*"],
    ["that has expired", () => authority.issue({ expired: true }), "CERT_HAS_EXPIRED"],
  ])("a certificate %s, without a byte", async (_, issue, why) => {
    await using far = await serve();
    const wrong = issue();
    expect(await prober(far.port, { certificates: wrong })).toMatchObject({ failure: "not-authenticated" });
    await far.event(({ what }) => what === "turned-away");
    expect(far.events).toMatchObject([
      { peer: AT, why: expect.stringMatching(new RegExp(`^shows a certificate that is not let in \\((${why})\\)$`)) },
    ]);
    const { said } = await strange(far.port, { cert: wrong.chain, key: wrong.privateKey, minVersion: "TLSv1.3" });
    expect(said).toBe(0);
  });

  it("who shows none, has only a shared key, or speaks an older TLS: alerts, and no byte of ours", async () => {
    await using far = await serve();
    expect(await strange(far.port, { minVersion: "TLSv1.3" })).toMatchObject({ said: 0 });
    await far.event((event) => event.what === "turned-away" && event.why === "shows no certificate");
    const { chain: cert, privateKey: key } = asker;
    expect(await strange(far.port, { cert, key, maxVersion: "TLSv1.2" })).toMatchObject({
      said: 0,
      why: expect.stringContaining("ALERT_PROTOCOL_VERSION"),
    });
    expect(await prober(far.port)).toMatchObject({ failure: "not-authenticated" });
    expect(far.events.every(({ what }) => what === "turned-away")).toBe(true);
  });

  it("who comes back with a ticket instead of a certificate", async () => {
    await using far = await serve();
    const { chain: cert, privateKey: key } = asker;
    let kept: Buffer | undefined;
    const first = connectTls({
      socket: connectTcp({ port: far.port, host: AT }),
      cert,
      key,
      rejectUnauthorized: false,
    });
    first.on("session", (ticket) => {
      kept = ticket;
    });
    await new Promise((secured) => first.once("secureConnect", secured));
    await new Promise((turned) => setTimeout(turned, 50));
    first.destroy();
    const { said } = await strange(far.port, kept === undefined ? {} : { session: kept });
    expect(said).toBe(0);
    await far.event((event) => event.what === "turned-away" && event.why === "shows no certificate");
  });
});

describe("with certificates, a prober turns away", () => {
  it.each([
    ["of another authority", () => another.issue({}, authority)],
    ["that has expired", () => authority.issue({ expired: true })],
  ])("a responder with a certificate %s", async (_, issue) => {
    await using far = await serve(issue());
    expect(await prober(far.port, { certificates: asker })).toMatchObject({ failure: "not-authenticated" });
    expect(far.events.filter(({ what }) => what === "connected")).toEqual([]);
  });

  it("a responder that has a key only", async () => {
    await using far = await respond();
    expect(await prober(far.port, { certificates: asker })).toMatchObject({ failure: "not-authenticated" });
  });
});

describe("the exported key", () => {
  /** RFC 8446 section 7.1, for one block of SHA-256. */
  const expandLabel = (secret: Uint8Array, label: string, context: Uint8Array): Buffer => {
    const name = Buffer.from(`tls13 ${label}`);
    const info = Buffer.concat([Buffer.of(0, 32, name.length), name, Buffer.of(context.length), context, Buffer.of(1)]);
    return createHmac("sha256", secret).update(info).digest();
  };
  const EMPTY = Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex");
  const exported = (secret: Uint8Array) => expandLabel(expandLabel(secret, EXPORTER_LABEL, EMPTY), "exporter", EMPTY);

  it("is the one of RFC 8446 section 7.5, and printed on the page", async () => {
    const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
    const page = readFileSync(new URL("../../docs/responder-protocol.md", import.meta.url), "utf8");
    expect(page).toContain(exported(secret).toString("hex"));
    expect(page).toContain(`"${EXPORTER_LABEL}"`);
    await using far = await serve();
    const { chain: cert, privateKey: key } = asker;
    const socket = connectTls({
      socket: connectTcp({ port: far.port, host: AT }),
      cert,
      key,
      rejectUnauthorized: false,
    });
    const lines: string[] = [];
    socket.on("keylog", (line) => lines.push(line.toString()));
    await new Promise((secured) => socket.once("secureConnect", secured));
    const hex = /^EXPORTER_SECRET \S+ (\S+)/m.exec(lines.join(""))?.[1] ?? "";
    const value = socket.exportKeyingMaterial(32, EXPORTER_LABEL, Buffer.alloc(0));
    expect(value.toString("hex")).toBe(exported(Buffer.from(hex, "hex")).toString("hex"));
    socket.destroy();
  });
});
