import { describe, expect, it } from "vitest";
import { sccpFrameLength } from "../../src/wire/sccp.ts";
import { closedPort, peer } from "../net/loopback.ts";
import { hex, printed, toHex } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { converse, type Script } from "./conversation.ts";

describe("without a word", () => {
  it("a connection that is held proves an accept, and that nothing was asked", async () => {
    let heard = 0;
    await using listener = await peer((socket) => void socket.on("data", (bytes) => (heard += bytes.length)));
    const result = await ask(listener.local, { prober: "sccp" });
    expect(result.verdict).toEqual({ state: "open", reason: "syn-ack", service: "unchecked" });
    expect(result.durationMs).toBeGreaterThanOrEqual(1_990);
    expect(heard).toBe(0);
  });

  it.each([
    [5, "rst-after-accept"],
    [800, "no-response"],
  ] as const)("a connection that the peer ends after %d ms proves less", async (afterMs, reason) => {
    await using listener = await peer((socket) => void setTimeout(() => socket.end(), afterMs));
    const { verdict } = await ask(listener.local, { prober: "sccp" });
    expect(verdict).toMatchObject({ state: "open", reason, service: "silent" });
  });

  it("a peer that begins in another protocol is a mismatch, at once", async () => {
    await using listener = await peer((socket) => socket.write("SSH-2.0-OpenSSH_9.2p1\r\n"));
    const result = await ask(listener.local, { prober: "sccp" });
    expect(result.verdict).toMatchObject({ state: "open", reason: "mismatch", service: "mismatch" });
    expect(result.durationMs).toBeLessThan(1_900);
  });

  it("a closed port is closed", async () => {
    expect((await ask(await closedPort(), { prober: "sccp" })).verdict).toMatchObject({ state: "closed" });
  });
});

describe("with a KeepAlive", () => {
  const talk = (script: Script) =>
    converse("sccp", script, { frameLength: sccpFrameLength, params: { keepAlive: true } });

  it("a call manager that acknowledges it is proven", async () => {
    const { reading, requests } = await talk(() => [printed("sccp-keep-alive-ack")]);
    expect(requests.map(toHex)).toEqual(["040000000000000000000000"]);
    expect(reading).toMatchObject({ service: "confirmed", evidence: { messageId: 0x100, headerVersion: 0 } });
  });

  it.each([
    ["RegisterReject", printed("sccp-register-reject")],
    ["Reset", hex("08000000 00000000 9f000000 02000000")],
  ])("a call manager that answers %s refuses", async (name, answer) => {
    const { reading } = await talk(() => [answer]);
    expect(reading).toMatchObject({ service: "refused", detail: `SCCP answers, and refuses: ${name}` });
  });

  it("one that hangs up proves nothing", async () => {
    expect((await talk(() => undefined)).reading).toBeUndefined();
  });

  it.each([
    ["another protocol", Uint8Array.from(Buffer.from("220 mail\r\n"))],
    ["our own message come back", hex("04000000 00000000 00000000")],
  ])("%s is a mismatch", async (_, answer) => {
    expect((await talk(() => [answer])).reading).toMatchObject({ service: "mismatch" });
  });
});
