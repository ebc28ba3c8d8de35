import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { SweepJob, SweepSeen } from "../../src/model/observation.ts";
import type { Net } from "../../src/model/parts.ts";
import type { World } from "../../src/model/prober.ts";
import { REASONS } from "../../src/model/words.ts";
import { listenTcp, listenUdp } from "../../src/net/listen.ts";
import { createNet } from "../../src/net/net.ts";
import { Pace } from "../../src/sweep/pace.ts";
import { createPlainSweeper } from "../../src/sweep/plain.ts";

const world: World = {
  monotonicMs: () => performance.now(),
  wallMs: () => 0,
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  randomBytes: (length) => new Uint8Array(length),
  secret: () => undefined,
};
const net = createNet(world);
const never = new AbortController().signal;

function job(transport: "tcp" | "udp", ports: readonly number[], more: Partial<SweepJob> = {}): SweepJob {
  return {
    transport,
    direction: "out",
    address: "127.0.0.1",
    ports: Uint16Array.from(ports),
    payload: new Uint8Array(0),
    ratePerS: 2_000,
    attempts: 2,
    icmpBudget: { tokens: 1_000, perS: 1_000 },
    replyTimeoutMs: 200,
    ...more,
  };
}

/** Sweeps with the real network, or with another; gives reasons by port, progress and how long it took. */
async function sweep(asked: SweepJob, signal = never, over: Net = net) {
  const progress: number[] = [];
  const startedMs = performance.now();
  const seen = await createPlainSweeper({ net: over, world }).sweep(asked, (done) => progress.push(done), signal);
  return { ...seen, words: wordsOf(seen), progress, tookMs: performance.now() - startedMs };
}

function wordsOf(seen: SweepSeen): string[] {
  return [...seen.codes].map((code) => (code === 0 ? "not asked" : REASONS[code - 1]!));
}

/** UDP sockets that are bound and never answer. */
async function deafPorts(count: number) {
  const sockets = await Promise.all(Array.from({ length: count }, () => listenUdp("127.0.0.1", 0, () => {})));
  return {
    ports: sockets.map((socket) => socket.local.port),
    close: () => Promise.all(sockets.map((socket) => socket.close())),
  };
}

/** Ports that were free a moment ago. */
async function closedUdpPorts(count: number): Promise<number[]> {
  const deaf = await deafPorts(count);
  await deaf.close();
  return deaf.ports;
}

/** The real network, and a record of how many attempts it carried at once and when each began. */
function watched(base: Net = net) {
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
function stingy(tokens: number, perS: number, closed: readonly number[]): Net {
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
const dropping: Net = {
  ...net,
  tcp: async (to, _how, signal) => {
    const startedMs = performance.now();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const seen = { remote: to, phase: "connect", startedMs, sentMs: [], errorQueue: false } as const;
    return { seen: () => ({ ...seen, endedMs: performance.now() }), close: () => {} };
  },
};

describe("TCP", () => {
  it("tells open from closed, in the order of the ports", async () => {
    const open = await Promise.all([1, 2, 3].map(() => listenTcp("127.0.0.1", 0, () => {})));
    const closing = await listenTcp("127.0.0.1", 0, () => {});
    await closing.close();
    const ports = open.flatMap(({ local }) => [local.port, closing.local.port]);
    const seen = await sweep(job("tcp", ports));
    expect(seen.words).toEqual(open.flatMap(() => ["syn-ack", "conn-refused"]));
    expect(seen).toMatchObject({ errorQueue: false, offenders: [], sent: 6, source: "127.0.0.1" });
    expect([...seen.offenderOf]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(seen.progress).toEqual([1, 2, 3, 4, 5, 6]);
    for (const each of open) await each.close();
  });

  it("asks 1,000 ports of ::1 no faster than the rate and at most 64 at once", async () => {
    const { over, record } = watched();
    const ports = Array.from({ length: 1_000 }, (_, at) => 61_000 + at);
    const seen = await sweep(job("tcp", ports, { address: "::1" }), never, over);
    expect(seen.words.every((word) => word === "conn-refused" || word === "syn-ack")).toBe(true);
    expect(seen.words.filter((word) => word === "conn-refused").length).toBeGreaterThan(950);
    expect(record.most).toBeLessThanOrEqual(64);
    expect(seen.tookMs).toBeGreaterThan(450);
  });

  it("asks silent ports again, at most 64 at once, before it calls them silent", async () => {
    const { over, record } = watched(dropping);
    const ports = Array.from({ length: 100 }, (_, at) => at + 1);
    const seen = await sweep(job("tcp", ports, { attempts: 3, replyTimeoutMs: 50 }), never, over);
    expect(seen.words).toEqual(ports.map(() => "no-response"));
    expect(seen.sent).toBe(300);
    expect(record.most).toBe(64);
    expect([...record.begunMs.values()].every((times) => times.length === 3)).toBe(true);
  });

  it("does not call a port silent whose answer was there before the timer was looked at", async () => {
    const closed = await closedUdpPorts(20);
    // The process is held up, as by a slow renderer: answers are there, unread, when every timer is overdue.
    const heldUp: Net = {
      ...net,
      tcp: (to, how, signal) => {
        const attempt = net.tcp(to, how, signal);
        for (const untilMs = performance.now() + 10; performance.now() < untilMs; );
        return attempt;
      },
    };
    const asked = job("tcp", closed, { attempts: 1, replyTimeoutMs: 5, ratePerS: 100_000 });
    const seen = await sweep(asked, never, heldUp);
    expect(seen.words).toEqual(closed.map(() => "conn-refused"));
  });

  it("stops at once when told to; ports not done stay 0", async () => {
    const stop = new AbortController();
    const listener = await listenTcp("127.0.0.1", 0, () => {});
    const mixed: Net = { ...dropping, tcp: (to, how, signal) => (to.port === 9 ? dropping : net).tcp(to, how, signal) };
    const pending = sweep(job("tcp", [listener.local.port, 9, 9, 9], { replyTimeoutMs: 60_000 }), stop.signal, mixed);
    setTimeout(() => stop.abort(), 100);
    const seen = await pending;
    expect(seen.words).toEqual(["syn-ack", "not asked", "not asked", "not asked"]);
    expect(seen.progress).toEqual([1]);
    expect(seen.tookMs).toBeLessThan(5_000);
    await listener.close();
  });

  it("asks nothing when it is stopped before it begins, and nothing where there is no way", async () => {
    const { over, record } = watched();
    expect((await sweep(job("tcp", [1, 2]), AbortSignal.abort(), over)).words).toEqual(["not asked", "not asked"]);
    const astray = await sweep(job("tcp", [1, 2], { source: "203.0.113.5" }), never, over);
    expect(astray.words).toEqual(["no-route", "no-route"]);
    expect(astray.sent).toBe(0);
    expect(record.begunMs.size).toBe(0);
  });

  it("hands on a mistake instead of waiting for ever", async () => {
    const broken: Net = { ...net, tcp: () => Promise.reject(new TypeError("a mistake")) };
    await expect(sweep(job("tcp", [1, 2, 3]), never, broken)).rejects.toThrow("a mistake");
  });
});

describe("UDP", () => {
  it.each(["127.0.0.1", "::1"])("tells refused, answering and silent ports of %s apart", async (address) => {
    const echo = await listenUdp(address, 0, (bytes, _from, reply) => reply(bytes));
    const heard: Uint8Array[] = [];
    const deaf = await listenUdp(address, 0, (bytes) => heard.push(bytes));
    const gone = await listenUdp(address, 0, () => {});
    await gone.close();
    const ports = [echo, deaf, gone].map((each) => each.local.port);
    const seen = await sweep(job("udp", ports, { address, payload: Uint8Array.of(1, 2, 3) }));
    expect(seen.words).toEqual(["protocol-reply", "no-response", "port-unreach"]);
    // Twice by itself, and once with the closed port as the control of its silence.
    expect(heard).toEqual(Array(3).fill(Uint8Array.of(1, 2, 3)));
    expect(seen).toMatchObject({ sent: 6, errorQueue: false, source: address });
    await echo.close();
    await deaf.close();
  });

  it("asks closed ports no faster than the target may refuse them", async () => {
    const closed = await closedUdpPorts(21);
    const seen = await sweep(job("udp", closed, { icmpBudget: { tokens: 6, perS: 20 } }));
    expect(seen.words).toEqual(closed.map(() => "port-unreach"));
    expect(seen.sent).toBe(21);
    expect(seen.tookMs).toBeGreaterThan(15 * 50);
  });

  it("gives the token of a silent port back, and asks it again a second later at the soonest", async () => {
    const deaf = await deafPorts(21);
    const { over, record } = watched();
    const budget = { icmpBudget: { tokens: 6, perS: 0.1 }, attempts: 3 };
    const seen = await sweep(job("udp", deaf.ports, budget), never, over);
    expect(seen.words).toEqual(deaf.ports.map(() => "no-response"));
    expect(seen.sent).toBe(63);
    // One error in ten seconds would make this ten minutes, were silence paid for.
    expect(seen.tookMs).toBeLessThan(6_000);
    for (const times of record.begunMs.values()) {
      expect(times).toHaveLength(3);
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(900);
      expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(900);
    }
    await deaf.close();
  });

  it("does not take its own haste for silence when others have used up the target's errors", async () => {
    const closed = await closedUdpPorts(12);
    const deaf = await deafPorts(3);
    const seen = await sweep(job("udp", [...closed, ...deaf.ports], { attempts: 1 }), never, stingy(1, 4, closed));
    expect(seen.words).toEqual([...closed.map(() => "port-unreach"), ...deaf.ports.map(() => "no-response")]);
    expect(seen.progress).toHaveLength(15);
    await deaf.close();
  });

  it("takes silence as it is when no error comes any more", async () => {
    const closed = await closedUdpPorts(3);
    const seen = await sweep(job("udp", closed, { attempts: 1, replyTimeoutMs: 20 }), never, stingy(1, 1e-6, closed));
    expect(seen.words.toSorted()).toEqual(["no-response", "no-response", "port-unreach"]);
  });

  it("finds a port that was silent at first, and has at most 64 sockets open", async () => {
    const deaf = await deafPorts(150);
    const late = createSocket("udp4");
    let asked = 0;
    late.on("message", (_bytes, from) => {
      if (++asked === 2) late.send("here", from.port, from.address);
    });
    await new Promise<void>((bound) => late.bind(0, "127.0.0.1", bound));
    const { over, record } = watched();
    const seen = await sweep(job("udp", [...deaf.ports, late.address().port]), never, over);
    expect(seen.words.filter((word) => word === "no-response")).toHaveLength(150);
    expect(seen.words.at(-1)).toBe("protocol-reply");
    expect(record.most).toBe(64);
    late.close();
    await deaf.close();
  });

  it("stops at once when told to", async () => {
    const deaf = await deafPorts(3);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const seen = await sweep(job("udp", deaf.ports, { replyTimeoutMs: 60_000 }), stop.signal);
    expect(seen.words).toEqual(["not asked", "not asked", "not asked"]);
    expect(seen.tookMs).toBeLessThan(5_000);
    await deaf.close();
  });
});

it("asks a silent UDP port again from the same port of ours, so that a firewall sees one flow", async () => {
  const heard = new Map<number, number>();
  const listener = await listenUdp("127.0.0.1", 0, (_bytes, from, reply) => {
    heard.set(from.port, (heard.get(from.port) ?? 0) + 1);
    // As a firewall does that loses the first packet of every flow.
    if (heard.get(from.port) === 2) reply(new Uint8Array([1]));
  });
  const { words } = await sweep(job("udp", [listener.local.port], { attempts: 2 }));
  await listener.close();
  expect(words).toEqual(["protocol-reply"]);
  expect([...heard.values()]).toEqual([2]);
});
