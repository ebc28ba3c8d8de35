import { describe, expect, it } from "vitest";
import { listenTcp, listenUdp } from "../../src/net/listen.ts";
import { bytesOf, line, net, never, text } from "./loopback.ts";

describe("resolve", () => {
  it.each(["127.0.0.1", "::1"])("gives %s itself", async (address) => {
    expect(await net.resolve(address, never)).toEqual([address]);
  });

  it("knows the local host", async () => {
    const addresses = await net.resolve("localhost", never);
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(["127.0.0.1", "::1"]).toContain(address);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it("gives nothing for what cannot be a name, and once the signal aborted", async () => {
    expect(await net.resolve("a..b", never)).toEqual([]);
    expect(await net.resolve("localhost", AbortSignal.abort())).toEqual([]);
    const stop = new AbortController();
    const pending = net.resolve("localhost", stop.signal);
    stop.abort();
    expect(await pending).toEqual([]);
  });
});

describe("route", () => {
  it.each(["127.0.0.1", "::1"])("gives our own address on the way to %s", async (address) => {
    expect(await net.route(address)).toEqual({ source: address });
    expect(await net.route(address, address)).toEqual({ source: address });
  });

  it("gives the system's word where there is no way", async () => {
    expect(await net.route("127.0.0.1", "203.0.113.5")).toEqual({ code: "EADDRNOTAVAIL" });
    expect(await net.route("::1", "127.0.0.1")).toEqual({ code: expect.stringMatching(/^E/) });
  });
});

describe("listeners", () => {
  it("hang up on the peer whose handler fails, and serve the next", async () => {
    const server = await listenTcp("127.0.0.1", 0, async (connection) => {
      const request = await connection.receive(line, 100);
      if (text(request) === "bad\n") throw new RangeError("garbage");
      connection.send(bytesOf("fine\n"));
      connection.close();
    });
    const bad = await net.tcp(server.local, {}, never);
    bad.connection!.send(bytesOf("bad\n"));
    expect(await bad.connection!.receive(line, 100)).toBeUndefined();
    expect(bad.seen().code).toBe("ECONNRESET");
    const good = await net.tcp(server.local, {}, never);
    good.connection!.send(bytesOf("good\n"));
    expect(text(await good.connection!.receive(line, 100))).toBe("fine\n");
    for (const attempt of [bad, good]) attempt.close();
    await server.close();
  });

  it("free their port when closed, with connections open", async () => {
    const server = await listenTcp("127.0.0.1", 0, () => {});
    const attempt = await net.tcp(server.local, {}, never);
    await server.close();
    attempt.close();
    expect((await net.tcp(server.local, {}, never)).seen().code).toBe("ECONNREFUSED");
  });

  it("reject when the port is taken", async () => {
    const tcp = await listenTcp("127.0.0.1", 0, () => {});
    await expect(listenTcp("127.0.0.1", tcp.local.port, () => {})).rejects.toMatchObject({ code: "EADDRINUSE" });
    const udp = await listenUdp("127.0.0.1", 0, () => {});
    await expect(listenUdp("127.0.0.1", udp.local.port, () => {})).rejects.toMatchObject({ code: "EADDRINUSE" });
    await tcp.close();
    await udp.close();
  });
});
