import { describe, expect, it } from "vitest";
import type { Sockets } from "#node-dgram-ext";
import { deaf, deferred, familyOf, freeUdpPorts, hasNative, native, opened, portable } from "./loopback.ts";

type Arrival = Parameters<Parameters<Sockets["openUdp"]>[0]["onDatagram"]>[2];

/** DSCP EF (46), which voice has, and not ECN capable. */
const EF = 46 << 2;

interface How {
  readonly tos?: number;
  readonly tellArrival?: boolean;
  /** How long the event loop stands still once the datagram was sent. */
  readonly blockedMs?: number;
}

/** Sends a datagram to ourselves, and gives how it arrived. */
async function arrivalOf(address: string, { blockedMs = 0, ...how }: How, sockets = native): Promise<Arrival> {
  const heard = deferred<Arrival>();
  const options = { ...deaf, family: familyOf(address), source: address, ...how };
  const receiver = opened(
    await sockets.openUdp({ ...options, onDatagram: (_, __, arrival) => heard.resolve(arrival) }),
  );
  const sender = opened(await sockets.openUdp(options));
  sender.send(Buffer.from("voice"), receiver.local);
  if (blockedMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedMs);
  try {
    return await heard.promise;
  } finally {
    sender.close();
    receiver.close();
  }
}

describe.runIf(hasNative).each(["127.0.0.1", "::1"])("how a datagram arrived, by system calls, on %s", (address) => {
  it.each([EF, 0, 0xfc, 8 << 2])("tells the octet %i that it was sent with", async (tos) => {
    expect((await arrivalOf(address, { tos, tellArrival: true })).tos).toBe(tos);
  });

  it("tells how long it lay unread", async () => {
    const { waitedMs } = await arrivalOf(address, { tellArrival: true, blockedMs: 80 });
    expect(waitedMs).toBeGreaterThan(70);
    expect(waitedMs).toBeLessThan(5_000);
  });

  it("tells nothing that was not asked for", async () => {
    expect(await arrivalOf(address, { tos: EF })).toEqual({});
  });

  it("is told by many ports too, and what they answer is marked", async () => {
    const heard: Arrival[] = [];
    const ports = native.openUdpPorts({
      address,
      datagramBytes: 64,
      tos: EF,
      tellArrival: true,
      onDatagram: (_, bytes, __, arrival) => {
        heard.push(arrival);
        return bytes;
      },
    });
    const [port = 0] = await freeUdpPorts(address, 1);
    expect(await ports.bind([port])).toEqual(new Map());
    const answered = deferred<Arrival>();
    const socket = opened(
      await native.openUdp({
        ...deaf,
        family: familyOf(address),
        tos: 26 << 2,
        tellArrival: true,
        onDatagram: (_, __, arrival) => answered.resolve(arrival),
      }),
    );
    socket.send(Buffer.from("voice"), { address, port });
    expect((await answered.promise).tos).toBe(EF);
    expect(heard).toEqual([{ tos: 26 << 2, waitedMs: expect.any(Number) }]);
    socket.close();
    ports.close();
  });
});

describe("how a datagram arrived, by node:dgram", () => {
  it("is not told", async () => {
    expect(await arrivalOf("127.0.0.1", { tellArrival: true }, portable)).toEqual({});
  });

  it("cannot be marked, and says so", async () => {
    const ports = portable.openUdpPorts({
      address: "127.0.0.1",
      datagramBytes: 8,
      tos: EF,
      onDatagram: () => undefined,
    });
    expect(await ports.bind([40_001, 40_002])).toEqual(
      new Map([
        [40_001, "ENOTSUP"],
        [40_002, "ENOTSUP"],
      ]),
    );
    expect(ports.size).toBe(0);
    ports.close();
  });
});
