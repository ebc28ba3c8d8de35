import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openSockets } from "#node-dgram-ext";
import {
  bulk,
  closedPorts,
  deaf,
  deferred,
  descriptors,
  hasNative,
  mappings,
  opened,
  portable,
  udpPeer,
} from "./loopback.ts";

const run = promisify(execFile);

describe.runIf(hasNative)("closing", () => {
  it("from a callback, and twice", async () => {
    const [first, second] = await closedPorts("127.0.0.1", 2);
    const before = descriptors();
    const told: number[] = [];
    const pool = bulk().tcpPool({
      address: "127.0.0.1",
      sockets: 2,
      onVerdict: (port) => {
        told.push(port);
        expect(() => pool.step(0)).toThrow("onVerdict");
        pool.close();
      },
    });
    pool.start(first!);
    pool.start(second!);
    while (pool.step(100));
    pool.close();
    expect(told).toHaveLength(1);
    expect(pool.start(first!)).toBeUndefined();
    expect(pool.step(0)).toBe(false);
    expect(pool.giveUp(0)).toBe(true);
    const errors: number[] = [];
    const batch = bulk().udpBatch({
      address: "127.0.0.1",
      payloadBytes: 1,
      answerBytes: 1,
      onAnswer: () => {},
      onError: (port) => {
        errors.push(port);
        expect(() => batch.step(0)).toThrow("callback");
        batch.close();
      },
    });
    batch.add(first!, new Uint8Array(1));
    batch.add(second!, new Uint8Array(1));
    batch.flush();
    batch.step(100);
    batch.close();
    expect(errors).toHaveLength(1);
    expect([batch.flush(), batch.step(0)]).toEqual([0, false]);
    expect(() => batch.add(first!, new Uint8Array(1))).toThrow(RangeError);
    expect(descriptors()).toBe(before);
  });

  it("of the module leaves open sockets alone, and opens nothing more", async () => {
    await using peer = await udpPeer("127.0.0.1", (bytes) => bytes);
    const sockets = await openSockets();
    const heard = deferred<Uint8Array>();
    const remote = { address: "127.0.0.1", port: peer.port };
    const socket = opened(await sockets.openUdp({ ...deaf, family: 4, remote, onDatagram: heard.resolve }));
    const pool = sockets.bulk!.tcpPool({ address: "127.0.0.1", sockets: 1, onVerdict: () => {} });
    sockets.close();
    sockets.close();
    socket.send(Buffer.from("still there"));
    expect(Buffer.from(await heard.promise).toString()).toBe("still there");
    const closed = { code: "ERR_CLOSED", syscall: "socket" };
    expect(await sockets.connectTcp(remote)).toMatchObject(closed);
    expect(await sockets.openUdp({ ...deaf, family: 4 })).toMatchObject(closed);
    expect(() => pool.start(1)).toThrow("ERR_CLOSED");
    socket.close();
    pool.close();
    expect(await sockets.connectTcp(remote)).toMatchObject(closed);
  });

  it("of the module before its sockets leaves no memory mapped", async () => {
    await using peer = await udpPeer("127.0.0.1", (bytes) => bytes);
    const remote = { address: "127.0.0.1", port: peer.port };
    const openAndClose = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round++) {
        const sockets = await openSockets();
        const socket = opened(await sockets.openUdp({ ...deaf, family: 4, remote }));
        const pool = sockets.bulk!.tcpPool({ address: "127.0.0.1", sockets: 1, onVerdict: () => {} });
        sockets.close();
        socket.close();
        pool.close();
      }
    };
    await openAndClose(20);
    const before = mappings();
    await openAndClose(100);
    // What the engine maps for itself varies by some.
    expect(mappings()).toBeLessThan(before + 50);
  });
});

it.runIf(hasNative)("works in a worker thread, and for a user without privileges", async () => {
  const script = fileURLToPath(new URL("./unprivileged-worker.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--import", "tsx", script]);
  expect(JSON.parse(stdout)).toEqual({
    native: true,
    eventLoop: "a worker thread: it could not be terminated safely",
    udpErrorQueue4: true,
    tcpErrorQueue: true,
    rawSockets: "socket EPERM: needs CAP_NET_RAW",
    largeBuffers: false,
    synBatch: "SocketError EPERM",
    pool: "ECONNREFUSED",
    single: "ECONNREFUSED",
    udp: "ECONNREFUSED",
  });
});

it("is absent from the portable way", () => {
  expect(portable.bulk).toBeUndefined();
});
