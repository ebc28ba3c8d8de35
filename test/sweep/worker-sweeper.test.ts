import { platform } from "node:os";
import { describe, expect, it } from "vitest";
import { openSockets } from "#node-dgram-ext";
import { listenTcp } from "../../src/net/listen.ts";
import { peer } from "../net/loopback.ts";
import { job, net, never, wordsOf } from "./sweeping.ts";
import { startWorker, sweeperOf, sweepIn, workerThat } from "./thread.ts";

const { features, close } = await openSockets();
close();
const engines = (["connect", "syn"] as const).filter((engine) =>
  engine === "syn" ? features.rawSockets.has : features.tcpErrorQueue.has,
);

/** A TCP port of loopback that was free a moment ago. */
async function closedPort(address = "127.0.0.1"): Promise<number> {
  const listener = await listenTcp(address, 0, () => {});
  await listener.close();
  return listener.local.port;
}

describe.runIf(engines.length > 0).each(engines)("in a thread, by %s", (engine) => {
  it.each(["127.0.0.1", "::1"])(
    "tells open from closed at %s, each port once however often it is named",
    async (address) => {
      await using stays = await peer(() => {}, address);
      const closed = await closedPort(address);
      const open = stays.local.port;
      const seen = await sweepIn(engine, job("tcp", [open, closed, open, closed], { address }));
      expect(seen.words).toEqual(["syn-ack", "conn-refused", "syn-ack", "conn-refused"]);
      expect(seen).toMatchObject({ errorQueue: true, offenders: [], source: address });
      expect([...seen.offenderOf]).toEqual([0, 0, 0, 0]);
      if (engine === "syn") expect(new Set(seen.hopLimitOf)).toEqual(new Set([64]));
    },
  );

  it("tells a port that hangs up from one that stays or speaks", async () => {
    await using fin = await peer((socket) => socket.end());
    await using reset = await peer((socket) => socket.resetAndDestroy());
    await using stays = await peer(() => {});
    await using speaks = await peer((socket) => socket.end("220 here\r\n"));
    const ports = [fin, reset, stays, speaks].map((each) => each.local.port);
    const seen = await sweepIn(engine, job("tcp", ports));
    expect(seen.words).toEqual(["rst-after-accept", "rst-after-accept", "syn-ack", "syn-ack"]);
    await expect.poll(() => stays.held()).toBe(0);
  });

  it("asks 5,000 ports no faster than the rate, and says how far it is", async () => {
    const ports = Array.from({ length: 5_000 }, (_, at) => 55_000 + at);
    const remaining: (number | undefined)[] = [];
    const startedMs = performance.now();
    const seen = await sweeperOf(engine).sweep(
      job("tcp", ports, { ratePerS: 5_000 }),
      (_done, remainingMs) => remaining.push(remainingMs),
      never,
    );
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    const closed = wordsOf(seen).filter((word) => word === "conn-refused");
    expect(closed.length).toBeGreaterThan(4_500);
    expect(remaining.length).toBeGreaterThan(5);
    expect(remaining.every((ms) => ms !== undefined && ms >= 0 && ms < 10_000)).toBe(true);
  });

  it("sweeps several hosts at the same time, which share the rate", async () => {
    const sweeper = sweeperOf(engine);
    const ports = Array.from({ length: 250 }, (_, at) => 50_000 + at);
    const startedMs = performance.now();
    const all = await Promise.all(
      [1, 2, 3, 4].map((host) =>
        sweeper.sweep(job("tcp", ports, { address: `127.0.0.${host}`, ratePerS: 1_000 }), () => {}, never),
      ),
    );
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    for (const seen of all) expect(wordsOf(seen).filter((word) => word === "no-response")).toEqual([]);
  });

  it("stops at once when told to; ports not done stay 0", async () => {
    const stop = new AbortController();
    const ports = Array.from({ length: 10_000 }, (_, at) => 50_000 + at);
    let stoppedMs = 0;
    const seen = await sweeperOf(engine).sweep(
      job("tcp", ports, { ratePerS: 1_000 }),
      (done) => {
        if (done === 0 || stoppedMs > 0) return;
        stoppedMs = performance.now();
        stop.abort();
      },
      stop.signal,
    );
    // All of them would take ten seconds.
    expect(performance.now() - stoppedMs).toBeLessThan(5_000);
    const words = wordsOf(seen);
    expect(words.filter((word) => word === "conn-refused").length).toBeGreaterThan(0);
    expect(words.filter((word) => word === "not asked").length).toBeGreaterThan(5_000);
  });

  it("asks nothing where there is no way", async () => {
    const seen = await sweepIn(engine, job("tcp", [1, 2], { source: "203.0.113.5" }));
    expect(seen.words).toEqual(["no-route", "no-route"]);
    expect(seen.sent).toBe(0);
  });
});

describe("a worker that cannot go on", () => {
  const three = async () => {
    const open = await peer(() => {});
    const ports = [await closedPort(), open.local.port, await closedPort()];
    return { open, asked: job("tcp", ports) };
  };
  const words = ["conn-refused", "syn-ack", "conn-refused"];

  it.each([
    ["dies at once", "process.exit(1)"],
    ["throws", "throw new Error('a mistake')"],
    ["dies in the middle", "port.on('message', ({ memory }) => { codesOf(memory)[0] = 5; process.exit(0); })"],
    ["says that it cannot", "port.on('message', ({ id }) => port.postMessage({ kind: 'failed', id, why: 'no' }))"],
  ])("that %s: the portable way does the rest", async (_, code) => {
    const { open, asked } = await three();
    await using _open = open;
    const seen = await sweepIn("connect", asked, never, () => workerThat(code));
    expect(seen.words).toEqual(words);
  });

  it("keeps what was settled, but no ICMP error whose sender is lost", async () => {
    const { open, asked } = await three();
    await using _open = open;
    // Port 0 was settled as no-response, port 2 by an ICMP error of which only the number of its sender is left.
    const code = `port.on("message", ({ memory }) => {
      codesOf(memory)[0] = 11; codesOf(memory)[2] = 7; new Uint16Array(memory, 24, 3)[2] = 1; process.exit(0); })`;
    const seen = await sweepIn("connect", asked, never, () => workerThat(code));
    expect(seen.words).toEqual(["no-response", "syn-ack", "conn-refused"]);
    expect(seen.offenders).toEqual([]);
  });

  it("that cannot be started is no worker", async () => {
    const { open, asked } = await three();
    await using _open = open;
    const start = () => {
      throw new Error("no threads here");
    };
    expect((await sweepIn("connect", asked, never, start)).words).toEqual(words);
  });

  it("that does not stop when told to is left alone", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const worker = workerThat("port.on('message', () => {})");
    const seen = await sweepIn("connect", job("tcp", [1, 2]), stop.signal, () => worker);
    expect(seen.words).toEqual(["not asked", "not asked"]);
    expect(seen.tookMs).toBeLessThan(30_000);
    await worker.terminate();
  });
});

describe("whether a worker is worth it", () => {
  const neverStarted = () => {
    throw new Error("a worker was started");
  };

  it("not for the portable engine, and not for a few ports", async () => {
    await using open = await peer(() => {});
    const few = await sweepIn("auto", job("tcp", [open.local.port]), never, neverStarted);
    expect(few.words).toEqual(["syn-ack"]);
    const ports = Array.from({ length: 100 }, (_, at) => 50_000 + at);
    const portable = await sweepIn("portable", job("tcp", ports, { replyTimeoutMs: 1_000 }), never, neverStarted);
    expect(portable.words).not.toContain("no-response");
  });

  it("one serves all sweeps of a run, and ends when nobody wants it", async () => {
    let started = 0;
    const workers: ReturnType<typeof startWorker>[] = [];
    const start = () => {
      started++;
      workers.push(startWorker());
      return workers.at(-1)!;
    };
    const sweeper = sweeperOf("connect", start);
    for (const _ of [1, 2, 3]) await sweeper.sweep(job("tcp", [50_000, 50_001]), () => {}, never);
    expect(started).toBe(1);
    await new Promise((ended) => workers[0]!.once("exit", ended));
    await sweeper.sweep(job("tcp", [50_000]), () => {}, never);
    expect(started).toBe(2);
  });
});

describe.runIf(platform() !== "linux")("elsewhere than on Linux", () => {
  it("ports are asked the portable way", async () => {
    const seen = await sweepIn(
      "auto",
      job(
        "tcp",
        Array.from({ length: 20 }, (_, at) => 50_000 + at),
      ),
      never,
      startWorker,
      net,
    );
    expect(seen.errorQueue).toBe(false);
  });
});
