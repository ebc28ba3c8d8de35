import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Endpoint, UdpPorts, UdpPortsOptions } from "#node-dgram-ext";
import { BACKENDS, descriptors, familyOf, freeUdpPorts, hasNative, idleCpuMs, native, udpPeer } from "./loopback.ts";

/** Sends to a port, and gives what comes back within the time: the bytes, and the port that they come from. */
async function ask(address: string, port: number, bytes: Uint8Array, timeoutMs = 2000): Promise<readonly unknown[]> {
  const socket = createSocket(familyOf(address) === 6 ? "udp6" : "udp4");
  try {
    socket.send(bytes, port, address);
    const [answer, from] = await once(socket, "message", { signal: AbortSignal.timeout(timeoutMs) });
    return [Buffer.from(answer).toString(), from.port];
  } catch {
    return ["silent"];
  } finally {
    socket.close();
  }
}

const echo: UdpPortsOptions["onDatagram"] = (_, bytes) => bytes;

describe.runIf(hasNative).each(BACKENDS)("many UDP ports by $backend", ({ sockets }) => {
  const open = (address: string, onDatagram = echo): UdpPorts & Disposable => {
    const ports = sockets.openUdpPorts({ address, datagramBytes: 8, onDatagram });
    return Object.assign(ports, { [Symbol.dispose]: () => ports.close() });
  };

  it.each(["127.0.0.1", "::1"])("answer from the port that was asked, at %s", async (address) => {
    const heard: (readonly [port: number, from: Endpoint])[] = [];
    using ports = open(address, (port, bytes, from) => {
      heard.push([port, { address: from.address, port: from.port }]);
      return Buffer.from(`${Buffer.from(bytes)}!`);
    });
    const free = await freeUdpPorts(address, 40);
    expect(await ports.bind(free)).toEqual(new Map());
    expect(ports.size).toBe(40);
    const answers = await Promise.all(free.map((port) => ask(address, port, Buffer.from("hello"))));
    expect(answers).toEqual(free.map((port) => ["hello!", port]));
    expect(heard.map(([port]) => port).sort()).toEqual([...free].sort());
    expect(new Set(heard.map(([, from]) => from.address))).toEqual(new Set([address]));
  });

  it("keep of a longer datagram and of a longer answer what was agreed", async () => {
    const lengths: number[] = [];
    using ports = open("127.0.0.1", (_, bytes) => {
      lengths.push(bytes.length);
      return bytes;
    });
    const [port = 0] = await freeUdpPorts("127.0.0.1", 1);
    await ports.bind([port]);
    expect(await ask("127.0.0.1", port, Buffer.from("0123456789"))).toEqual(["01234567", port]);
    expect(lengths).toEqual([8]);
  });

  it("stay silent where the callback gives nothing", async () => {
    using ports = open("127.0.0.1", (_, bytes) => (bytes.length === 1 ? undefined : bytes));
    const [port = 0] = await freeUdpPorts("127.0.0.1", 1);
    await ports.bind([port]);
    const [silent, answered] = [
      ask("127.0.0.1", port, Buffer.from("1"), 300),
      ask("127.0.0.1", port, Buffer.from("12")),
    ];
    expect(await answered).toEqual(["12", port]);
    expect(await silent).toEqual(["silent"]);
  });

  it("tell which of them somebody else holds, and leave that one alone", async () => {
    await using peer = await udpPeer("127.0.0.1", () => Buffer.from("mine"));
    using ports = open("127.0.0.1");
    const [free = 0] = await freeUdpPorts("127.0.0.1", 1);
    expect(await ports.bind([peer.port, free])).toEqual(new Map([[peer.port, "EADDRINUSE"]]));
    expect(ports.size).toBe(1);
    ports.release([peer.port]);
    expect(await ask("127.0.0.1", peer.port, Buffer.from("?"))).toEqual(["mine", peer.port]);
  });

  it("are free again for others once they are released", async () => {
    using ports = open("127.0.0.1");
    const free = await freeUdpPorts("127.0.0.1", 2);
    await ports.bind(free);
    expect(await ports.bind(free)).toEqual(new Map());
    ports.release([free[0]!, free[0]!]);
    expect(ports.size).toBe(1);
    using others = open("127.0.0.1");
    expect(await others.bind(free)).toEqual(new Map([[free[1], "EADDRINUSE"]]));
  });

  it("can be closed by their callback, and by anybody twice", async () => {
    const before = descriptors();
    const free = await freeUdpPorts("127.0.0.1", 50);
    const ports = sockets.openUdpPorts({
      address: "127.0.0.1",
      datagramBytes: 8,
      onDatagram: (_, bytes) => {
        ports.close();
        return bytes;
      },
    });
    await ports.bind(free);
    expect(await Promise.all(free.map((port) => ask("127.0.0.1", port, Buffer.from("?"), 300)))).toEqual(
      free.map(() => ["silent"]),
    );
    ports.close();
    expect(ports.size).toBe(0);
    expect([...(await ports.bind(free)).values()]).toEqual(free.map(() => "ERR_CLOSED"));
    await expect.poll(descriptors).toBeLessThanOrEqual(before);
  });

  it("refuse an address that is not ours", async () => {
    using ports = open("203.0.113.1");
    expect(await ports.bind([40_000])).toEqual(new Map([[40_000, "EADDRNOTAVAIL"]]));
  });
});

describe.runIf(hasNative)("many UDP ports by system calls", () => {
  it("do not turn the loop while nothing comes, also after an ICMP error for an answer", async () => {
    const ports = native.openUdpPorts({ address: "127.0.0.1", datagramBytes: 8, onDatagram: echo });
    const [port = 0] = await freeUdpPorts("127.0.0.1", 1);
    await ports.bind([port]);
    const socket = createSocket("udp4");
    await new Promise<void>((sent) => socket.send("gone", port, "127.0.0.1", () => sent()));
    // Its answer meets a closed port.
    socket.close();
    await new Promise((turned) => setTimeout(turned, 50));
    expect(await idleCpuMs()).toBeLessThan(100);
    ports.close();
  });
});
