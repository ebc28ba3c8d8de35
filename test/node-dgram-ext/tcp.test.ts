import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { TcpResult } from "#node-dgram-ext";
import { BACKENDS, deferred, hasNative, native, portable, tcpPeer } from "./loopback.ts";

function connected(result: TcpResult): Socket {
  if (result.socket === undefined) throw new Error(`${result.syscall}: ${result.code}`);
  return result.socket;
}

/** All that the other side sends until its end; ours stays open. */
async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks).toString();
}

describe.each(BACKENDS)("TCP by $backend", ({ sockets }) => {
  describe.each(["127.0.0.1", "::1"])("on %s", (address) => {
    it("connects and hands over a socket of Node's", async () => {
      await using peer = await tcpPeer(address, (socket) => socket.end("welcome"));
      const result = await sockets.connectTcp({ address, port: peer.port });
      const socket = connected(result);
      expect(await textOf(socket)).toBe("welcome");
      expect(socket.remotePort).toBe(peer.port);
    });

    it("tells our own end", async () => {
      const accepted = deferred<number | undefined>();
      await using peer = await tcpPeer(address, (socket) => accepted.resolve(socket.remotePort));
      const result = await sockets.connectTcp({ address, port: peer.port });
      expect("local" in result && result.local).toEqual({ address, port: await accepted.promise });
      connected(result).destroy();
    });

    it("says of a closed port that it refused, and of no ICMP error", async () => {
      const peer = await tcpPeer(address, () => {});
      await peer[Symbol.asyncDispose]();
      const result = await sockets.connectTcp({ address, port: peer.port });
      const errorQueue = sockets.features.tcpErrorQueue.has;
      expect(result).toMatchObject({ code: "ECONNREFUSED", syscall: "connect", errorQueue });
      expect(result).not.toHaveProperty("icmp");
    });

    it("moves megabytes both ways, and each side ends by itself", async () => {
      const megabytes = "0123456789abcdef".repeat(1 << 17);
      const heard = deferred<string>();
      await using peer = await tcpPeer(address, async (socket) => {
        heard.resolve(await textOf(socket));
        socket.end(megabytes);
      });
      const socket = connected(await sockets.connectTcp({ address, port: peer.port }));
      socket.end(megabytes);
      expect((await textOf(socket)) === megabytes).toBe(true);
      expect((await heard.promise) === megabytes).toBe(true);
    });
  });

  it("tells a reset after the accept from a refusal", async () => {
    await using peer = await tcpPeer("127.0.0.1", (socket) => socket.resetAndDestroy());
    const result = await sockets.connectTcp({ address: "127.0.0.1", port: peer.port });
    // It may come before anybody asked whether the handshake is over.
    const code = result.socket === undefined ? result.code : (await once(result.socket, "error"))[0].code;
    expect(code).toBe("ECONNRESET");
  });

  it("connects from the address and port it is told", async () => {
    const free = await tcpPeer("127.0.0.1", () => {});
    await free[Symbol.asyncDispose]();
    await using peer = await tcpPeer("127.0.0.1", () => {});
    const from = { source: "127.0.0.1", sourcePort: free.port };
    const socket = connected(await sockets.connectTcp({ address: "127.0.0.1", port: peer.port, ...from }));
    expect(socket.localPort).toBe(free.port);
    socket.destroy();
  });

  it.each([
    ["an address that is not ours", { source: "192.0.2.1" }, { code: "EADDRNOTAVAIL", syscall: "bind" }],
    ["no address", { address: "localhost" }, { code: "EINVAL", syscall: "connect" }],
    ["a signal that was aborted before", { signal: AbortSignal.abort() }, { code: "ABORT_ERR", syscall: "connect" }],
  ])("gives a result for %s", async (_, options, expected) => {
    const result = await sockets.connectTcp({ address: "127.0.0.1", port: 9, ...options });
    expect(result).toMatchObject(expected);
  });

  it("leaves a connection alone when the signal is aborted later", async () => {
    const stop = new AbortController();
    await using peer = await tcpPeer("127.0.0.1", (socket) => socket.pipe(socket));
    const socket = connected(await sockets.connectTcp({ address: "127.0.0.1", port: peer.port, signal: stop.signal }));
    stop.abort();
    socket.end("still here");
    expect(await textOf(socket)).toBe("still here");
  });
});

describe.runIf(hasNative)("TCP by system calls", () => {
  it("counts an answer that came before the deadline, read or not", async () => {
    const stop = new AbortController();
    await using peer = await tcpPeer("127.0.0.1", () => {});
    const connecting = native.connectTcp({ address: "127.0.0.1", port: peer.port, signal: stop.signal });
    // On loopback the handshake is over, and the event loop has had no turn to tell of it.
    stop.abort();
    connected(await connecting).destroy();
  });

  it("sets hop limit and traffic class on connections of both families", async () => {
    for (const address of ["127.0.0.1", "::1"]) {
      await using peer = await tcpPeer(address, (socket) => socket.end("ok"));
      const socket = connected(await native.connectTcp({ address, port: peer.port, ttl: 3, tos: 0xb8 }));
      expect(await textOf(socket)).toBe("ok");
    }
    expect(await native.connectTcp({ address: "127.0.0.1", port: 9, ttl: 300 })).toMatchObject({ code: "EINVAL" });
  });
});

it("says what the portable way cannot set", async () => {
  for (const option of [{ ttl: 3 }, { tos: 0xb8 }]) {
    const result = await portable.connectTcp({ address: "127.0.0.1", port: 9, ...option });
    expect(result).toMatchObject({ code: "ENOTSUP", errorQueue: false });
  }
});
