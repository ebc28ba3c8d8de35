import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { bytesOf, closedPort, line, never, peer, text, WAYS } from "./loopback.ts";

describe.each(WAYS)("connecting $way", ({ net, errorQueue }) => {
  it.each(["127.0.0.1", "::1"])("tells how it went on %s", async (address) => {
    await using server = await peer((socket) => socket.pipe(socket), address);
    const attempt = await net.tcp(server.local, {}, never);
    attempt.connection!.send(bytesOf("hello\n"));
    expect(text(await attempt.connection!.receive(line, 100))).toBe("hello\n");
    attempt.close();
    const seen = attempt.seen();
    expect(seen).toMatchObject({ remote: server.local, phase: "done", errorQueue, local: { address } });
    expect(seen.code).toBeUndefined();
    expect(text(seen.firstBytes)).toBe("hello\n");
    const times = [seen.startedMs, seen.connectedMs!, seen.sentMs[0]!, seen.repliedMs!, seen.endedMs];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(seen.sentMs).toHaveLength(1);
  });

  it.each(["127.0.0.1", "::1"])("gives the system's word for a refusal on %s", async (address) => {
    const attempt = await net.tcp(await closedPort("tcp", address), {}, never);
    expect(attempt.connection).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "connect", code: "ECONNREFUSED", errorQueue, sentMs: [] });
    // It was a reset.
    expect(attempt.seen().icmp).toBeUndefined();
    expect(attempt.seen().connectedMs).toBeUndefined();
    attempt.close();
  });

  it("knows an accept that is over before anybody looked", async () => {
    const reset = new Int32Array(new SharedArrayBuffer(4));
    const rude = `
      const { workerData: reset, parentPort } = require("node:worker_threads");
      const server = require("node:net").createServer((socket) => {
        socket.resetAndDestroy();
        server.close();
        Atomics.store(reset, 0, 1);
        Atomics.notify(reset, 0);
      });
      server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`;
    const thread = new Worker(rude, { eval: true, workerData: reset });
    const [port] = await once(thread, "message");
    const connecting = net.tcp({ transport: "tcp", address: "127.0.0.1", port }, {}, never);
    // The request leaves in the next tick; then this thread sleeps until the far end has reset the connection.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(Atomics.wait(reset, 0, 0, 10_000)).not.toBe("timed-out");
    const attempt = await connecting;
    expect(attempt.connection).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "exchange", code: "ECONNRESET" });
    expect(attempt.seen().connectedMs).toBeDefined();
  });

  it("uses the source address and port that are asked for", async () => {
    await using server = await peer(() => {});
    const { port } = await closedPort();
    const attempt = await net.tcp(server.local, { source: "127.0.0.1", sourcePort: port }, never);
    expect(attempt.seen().local).toEqual({ transport: "tcp", address: "127.0.0.1", port });
    attempt.close();
  });

  it("records a source address that is not ours, and one that is none, as failures", async () => {
    await using server = await peer(() => {});
    const foreign = await net.tcp(server.local, { source: "203.0.113.5" }, never);
    expect(foreign.seen()).toMatchObject({ phase: "bind", code: "EADDRNOTAVAIL" });
    const nonsense = await net.tcp(server.local, { source: "no address" }, never);
    expect(nonsense.connection).toBeUndefined();
    expect(nonsense.seen().code).toMatch(/^(?:EINVAL|ERR_INVALID_IP_ADDRESS)$/);
  });

  it("does not begin when the signal has aborted already", async () => {
    await using server = await peer(() => {});
    const attempt = await net.tcp(server.local, {}, AbortSignal.abort());
    expect(attempt.connection).toBeUndefined();
    expect(attempt.seen().code).toBeUndefined();
    attempt.close();
  });

  // Linux drops a SYN when the accept queue is full; other systems refuse it.
  it.runIf(process.platform === "linux")("ends at once, without a code, when the signal aborts it", async () => {
    const deaf = new Worker(
      `const { parentPort } = require("node:worker_threads");
       const server = require("node:net").createServer();
       server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
         parentPort.postMessage(server.address().port);
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       });`,
      { eval: true },
    );
    const port = await new Promise<number>((resolve) => deaf.once("message", resolve));
    const stop = new AbortController();
    const pending = Array.from({ length: 6 }, () =>
      net.tcp({ transport: "tcp", address: "127.0.0.1", port }, {}, stop.signal),
    );
    await Promise.race(pending);
    stop.abort();
    const attempts = await Promise.all(pending);
    const cut = attempts.filter((attempt) => attempt.seen().connectedMs === undefined);
    expect(cut.length).toBeGreaterThan(0);
    for (const attempt of cut) {
      expect(attempt.connection).toBeUndefined();
      expect(attempt.seen()).toMatchObject({ phase: "connect" });
      expect(attempt.seen().code).toBeUndefined();
    }
    await deaf.terminate();
  });
});
