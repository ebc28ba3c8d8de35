import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { encodeX224, x224FrameLength } from "../../src/wire/x224.ts";
import { serve } from "../net/loopback.ts";
import { fixture, hex, toHex } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { type Conversation, converse, type How } from "./conversation.ts";

const NONE = new Uint8Array();
const WORLD = { randomBytes: (length: number) => Uint8Array.from({ length }, (_, at) => 0xa1 + at) };
const talk = (answer: Uint8Array, how: Partial<How> = {}): Promise<Conversation> =>
  converse("x224", () => [answer], { frameLength: x224FrameLength, world: WORLD, ...how });

const rdp = (answer: Uint8Array): Promise<Conversation> => talk(answer, { params: { rdp: true } });

describe("the RDP request", () => {
  it("offers TLS and CredSSP, and names nobody", async () => {
    const { requests } = await rdp(fixture("x224/confirm-tls-xrdp.hex"));
    expect(requests.map(toHex)).toEqual([toHex(hex("03000013 0e e0 0000 0000 00 01 00 0800 0b000000"))]);
  });

  it("is confirmed by xrdp", async () => {
    expect((await rdp(fixture("x224/confirm-tls-xrdp.hex"))).reading).toEqual({
      service: "confirmed",
      detail: "RDP with TLS",
      evidence: { negotiation: "response", security: "TLS" },
    });
    expect((await rdp(fixture("x224/confirm-standard-xrdp.hex"))).reading).toMatchObject({
      service: "confirmed",
      detail: "RDP with standard RDP security",
    });
  });

  it("is confirmed without negotiation by old servers", async () => {
    expect((await rdp(fixture("x224/confirm-plain-xrdp.hex"))).reading).toMatchObject({
      service: "confirmed",
      evidence: { negotiation: "none" },
    });
  });

  it.each([
    [2, "TLS not allowed"],
    [5, "CredSSP required"],
  ])("may be refused by failure %i", async (code, failure) => {
    const confirm = fixture("x224/confirm-tls-xrdp.hex").with(11, 3).with(12, 0).with(15, code);
    expect((await rdp(confirm)).reading).toEqual({
      service: "refused",
      detail: `RDP answers, and refuses: ${failure}`,
      evidence: { negotiation: "failure", failure },
    });
  });

  it.each([
    ["its own request", hex("03000013 0e e0 0000 0000 00 01 00 0800 0b000000")],
    ["a negotiation request", fixture("x224/confirm-tls-xrdp.hex").with(11, 1)],
    ["parameters that are no negotiation", hex("0300000e 09 d0 0000 1234 00 c0010a")],
    ["a choice that was never offered", fixture("x224/confirm-tls-xrdp.hex").with(15, 4)],
    ["a confirm to somebody else", fixture("x224/confirm-tls-xrdp.hex").with(7, 1)],
    ["a mail server's banner", Uint8Array.from(Buffer.from("220 mail ESMTP\r\n"))],
  ])("takes %s for another protocol", async (_, answer) => {
    expect((await rdp(answer)).reading?.service).toBe("mismatch");
  });
});

describe("the T.120 request", () => {
  it("is 11 bytes with a random reference", async () => {
    const { requests } = await talk(fixture("x224/confirm-plain-xrdp.hex"));
    expect(requests.map(toHex)).toEqual([toHex(hex("0300000b 06 e0 0000 a1a2 00"))]);
  });

  it("is confirmed by its reference, whatever parameters come along", async () => {
    const answer = encodeX224({
      type: "connectionConfirm",
      destinationReference: 0xa1a2,
      sourceReference: 7,
      parameters: hex("c0010a"),
    });
    expect((await talk(answer)).reading).toEqual({
      service: "confirmed",
      detail: "X.224 connection confirmed",
      evidence: { referenceEchoed: true },
    });
  });

  it("is confirmed without it, and that is told", async () => {
    expect((await talk(fixture("x224/confirm-plain-xrdp.hex"))).reading).toMatchObject({
      service: "confirmed",
      detail: expect.stringContaining("without our reference"),
      evidence: { referenceEchoed: false },
    });
  });

  it.each([
    [
      { type: "disconnectRequest", destinationReference: 0xa1a2, sourceReference: 0, reason: 2, parameters: NONE },
      "nobody is attached",
    ],
    [{ type: "error", destinationReference: 0xa1a2, cause: 2, parameters: NONE }, "invalid packet type"],
  ] as const)("may be refused: %o", async (answer, refusal) => {
    expect((await talk(encodeX224(answer))).reading).toEqual({
      service: "refused",
      detail: `X.224 answers, and refuses: ${refusal}`,
      evidence: { refusal },
    });
  });

  it("is not answered by a confirm to somebody else", async () => {
    const answer = fixture("x224/confirm-plain-xrdp.hex").with(6, 0xa1).with(7, 0xa3);
    expect((await talk(answer)).reading?.service).toBe("mismatch");
  });

  it("never sends zero as its reference", async () => {
    const world = { randomBytes: (length: number) => new Uint8Array(length) };
    const { requests } = await talk(fixture("x224/confirm-plain-xrdp.hex"), { world });
    expect(toHex(requests[0]!.subarray(8, 10))).toBe("0001");
  });
});

describe("TLS that the server chose", () => {
  const params = { rdp: true };
  const tls = { serverName: "dc01.example.com", strict: false };

  it("shows the certificate on the same connection", async () => {
    await using server = await rdpServer("upgrades");
    const result = await ask(server.local, { prober: "x224", params, tls });
    expect(result).toMatchObject({ outcome: "pass", attempts: 1, detail: expect.stringContaining("RDP with TLS") });
    expect(result.observations[0]!.tls).toMatchObject({ version: "TLSv1.3", nameMatches: true });
    expect(result.warnings).toEqual([expect.stringContaining("the certificate is not trusted here")]);
  });

  it("takes nothing back when no handshake comes of it", async () => {
    await using server = await rdpServer("hangs up");
    const result = await ask(server.local, { prober: "x224", params, tls });
    expect(result).toMatchObject({ outcome: "pass", verdict: { state: "open", service: "confirmed" } });
    expect(result.warnings).toContain("the server chose TLS, and no handshake came of it");
  });
});

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));

/** Confirms like xrdp, and then goes on in TLS, or does not. */
function rdpServer(then: "upgrades" | "hangs up") {
  const secureContext = createSecureContext({ key: pem("key"), cert: pem("self-signed") });
  return serve(
    createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(fixture("x224/confirm-tls-xrdp.hex"));
        if (then === "hangs up") socket.end();
        else new TLSSocket(socket, { isServer: true, secureContext }).on("error", () => {});
      });
    }),
  );
}
