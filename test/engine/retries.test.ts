import { describe, expect, it } from "vitest";
import { firstTryDecided } from "../../src/report/timing.ts";
import { ask } from "../probers/asking.ts";
import { farEnd } from "../probers/far-end.ts";
import { ldapPing } from "../probers/samba-replies.ts";
import { answers, refuses, silent } from "./scripted-net.ts";
import { check, dialogue, oneshot, reading, stage } from "./stage.ts";

const echo = oneshot("echo");
const udp = check("echo", 7, { transport: "udp" });

describe("a prober that holds a conversation over TCP", () => {
  const twoFaced = oneshot("echo", { conversation: dialogue("conversation") });

  it("does so there, with its own time to give up", async () => {
    const [tcp, silentTcp] = [check("echo", 7), check("echo", 9)];
    const scene = { port: ({ port }: { readonly port: number }) => (port === 7 ? answers(250) : silent) };
    const { results } = await stage([tcp, silentTcp], { probers: [twoFaced], scene });
    expect(results[0]).toMatchObject({ outcome: "pass", durationMs: 250, timeoutMs: 10_000 });
    expect(results[1]).toMatchObject({ outcome: "fail", durationMs: 10_000, verdict: { service: "silent" } });
  });

  it("keeps its schedule over UDP", async () => {
    const { net } = await stage([udp], { probers: [twoFaced], scene: { port: () => silent } });
    expect(net.opened.map(({ sends }) => sends)).toEqual([[0, 1_000, 3_000]]);
  });
});

describe("a transaction over UDP", () => {
  it("resends at the prober's times, and gives up at the prober's time", async () => {
    const { results, net } = await stage([udp], { probers: [echo], scene: { port: () => silent } });
    expect(net.opened.map(({ sends }) => sends)).toEqual([[0, 1_000, 3_000]]);
    expect(results[0]).toMatchObject({
      verdict: { state: "open|filtered", reason: "no-response", service: "silent" },
      outcome: "fail",
      attempts: 3,
      durationMs: 6_000,
      timeoutMs: 6_000,
    });
    expect(firstTryDecided(results[0]!)).toBe(false);
  });

  it("ends with the answer, and sends no more", async () => {
    const { results, net } = await stage([udp], { probers: [echo], scene: { port: () => answers(250) } });
    expect(net.opened[0]).toMatchObject({ sends: [0], endedMs: 250 });
    expect(results[0]).toMatchObject({ outcome: "pass", attempts: 1, durationMs: 250 });
    expect(firstTryDecided(results[0]!)).toBe(true);
  });

  it("tells when the first send did not suffice", async () => {
    const { results, net } = await stage([udp], { probers: [echo], scene: { port: () => answers(10, 1) } });
    expect(net.opened[0]).toMatchObject({ sends: [0, 1_000], endedMs: 1_010 });
    expect(results[0]).toMatchObject({ outcome: "pass", attempts: 2 });
    expect(firstTryDecided(results[0]!)).toBe(false);
  });

  it("ends with the refusal, and asks no more", async () => {
    const { results, net } = await stage([udp], { probers: [echo], scene: { port: () => refuses(5) } });
    expect(net.opened[0]).toMatchObject({ sends: [0], endedMs: 5 });
    expect(results[0]?.verdict).toMatchObject({ state: "closed", reason: "port-unreach", doubted: true });
  });

  it("keeps what it has for want of anything better", async () => {
    const unsure = oneshot("echo", {
      start: () => ({
        request: () => Uint8Array.of(1),
        read: ([number]) => ({ soFar: reading({ service: "mismatch", detail: `answer ${number}` }) }),
      }),
    });
    const { results } = await stage([udp], { probers: [unsure], scene: { port: () => answers() } });
    expect(results[0]).toMatchObject({ durationMs: 6_000, verdict: { service: "mismatch" }, detail: "answer 3" });
  });

  it("takes the better answer that comes later", async () => {
    const patient = oneshot("echo", {
      start: () => ({
        request: () => Uint8Array.of(1),
        read: ([number]) =>
          number === 2 ? { final: reading({ detail: "at last" }) } : { soFar: reading({ service: "mismatch" }) },
      }),
    });
    const { results } = await stage([udp], { probers: [patient], scene: { port: () => answers() } });
    expect(results[0]).toMatchObject({ durationMs: 1_010, detail: "at last", outcome: "pass" });
  });

  it.each([
    [1, [0]],
    [2, [0, 1_000]],
    [4, [0, 1_000, 3_000, 5_000]],
  ])("is sent %d times where the user wants that", async (attempts, sends) => {
    const { net } = await stage([udp], { probers: [echo], scene: { port: () => silent }, options: { attempts } });
    expect(net.opened[0]?.sends).toEqual(sends);
  });

  it("sends what undoes its request, once, and before it leaves", async () => {
    const undoing = oneshot("echo", {
      start: () => ({
        request: () => Uint8Array.of(1),
        read: () => ({ final: reading(), undo: Uint8Array.of(9, 9) }),
      }),
    });
    const { results, net } = await stage([udp], { probers: [undoing], scene: { port: () => answers(250) } });
    expect(net.opened[0]).toMatchObject({ sends: [0, 250], endedMs: 250 });
    expect(results[0]).toMatchObject({ outcome: "pass", attempts: 2, durationMs: 250 });
  });

  it("over the real network finds a server that lost the first datagram", async () => {
    await using server = await farEnd("udp", async (talk) => {
      await talk.next();
      await talk.send(ldapPing(await talk.next()));
    });
    const result = await ask(server.local, { prober: "ldap-ping" });
    expect(result).toMatchObject({ outcome: "pass", attempts: 2 });
    expect(firstTryDecided(result)).toBe(false);
    const [observation] = result.observations;
    expect(observation!.sentMs[1]! - observation!.sentMs[0]!).toBeGreaterThanOrEqual(499);
  });
});

describe("a transaction over TCP", () => {
  it("is sent once, because TCP resends by itself", async () => {
    const { results, net } = await stage([check("echo", 7)], { probers: [echo], scene: { port: () => silent } });
    expect(net.opened[0]?.sends).toEqual([0]);
    expect(results[0]).toMatchObject({
      verdict: { state: "open", reason: "no-response", service: "silent" },
      attempts: 1,
      durationMs: 6_000,
    });
  });
});
