/**
 * Every prober of the registry, over each of its transports, against peers that behave right and wrong. Nothing here
 * knows a protocol: a new prober needs an entry in peers.ts, and nothing else.
 */
import pLimit from "p-limit";
import { beforeAll, describe, expect, it } from "vitest";
import { realWorld } from "../../src/cli/parts.ts";
import type { Tls } from "../../src/model/check.ts";
import type { Evidence } from "../../src/model/evidence.ts";
import type { Endpoint } from "../../src/model/ports.ts";
import type { Connection, Conversation, Oneshot, Prober } from "../../src/model/prober.ts";
import type { CheckResult } from "../../src/model/result.ts";
import type { Transport } from "../../src/model/words.ts";
import { loadProber, proberIds } from "../../src/probers/index.ts";
import { memoryMeter } from "../memory-meter.ts";
import { closedPort } from "../net/loopback.ts";
import { ask } from "./asking.ts";
import { endlessStreams, TRIALS, type Trial } from "./behaviours.ts";
import { type Behaviour, type FarEnd, farEnd, type Wire } from "./far-end.ts";
import { PEERS, type Peer } from "./peers.ts";

/** Waiting costs nothing, so many wait at once. */
const AT_ONCE = 24;
/** What a busy machine may add to a time-out. */
const SLACK_MS = 5_000;
const ENDLESS_MS = 500;
/** For each endless stream: what sockets, TLS and the far end itself hold, and little more. */
const ENDLESS_BYTES = 2 * 1024 * 1024;
/** No conversation is so long: the endpoint mapper's has eight answers of up to 256 fragments. */
const FRAMES_MAX = 5_000;
const STRAY_DATAGRAMS = 4_000;
const STRAY_BYTES = 1024;
const LOCAL: Endpoint = { transport: "udp", address: "127.0.0.1", port: 50_000 };
const TLS: Tls = { serverName: "dc01.example.com", strict: false };

/** One prober over one wire. */
interface Target {
  readonly id: string;
  readonly wire: Wire;
  readonly peer: Peer;
}

interface Tried {
  readonly result: CheckResult;
  readonly received: FarEnd["received"];
}

const targets: readonly Target[] = Object.entries(PEERS).flatMap(([id, entry]) => {
  if (typeof entry === "string") return [];
  return [entry.tcp, entry.udp].flatMap((peer, at): readonly Target[] => {
    if (peer === undefined || typeof peer === "string") return [];
    const clear: Target = { id, wire: at === 0 ? "tcp" : "udp", peer };
    return peer.tls === true ? [clear, { ...clear, wire: "tls" }] : [clear];
  });
});

async function attempt({ id, wire, peer }: Target, behave: Behaviour, timeoutMs: number, inClear = false) {
  // In clear, the prober's handshake is no request of its protocol.
  await using end = await (inClear ? farEnd("tcp", behave, () => undefined) : farEnd(wire, behave, peer.frameLength));
  const result = await ask(end.local, {
    prober: id,
    timeoutMs,
    ...(peer.params === undefined ? {} : { params: peer.params }),
    ...(wire === "tls" ? { tls: TLS } : {}),
  });
  return { result, received: { ...end.received } };
}

describe("what a prober says of itself", () => {
  it.each(proberIds)("is in whole sentences: %s", async (id) => {
    const { about, params } = await loadProber(id);
    const texts = [about.sends, about.accepts, about.proves, about.triggers];
    for (const text of [...texts, ...Object.values(params).map((param) => param.about)]) {
      expect(text).toMatch(/\.$/);
    }
  });
});

describe("the table of peers", () => {
  it.each(proberIds)("has %s over each of its transports", async (id) => {
    const entry = PEERS[id];
    expect(entry, `write an entry for ${id} in test/probers/peers.ts`).toBeDefined();
    if (typeof entry === "string") return;
    expect(Object.keys(entry!).sort()).toEqual([...(await loadProber(id)).transports].sort());
  });

  it("has no entry that the registry does not know", () => {
    expect(Object.keys(PEERS).filter((id) => !proberIds.some((known) => known === id))).toEqual([]);
  });

  it("gives a sentence wherever something is left out", () => {
    const entries = Object.values(PEERS).flatMap((entry) =>
      typeof entry === "string" ? [entry] : [entry.tcp, entry.udp],
    );
    const parts = entries.flatMap((peer) =>
      typeof peer === "object" ? [peer.answer, peer.refusal, peer.wrongId] : [peer],
    );
    for (const reason of parts) if (typeof reason === "string") expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });
});

const trials = targets.flatMap((target) =>
  TRIALS.filter(({ wires }) => wires.includes(target.wire)).flatMap((trial) => {
    const behave = trial.behave(target.peer);
    return typeof behave === "string" ? [] : [{ target, trial, behave }];
  }),
);
const tried = new Map<object, Promise<Tried>>();

const takesFromAny = (prober: Prober) => prober.kind === "oneshot" && prober.schedule.replyFrom === "any";
const timeoutOf = (trial: Trial, prober: Prober) =>
  (takesFromAny(prober) ? trial.timeoutFromAnyMs : undefined) ?? trial.timeoutMs;

/** All begin at once, and each test waits for its own. */
beforeAll(() => {
  const limit = pLimit(AT_ONCE);
  for (const one of trials) {
    const { target, behave, trial } = one;
    tried.set(
      one,
      limit(async () => attempt(target, behave, timeoutOf(trial, await loadProber(target.id)), trial.inClear)),
    );
  }
});

const named = targets.map((target) => [`${target.id} over ${target.wire}`, target] as const);

describe.each(named)("%s, when its peer", (_, target) => {
  const own = trials.filter((one) => one.target === target).map((one) => [one.trial.name, one] as const);

  it.each(own)("%s", async (_name, one) => {
    const { result, received } = await tried.get(one)!;
    const prober = await loadProber(target.id);
    expectHonest(result, (takesFromAny(prober) ? one.trial.verdictFromAny : undefined) ?? one.trial.verdict);
    expect(result.outcome).not.toBe("error");
    expect(result.warnings.filter((warning) => warning.includes("failed"))).toEqual([]);
    expect(result.durationMs).toBeLessThan(timeoutOf(one.trial, prober) + SLACK_MS);
    // In clear a handshake of TLS is among the bytes that came, and none of the prober's.
    expectCost(prober, result, one.trial.inClear === true ? { requests: 0, bytes: 0 } : received);
  });
});

/** Never more than was observed. */
function expectHonest(result: CheckResult, expected: Trial["verdict"]): void {
  const { verdict, check } = result;
  switch (expected) {
    case "confirmed":
    case "refused":
      expect(verdict).toMatchObject({ state: "open", service: expected });
      expect(result.outcome).toBe("pass");
      break;
    case "proven":
      expect(verdict?.service).toMatch(/^(confirmed|refused)$/);
      break;
    case "silent":
      expect(verdict?.state).toBe(check.transport === "udp" ? "open|filtered" : "open");
      expect(verdict).toMatchObject({ service: "silent", reason: "no-response" });
      expect(result.outcome).toBe(check.silence);
      break;
    case "unproven":
      expect(verdict?.service).toMatch(/^(silent|mismatch)$/);
      expect(verdict?.state).toBe(
        check.transport === "tcp" || verdict?.service === "mismatch" ? "open" : "open|filtered",
      );
      expect(result.outcome).not.toBe("pass");
  }
}

function conversationOf(prober: Prober, transport: Transport): Conversation<Evidence> | undefined {
  if (prober.kind === "dialogue") return prober;
  return prober.kind === "oneshot" && transport === "tcp" ? prober.conversation : undefined;
}

/** What a prober says it sends at most, it sends at most. */
function expectCost(prober: Prober, { check, observations }: CheckResult, received: FarEnd["received"]): void {
  const sends = observations.reduce((sum, seen) => sum + seen.sentMs.length, 0);
  expect(sends).toBeGreaterThanOrEqual(received.requests);
  const conversation = conversationOf(prober, check.transport);
  if (conversation === undefined) {
    if (prober.kind === "oneshot") expect(sends).toBeLessThanOrEqual(prober.schedule.sendsAtMs.length);
    return;
  }
  expect(sends).toBeLessThanOrEqual(conversation.cost.packets);
  expect(received.bytes).toBeLessThanOrEqual(conversation.cost.bytes);
}

describe("a port where nothing listens", () => {
  it.each(named)("is closed to %s, and nothing more is said", async (_, { id, wire, peer }) => {
    const local = await closedPort(wire === "udp" ? "udp" : "tcp");
    const tls = wire === "tls" ? { tls: TLS } : {};
    const result = await ask(local, { prober: id, ...(peer.params && { params: peer.params }), ...tls });
    const reason = wire === "udp" ? "port-unreach" : "conn-refused";
    expect(result).toMatchObject({ outcome: "fail", verdict: { state: "closed", reason, service: "unchecked" } });
    expect(result).not.toHaveProperty("reading");
  });
});

describe("a peer without end", () => {
  const inClear = named.filter(([, { wire }]) => wire !== "tls");

  it.each(inClear)("is left by %s after so many frames, and so many datagrams are forgotten", async (_, each) => {
    const prober = await loadProber(each.id);
    const conversation = conversationOf(prober, each.wire === "udp" ? "udp" : "tcp");
    if (conversation !== undefined) await expectAnEnd(each.id, conversation, each.peer);
    if (prober.kind === "oneshot" && each.wire === "udp") expectForgotten(prober, each.peer);
  });

  it("finds little room in memory, whatever it sends", async () => {
    await Promise.all(tried.values());
    const kept = memoryMeter();
    const streams = targets.flatMap((target) => endlessStreams(target.peer).map((behave) => ({ target, behave })));
    const running = Promise.all(streams.map(({ target, behave }) => attempt(target, behave, ENDLESS_MS)));
    const samples = [kept()];
    const sampler = setInterval(() => samples.push(kept()), 100);
    for (const { result } of await running) expect(result.durationMs).toBeLessThan(ENDLESS_MS + 2 * SLACK_MS);
    clearInterval(sampler);
    expect(Math.max(...samples)).toBeLessThan(streams.length * ENDLESS_BYTES);
  });
});

/** Asks for frames of a peer that always has one more, and never sends more than it said. */
async function expectAnEnd(id: string, conversation: Conversation<Evidence>, peer: Peer): Promise<void> {
  const sent: Uint8Array[] = [];
  let received = 0;
  const connection: Connection = {
    local: LOCAL,
    send: (bytes) => void sent.push(bytes),
    receive: async () => {
      if (++received > FRAMES_MAX) throw new Error(`${id} has read ${FRAMES_MAX} frames and reads on`);
      return rightReply(peer, sent.at(-1)!, Math.min(sent.length - 1, 1));
    },
    pending: () => new Uint8Array(0),
    startTls: async () => undefined,
  };
  const ask = { host: "dc01", remote: LOCAL, learned: {}, world: realWorld() };
  const dialer = { connect: async () => connection, latest: () => undefined, noteHandshake: () => {} };
  await conversation.run(peer.params ?? {}, { ...ask, ...dialer });
  expect(sent.length).toBeLessThanOrEqual(conversation.cost.packets);
  expect(sent.reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThanOrEqual(conversation.cost.bytes);
}

function rightReply({ answer, refusal }: Peer, request: Uint8Array, turn: number): Uint8Array | undefined {
  const reply = typeof answer === "string" ? refusal : answer;
  return typeof reply === "string" ? undefined : reply(request, turn)[0];
}

/** Datagrams that are no answer leave nothing behind. */
function expectForgotten(prober: Oneshot<Evidence>, peer: Peer): void {
  const ask = { host: "dc01", remote: LOCAL, learned: {}, world: realWorld() };
  const transaction = prober.start(peer.params ?? {}, ask, LOCAL);
  transaction.request(0);
  const kept = memoryMeter();
  for (let count = 0; count < STRAY_DATAGRAMS; count++) {
    transaction.read(new Uint8Array(STRAY_BYTES).fill(count), LOCAL, count);
  }
  expect(kept()).toBeLessThan((STRAY_DATAGRAMS * STRAY_BYTES) / 4);
}
