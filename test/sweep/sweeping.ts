/** What the tests of the plain sweeper share: jobs, ports of each kind, and networks that misbehave. */
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { openSockets } from "#node-dgram-ext";
import type { Observation, SweepJob, SweepSeen } from "../../src/model/observation.ts";
import type { Net } from "../../src/model/parts.ts";
import type { Endpoint } from "../../src/model/ports.ts";
import type { World } from "../../src/model/prober.ts";
import { REASONS } from "../../src/model/words.ts";
import { listenTcp, listenUdp } from "../../src/net/listen.ts";
import { createNet } from "../../src/net/net.ts";
import { Pace } from "../../src/sweep/pace.ts";
import { createPlainSweeper } from "../../src/sweep/plain.ts";
import { closedUdpPort } from "../node-dgram-ext/loopback.ts";

export const world: World = {
  monotonicMs: () => performance.now(),
  wallMs: () => 0,
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  randomBytes: (length) => new Uint8Array(length),
  secret: () => undefined,
};
/** Over Node's own sockets, wherever the tests run: no ICMP error is seen. */
export const net = createNet(world, await openSockets(() => Promise.reject(new Error("not for these tests"))));
export const never = new AbortController().signal;

export function job(transport: "tcp" | "udp", ports: readonly number[], more: Partial<SweepJob> = {}): SweepJob {
  return {
    transport,
    direction: "out",
    address: "127.0.0.1",
    ports: Uint16Array.from(ports),
    payload: new Uint8Array(0),
    ratePerS: 2_000,
    attempts: 2,
    icmpBudget: { tokens: 1_000, perS: 1_000 },
    // Long enough for an answer of loopback, also on a machine that is busy.
    replyTimeoutMs: 500,
    ...more,
  };
}

/** Sweeps with the real network, or with another; gives reasons by port, progress and how long it took. */
export async function sweep(asked: SweepJob, signal = never, over: Net = net, time: World = world) {
  const progress: number[] = [];
  const startedMs = performance.now();
  const seen = await createPlainSweeper({ net: over, world: time }).sweep(asked, (done) => progress.push(done), signal);
  return { ...seen, words: wordsOf(seen), progress, tookMs: performance.now() - startedMs };
}

export function wordsOf(seen: SweepSeen): string[] {
  return [...seen.codes].map((code) => (code === 0 ? "not asked" : REASONS[code - 1]!));
}

/** UDP sockets that are bound and never answer. */
export async function deafPorts(count: number) {
  const sockets = await Promise.all(Array.from({ length: count }, () => listenUdp("127.0.0.1", 0, () => {})));
  return {
    ports: sockets.map((socket) => socket.local.port),
    close: () => Promise.all(sockets.map((socket) => socket.close())),
  };
}

/**
 * UDP ports that are closed until the test ends: each is held by a socket that hears nobody but itself, so that neither a
 * socket of the sweep nor anybody else on this machine is lent it meanwhile.
 */
export async function closedUdpPorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => closedUdpPort("127.0.0.1")));
  onTestFinished(async () => {
    for (const each of held) await each[Symbol.asyncDispose]();
  });
  return held.map(({ port }) => port);
}

/** TCP ports that were free a moment ago. Linux lends out others to those who listen than to those who connect. */
export async function closedTcpPorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(Array.from({ length: count }, () => listenTcp("127.0.0.1", 0, () => {})));
  for (const each of listeners) await each.close();
  return listeners.map(({ local }) => local.port);
}

export const closedPorts = (transport: "tcp" | "udp", count: number) =>
  transport === "tcp" ? closedTcpPorts(count) : closedUdpPorts(count);

/** The real network, and a record of how many attempts it carried at once and when each began. */
export function watched(base: Net = net) {
  const record = { atOnce: 0, most: 0, begunMs: new Map<number, number[]>() };
  const begin = (port: number) => {
    record.begunMs.set(port, [...(record.begunMs.get(port) ?? []), performance.now()]);
    record.most = Math.max(record.most, ++record.atOnce);
  };
  const end = () => record.atOnce--;
  const over: Net = {
    ...base,
    tcp: async (to, how, signal) => {
      begin(to.port);
      const attempt = await base.tcp(to, how, signal);
      end();
      return attempt;
    },
    udp: async (to, how, signal) => {
      begin(to.port);
      const flow = await base.udp(to, how, signal);
      void flow.ended.then(end);
      return flow;
    },
  };
  return { over, record };
}

/** A network whose target sends at most `tokens` ICMP errors and then `perS` more each second, whoever asks for them. */
export function stingy(tokens: number, perS: number, closed: readonly number[]): Net {
  const left = new Pace({ perS, burst: 6, tokens }, performance.now());
  return {
    ...net,
    udp: async (to, how, signal) => {
      const flow = await net.udp(to, how, signal);
      const send = (bytes: Uint8Array) => {
        if (closed.includes(to.port)) {
          if (left.waitMs(performance.now()) > 0) return;
          left.take(performance.now());
        }
        flow.send(bytes);
      };
      return { local: flow.local!, ended: flow.ended, send, seen: () => flow.seen(), close: () => flow.close() };
    },
  };
}

/** A network in which TCP connections are never answered, as where a firewall drops; loopback cannot. */
export const dropping: Net = {
  ...net,
  tcp: async (to, _how, signal) => {
    const startedMs = performance.now();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const seen = { remote: to, phase: "connect", startedMs, sentMs: [], errorQueue: false } as const;
    return { seen: () => ({ ...seen, endedMs: performance.now() }), noteHandshake: () => {}, close: () => {} };
  },
};

/** The real network, in which the first `failures` attempts at each port fail for want of a descriptor. */
export function exhausted(failures: number): Net {
  const tries = new Map<number, number>();
  const fails = ({ port }: Endpoint) => {
    tries.set(port, (tries.get(port) ?? 0) + 1);
    return tries.get(port)! <= failures;
  };
  const seen = (remote: Endpoint): Observation => {
    const nowMs = performance.now();
    return { remote, phase: "bind", startedMs: nowMs, sentMs: [], endedMs: nowMs, code: "EMFILE", errorQueue: false };
  };
  return {
    ...net,
    tcp: async (to, how, signal) =>
      fails(to) ? { seen: () => seen(to), noteHandshake: () => {}, close: () => {} } : net.tcp(to, how, signal),
    udp: async (to, how, signal) =>
      fails(to)
        ? { ended: Promise.resolve(), send: () => {}, seen: () => seen(to), close: () => {} }
        : net.udp(to, how, signal),
  };
}
