import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { Net } from "../../src/model/parts.ts";
import type { Endpoint } from "../../src/model/ports.ts";
import { listenUdp } from "../../src/net/listen.ts";
import { bytesOf, closedPort, deferred, freeUdpPort, leavesNoSocket, net, never, text, WAYS } from "./loopback.ts";

const deaf = () => {};

/** Sends one datagram and gives what comes back first. */
function ask(net: Net, to: Endpoint, replyFrom: "same" | "any") {
  const heard = deferred<{ bytes: Uint8Array; from: Endpoint; atMs: number }>();
  const flow = net.udp(
    to,
    { replyFrom, onDatagram: (bytes, from, atMs) => heard.resolve({ bytes, from, atMs }) },
    never,
  );
  return { flow, heard: heard.promise };
}

const FAMILIES = [
  { address: "127.0.0.1", icmp: { type: 3, code: 3, from: "127.0.0.1" } },
  { address: "::1", icmp: { type: 1, code: 4, from: "::1" } },
];
const CASES = FAMILIES.flatMap((family) => WAYS.map((way) => ({ ...family, ...way })));

describe.each(CASES)("UDP on $address $way", ({ address, icmp, net, errorQueue }) => {
  it.each(["same", "any"] as const)("sends and hears, replies from %s", async (replyFrom) => {
    const server = await listenUdp(address, 0, (bytes, _from, reply) => reply(bytes));
    const asked = ask(net, server.local, replyFrom);
    const flow = await asked.flow;
    expect(flow.local).toMatchObject({ transport: "udp", address });
    flow.send(bytesOf("ping"));
    const { bytes, from, atMs } = await asked.heard;
    expect(text(bytes)).toBe("ping");
    expect(Buffer.isBuffer(bytes)).toBe(false);
    expect(from).toEqual(server.local);
    flow.close();
    await flow.ended;
    const seen = flow.seen();
    expect(seen).toMatchObject({
      phase: "done",
      local: flow.local,
      repliedMs: atMs,
      firstBytes: bytes,
      errorQueue,
    });
    expect(seen.code).toBeUndefined();
    expect(seen.sentMs).toHaveLength(1);
    await server.close();
  });

  it("hears of a refusal", async () => {
    const flow = await net.udp(await closedPort("udp", address), { replyFrom: "same", onDatagram: deaf }, never);
    flow.send(bytesOf("anyone?"));
    await flow.ended;
    expect(flow.seen()).toMatchObject({ phase: "exchange", code: "ECONNREFUSED", errorQueue });
    expect(flow.seen().icmp).toEqual(errorQueue ? icmp : undefined);
    flow.send(bytesOf("ignored"));
    flow.close();
    expect(flow.seen().sentMs).toHaveLength(1);
  });

  it.runIf(errorQueue)("hears of a refusal without being connected", async () => {
    const flow = await net.udp(await closedPort("udp", address), { replyFrom: "any", onDatagram: deaf }, never);
    flow.send(bytesOf("anyone?"));
    await flow.ended;
    expect(flow.seen()).toMatchObject({ code: "ECONNREFUSED", icmp });
  });

  it("says nothing of a silent peer", async () => {
    const arrived = deferred<string | undefined>();
    const server = await listenUdp(address, 0, (bytes) => arrived.resolve(text(bytes)));
    const stop = new AbortController();
    const flow = await net.udp(server.local, { replyFrom: "same", onDatagram: deaf }, stop.signal);
    flow.send(bytesOf("hello"));
    expect(await arrived.promise).toBe("hello");
    stop.abort();
    await flow.ended;
    expect(flow.seen()).toMatchObject({ phase: "exchange" });
    expect(flow.seen().code).toBeUndefined();
    expect(flow.seen().repliedMs).toBeUndefined();
    await server.close();
  });

  it.each([
    ["same", ["peer"]],
    ["any", ["stranger", "peer"]],
  ] as const)("with replyFrom %s hears %s", async (replyFrom, expected) => {
    const asked = deferred<(bytes: Uint8Array) => void>();
    const server = await listenUdp(address, 0, (_bytes, _from, reply) => asked.resolve(reply));
    const heard: (string | undefined)[] = [];
    const done = deferred<void>();
    const onDatagram = (bytes: Uint8Array) => {
      heard.push(text(bytes));
      if (text(bytes) === "peer") done.resolve();
    };
    const flow = await net.udp(server.local, { replyFrom, onDatagram }, never);
    const stranger = await net.udp(flow.local!, { replyFrom: "any", onDatagram: deaf }, never);
    flow.send(bytesOf("?"));
    const reply = await asked.promise;
    // Loopback delivers at once and in order, so the stranger's datagram is there before the peer's.
    stranger.send(bytesOf("stranger"));
    reply(bytesOf("peer"));
    await done.promise;
    expect(heard).toEqual(expected);
    flow.close();
    stranger.close();
    await server.close();
  });
});

describe.each(WAYS)("what our own side refuses, $way", ({ net }) => {
  it("a source address that is not ours is a code, not an exception", async () => {
    const to = { transport: "udp", address: "127.0.0.1", port: 9 } as const;
    for (const replyFrom of ["same", "any"] as const) {
      const flow = await net.udp(to, { source: "203.0.113.5", replyFrom, onDatagram: deaf }, never);
      expect(flow.local).toBeUndefined();
      expect(flow.seen()).toMatchObject({ phase: "bind", code: "EADDRNOTAVAIL" });
      flow.send(bytesOf("x"));
      flow.close();
      expect(flow.seen().sentMs).toEqual([]);
    }
  });

  it("a taken source port", async () => {
    const taken = await listenUdp("127.0.0.1", 0, deaf);
    const options = { source: "127.0.0.1", sourcePort: taken.local.port, replyFrom: "same", onDatagram: deaf } as const;
    const flow = await net.udp({ ...taken.local, port: 9 }, options, never);
    expect(flow.seen()).toMatchObject({ phase: "bind", code: "EADDRINUSE" });
    await taken.close();
  });

  it("a datagram that is too long ends the attempt", async () => {
    const server = await listenUdp("127.0.0.1", 0, deaf);
    const flow = await net.udp(server.local, { replyFrom: "same", onDatagram: deaf }, never);
    flow.send(new Uint8Array(70_000));
    await flow.ended;
    expect(flow.seen()).toMatchObject({ phase: "exchange", code: "EMSGSIZE" });
    await server.close();
  });

  it("a signal that has aborted already", async () => {
    const to = { transport: "udp", address: "127.0.0.1", port: 9 } as const;
    const flow = await net.udp(to, { replyFrom: "same", onDatagram: deaf }, AbortSignal.abort());
    await flow.ended;
    expect(flow.local).toBeUndefined();
  });
});

it("uses the source port that is asked for", async () => {
  const server = await listenUdp("127.0.0.1", 0, (bytes, _from, reply) => reply(bytes));
  const port = await freeUdpPort();
  const flow = await net.udp(server.local, { sourcePort: port, replyFrom: "same", onDatagram: deaf }, never);
  expect(flow.local).toEqual({ transport: "udp", address: "127.0.0.1", port });
  flow.close();
  await server.close();
});

it.each(WAYS)("leaves no socket behind after 100 attempts of every kind, $way", async ({ net }) => {
  const server = await listenUdp("127.0.0.1", 0, (bytes, _from, reply) => reply(bytes));
  const nobody = await closedPort("udp");
  await leavesNoSocket(async () => {
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const flows = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        net.udp(
          at % 3 === 0 ? nobody : server.local,
          { replyFrom: at % 2 === 0 ? "same" : "any", onDatagram: deaf },
          stop.signal,
        ),
      ),
    );
    for (const flow of flows) flow.send(bytesOf("x"));
    for (const flow of flows.slice(0, 50)) flow.close();
    stop.abort();
    await Promise.all(flows.map((flow) => flow.ended));
  });
  await server.close();
});
