import { describe, expect, it } from "vitest";
import type { Endpoint, UdpError } from "#node-dgram-ext";
import {
  BACKENDS,
  closedUdpPort,
  deaf,
  deferred,
  familyOf,
  hasNative,
  idleCpuMs,
  native,
  opened,
  udpPeer,
} from "./loopback.ts";

const same = (bytes: Buffer): Buffer => bytes;
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe.each(BACKENDS)("UDP by $backend", ({ sockets }) => {
  describe.each(["127.0.0.1", "::1"])("on %s", (address) => {
    const family = familyOf(address);

    it.each(["connected", "unconnected"] as const)("asks and hears, %s", async (how) => {
      await using peer = await udpPeer(address, same);
      const to: Endpoint = { address, port: peer.port };
      const heard = deferred<{ readonly bytes: Uint8Array; readonly from: Endpoint }>();
      const socket = opened(
        await sockets.openUdp({
          ...deaf,
          family,
          ...(how === "connected" && { remote: to }),
          onDatagram: (bytes, from) => heard.resolve({ bytes, from }),
        }),
      );
      socket.send(Buffer.from("ping"), how === "connected" ? undefined : to);
      const { bytes, from } = await heard.promise;
      expect(textOf(bytes)).toBe("ping");
      expect(Buffer.isBuffer(bytes)).toBe(false);
      expect(from).toEqual(to);
      expect(socket.local.port).toBeGreaterThan(0);
      socket.close();
    });

    it("hears of a closed port, and stays usable", async () => {
      await using closed = await closedUdpPort(address);
      const error = deferred<UdpError>();
      const remote = { address, port: closed.port };
      const socket = opened(await sockets.openUdp({ ...deaf, family, remote, onError: error.resolve }));
      socket.send(Buffer.from("anyone?"));
      expect(await error.promise).toMatchObject({ code: "ECONNREFUSED" });
      socket.send(Buffer.from("again"));
      socket.close();
    });
  });

  it("keeps the order of a burst and loses nothing", async () => {
    const heard: string[] = [];
    const all = deferred<void>();
    await using peer = await udpPeer("127.0.0.1", same);
    const onDatagram = (bytes: Uint8Array): void => {
      if (heard.push(textOf(bytes)) === 100) all.resolve();
    };
    const socket = opened(await sockets.openUdp({ ...deaf, family: 4, onDatagram }));
    const sent = Array.from({ length: 100 }, (_, number) => `datagram ${number}`);
    for (const text of sent) socket.send(Buffer.from(text), { address: "127.0.0.1", port: peer.port });
    await all.promise;
    expect(heard).toEqual(sent);
    socket.close();
  });

  it.each([0, 1, 65_507])("carries %i bytes", async (length) => {
    const heard = deferred<Uint8Array>();
    await using peer = await udpPeer("127.0.0.1", same);
    const remote = { address: "127.0.0.1", port: peer.port };
    const socket = opened(await sockets.openUdp({ ...deaf, family: 4, remote, onDatagram: heard.resolve }));
    const sent = new Uint8Array(length).fill(0xa5);
    socket.send(sent);
    expect(Buffer.compare(await heard.promise, sent)).toBe(0);
    socket.close();
  });

  it.each([65_508, 70_000])("refuses %i bytes with a word", async (length) => {
    const error = deferred<UdpError>();
    const remote = { address: "127.0.0.1", port: 9 };
    const socket = opened(await sockets.openUdp({ ...deaf, family: 4, remote, onError: error.resolve }));
    socket.send(new Uint8Array(length));
    expect(await error.promise).toMatchObject({ code: "EMSGSIZE", syscall: "send" });
    socket.close();
  });

  it("tells of an error only after send has returned", async () => {
    const error = deferred<UdpError>();
    const remote = { address: "127.0.0.1", port: 9 };
    let returned = false;
    const onError = (failure: UdpError): void => {
      expect(returned).toBe(true);
      error.resolve(failure);
    };
    const socket = opened(await sockets.openUdp({ ...deaf, family: 4, remote, onError }));
    socket.send(new Uint8Array(70_000));
    returned = true;
    await error.promise;
    socket.close();
  });

  it("hears nothing after its close, and sends nothing", async () => {
    await using peer = await udpPeer("127.0.0.1", same);
    const first = deferred<void>();
    let heard = 0;
    const onDatagram = (): void => {
      heard++;
      socket.close();
      first.resolve();
    };
    const remote = { address: "127.0.0.1", port: peer.port };
    const socket = opened(await sockets.openUdp({ ...deaf, family: 4, remote, onDatagram }));
    for (let datagram = 0; datagram < 5; datagram++) socket.send(Buffer.from("ping"));
    await first.promise;
    socket.send(Buffer.from("late"));
    socket.close();
    await new Promise((turned) => setTimeout(turned, 50));
    expect(heard).toBe(1);
    expect(peer.heard.map(textOf)).not.toContain("late");
  });

  it("binds where it is told, or says why not", async () => {
    const first = opened(await sockets.openUdp({ ...deaf, family: 4, source: "127.0.0.1" }));
    expect(first.local.address).toBe("127.0.0.1");
    const taken = { source: "127.0.0.1", sourcePort: first.local.port };
    expect(await sockets.openUdp({ ...deaf, family: 4, ...taken })).toMatchObject({
      code: "EADDRINUSE",
      syscall: "bind",
    });
    first.close();
    const again = opened(await sockets.openUdp({ ...deaf, family: 4, ...taken }));
    expect(again.local.port).toBe(taken.sourcePort);
    again.close();
    const foreign = await sockets.openUdp({ ...deaf, family: 4, source: "192.0.2.1" });
    expect(foreign).toMatchObject({ code: "EADDRNOTAVAIL", syscall: "bind" });
  });
});

describe.runIf(hasNative)("UDP by system calls", () => {
  it.each([
    { address: "127.0.0.1", type: 3, code: 3 },
    { address: "::1", type: 1, code: 4 },
  ])("names type, code, sender and destination of an ICMP error: $address", async ({ address, type, code }) => {
    await using closed = await closedUdpPort(address);
    const error = deferred<UdpError>();
    const socket = opened(await native.openUdp({ ...deaf, family: familyOf(address), onError: error.resolve }));
    const to = { address, port: closed.port };
    socket.send(Buffer.from("anyone?"), to);
    expect(await error.promise).toEqual({
      code: "ECONNREFUSED",
      syscall: "receive",
      icmp: { type, code, from: address },
      to,
    });
    socket.close();
  });

  it("never blames a datagram for the error of another", async () => {
    await using closed = await closedUdpPort("127.0.0.1");
    await using peer = await udpPeer("127.0.0.1", same);
    const errors: UdpError[] = [];
    const all = deferred<void>();
    let heard = 0;
    const socket = opened(
      await native.openUdp({
        family: 4,
        onDatagram: () => {
          if (++heard === 50) all.resolve();
        },
        onError: (error) => errors.push(error),
      }),
    );
    for (let round = 0; round < 50; round++) {
      socket.send(Buffer.from("closed"), { address: "127.0.0.1", port: closed.port });
      socket.send(Buffer.from("open"), { address: "127.0.0.1", port: peer.port });
    }
    await all.promise;
    socket.close();
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors.map(({ to }) => to?.port))).toEqual(new Set([closed.port]));
  });

  it("does not keep the event loop busy, after an error either", async () => {
    await using closed = await closedUdpPort("127.0.0.1");
    const error = deferred<UdpError>();
    const socket = opened(await native.openUdp({ ...deaf, family: 4, onError: error.resolve }));
    socket.send(Buffer.from("anyone?"), { address: "127.0.0.1", port: closed.port });
    await error.promise;
    const cpuMs = await idleCpuMs();
    socket.close();
    expect(cpuMs).toBeLessThan(100);
  });

  it("throws into the process what a callback throws, and goes on", async () => {
    await using peer = await udpPeer("127.0.0.1", same);
    const thrown = deferred<unknown>();
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", thrown.resolve);
    const second = deferred<void>();
    let heard = 0;
    const onDatagram = (): void => {
      if (++heard === 1) throw new Error("of the caller");
      second.resolve();
    };
    const remote = { address: "127.0.0.1", port: peer.port };
    const socket = opened(await native.openUdp({ ...deaf, family: 4, remote, onDatagram }));
    socket.send(Buffer.from("one"));
    expect(await thrown.promise).toMatchObject({ message: "of the caller" });
    for (const listener of listeners) process.on("uncaughtException", listener);
    socket.send(Buffer.from("two"));
    await second.promise;
    socket.close();
  });
});
