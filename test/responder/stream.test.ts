import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { NoStream, StreamAsk, StreamSeen } from "../../src/model/media-stream.ts";
import type { ResponderSession } from "../../src/responder/client.ts";
import { tokensFor } from "../../src/responder/key.ts";
import { runStream } from "../../src/responder/stream.ts";
import { readStreamPacket, writeStreamPacket } from "../../src/responder/stream-packet.ts";
import { STREAMS_MAX } from "../../src/responder/stream-ports.ts";
import { AT, FIRST, KEY, kept, native, portable, range, respond, session, world } from "./pair.ts";
import { ByHand, datagrams } from "./strangers.ts";

const PORT = FIRST + 500;
const ASK: StreamAsk = { port: PORT, packets: 20, intervalMs: 5, bytes: 172, dscp: 46 };
const parts = { world, sockets: native };
const signal = new AbortController().signal;

function seen(stream: StreamSeen | NoStream): StreamSeen {
  if ("why" in stream) throw new Error(stream.why);
  return stream;
}

const LOSSLESS = { sent: 20, received: 20, duplicates: 0, reordered: 0, jitterMs: expect.any(Number) };
const MARKED = { dscpSent: 46 };
const TOLD = { dscpSeen: [{ dscp: 46, packets: 20 }] };
const ZERO = { dscpSeen: [{ dscp: 0, packets: 20 }] };

describe("a stream shows both ways, and what can be said of its marks", () => {
  it.each([
    ["by system calls", native, native, { out: { ...MARKED, ...TOLD }, back: { ...MARKED, ...TOLD } }],
    ["by node:dgram here", portable, native, { out: ZERO, back: MARKED }],
    ["by node:dgram there", native, portable, { out: MARKED, back: ZERO }],
    ["by node:dgram", portable, portable, { out: {}, back: {} }],
  ])("%s", async (_, here, there, { out, back }) => {
    await using far = await respond({}, there);
    const own = await session(far.port);
    const stream = seen(await runStream(own, ASK, { world, sockets: here }, signal));
    expect(stream.out).toEqual({ ...LOSSLESS, ...out });
    expect(stream.back).toEqual({ ...LOSSLESS, ...back });
    expect(stream.roundTripMs).toBeGreaterThan(0);
    await own.end();
    expect(own.lost).toBeUndefined();
  });

  it("over IPv6", async () => {
    await using far = await respond({ listen: { address: "::1", port: 0 } });
    const own = await session(far.port, { address: "::1", source: "::1" });
    const stream = seen(await runStream(own, ASK, parts, signal));
    expect(stream.out).toEqual({ ...LOSSLESS, ...MARKED, ...TOLD });
    expect(stream.back).toEqual({ ...LOSSLESS, ...MARKED, ...TOLD });
    await own.end();
  });

  it("several at once, of the shortest and the longest packets", async () => {
    await using far = await respond();
    const own = await session(far.port);
    const asks = [44, 1_400, 172].map((bytes, at) => ({ ...ASK, port: PORT + at, bytes, dscp: at }));
    const streams = await Promise.all(asks.map((ask) => runStream(own, ask, parts, signal)));
    expect(streams.map((stream) => seen(stream).out.dscpSeen)).toEqual(
      [0, 1, 2].map((dscp) => [{ dscp, packets: 20 }]),
    );
    expect(streams.map((stream) => seen(stream).back.received)).toEqual([20, 20, 20]);
    await own.end();
  });
});

describe("a stream that cannot be", () => {
  const held = async (own: ResponderSession): Promise<unknown> => await runStream(own, ASK, parts, signal);

  it("says that the port is in use, busy, or not listed, and the session goes on", async () => {
    await using far = await respond({ listed: { tcp: [], udp: [{ first: PORT, last: PORT + 1, step: 1 }] } });
    const own = await session(far.port);
    expect(await runStream(own, { ...ASK, port: PORT + 2 }, parts, signal)).toEqual({ why: "not-listed" });
    kept(await own.bind("udp", Uint16Array.of(PORT)));
    expect(await held(own)).toEqual({ why: "busy" });
    const other = await session(far.port);
    expect(await held(other)).toEqual({ why: "busy" });
    await own.end();
    await far.event((event) => event.what === "ended");
    const program = createSocket("udp4").bind(PORT, AT);
    await once(program, "listening");
    expect(await held(other)).toEqual({ why: "in-use" });
    program.close();
    await once(program, "close");
    expect(seen((await held(other)) as StreamSeen).out.received).toBe(20);
    await other.end();
  });

  it("is lost with the far end, and interrupted by the signal, which frees its port", async () => {
    const far = await respond();
    const own = await session(far.port);
    const stop = new AbortController();
    const long = { ...ASK, packets: 500, intervalMs: 20 };
    const stopped = runStream(own, long, parts, stop.signal);
    await far.event((event) => event.what === "connected");
    setTimeout(() => stop.abort(), 50);
    expect(await stopped).toEqual({ why: "interrupted" });
    const lost = runStream(own, long, parts, signal);
    setTimeout(() => void far.responder.close(), 50);
    expect(await lost).toEqual({ why: "lost" });
  });
});

describe("the port of a stream", () => {
  const use = { transport: "udp", direction: "out", kind: "stream" } as const;
  const SSRC = 0x0102_0304;
  const begin = { type: "stream", ...ASK, packets: 3 } as const;
  const tokensOf = (id: string, port = PORT) => tokensFor(KEY, id, use, Uint16Array.of(port));
  const packet = (token: Uint8Array, sequence: number, bytes = ASK.bytes): Uint8Array =>
    writeStreamPacket({ sequence, timestamp: 0, ssrc: SSRC }, token, bytes);

  it("answers each packet that was announced once, with as many bytes, and nothing else", async () => {
    await using far = await respond();
    const own = await session(far.port);
    const before = tokensOf(own.id).request;
    await own.end();
    const prober = await session(far.port);
    kept(await prober.ask(begin, "bound"));
    const { request, reply } = tokensOf(prober.id);
    const good = packet(request, 1);
    const changed = (at: number, value: number): Uint8Array =>
      Uint8Array.from(good, (byte, i) => (i === at ? value : byte));
    const wrong = [
      packet(before, 1),
      packet(tokensOf(prober.id, PORT + 1).request, 1),
      packet(reply, 1),
      packet(prober.tokens("udp", "out", Uint16Array.of(PORT)).request, 1),
      packet(request, 3),
      packet(request, 1, ASK.bytes + 1),
      packet(request, 1, ASK.bytes - 1),
      request,
      new Uint8Array(0),
      new Uint8Array(ASK.bytes),
      new Uint8Array(1_400),
      // Another version, padding, a marker, another payload type.
      ...[changed(0, 0x40), changed(0, 0xa0), changed(1, 0x80), changed(1, 8)],
    ];
    expect(await datagrams(PORT, wrong)).toEqual([]);
    expect(await datagrams(PORT, [good], "127.77.0.9")).toEqual([]);
    const answers = await datagrams(PORT, [good, good, packet(request, 0), good, packet(request, 2)]);
    expect(answers.map((answer) => readStreamPacket(answer, reply, ASK.bytes))).toEqual(
      [1, 0, 2].map((sequence) => ({ sequence, timestamp: expect.any(Number), ssrc: 0xfefd_fcfb })),
    );
    expect(await prober.ask({ type: "endStream", port: PORT }, "streamed")).toMatchObject({
      ...{ received: 3, duplicates: 2, reordered: 1, marked: true, dscp: [[0, 3]] },
    });
    expect(await datagrams(PORT, [packet(request, 0)])).toEqual([]);
    await prober.end();
  });

  it("is held by nobody else while it lasts, and free afterwards, also when the prober vanishes", async () => {
    await using far = await respond();
    const own = await session(far.port);
    kept(await own.ask(begin, "bound"));
    expect(kept(await own.bind("udp", range(PORT, 2)))).toMatchObject({
      bound: Uint16Array.of(PORT + 1),
      busy: Uint16Array.of(PORT),
    });
    kept((await own.release("udp", range(PORT, 2))) ?? {});
    const other = await session(far.port);
    expect(kept(await other.bind("udp", Uint16Array.of(PORT))).busy).toEqual(Uint16Array.of(PORT));
    kept(await own.ask({ type: "endStream", port: PORT }, "streamed"));
    expect(kept(await other.bind("udp", Uint16Array.of(PORT))).bound).toEqual(Uint16Array.of(PORT));
    kept(await own.ask({ ...begin, port: PORT + 3 }, "bound"));
    await own.end();
    await far.event((event) => event.what === "ended");
    expect(kept(await other.bind("udp", Uint16Array.of(PORT + 3))).bound).toEqual(Uint16Array.of(PORT + 3));
    await other.end();
  });

  it("is one of a bounded number", async () => {
    await using far = await respond();
    const own = await session(far.port);
    const ports = range(PORT, STREAMS_MAX + 1);
    const told = await Promise.all(Array.from(ports, (port) => own.ask({ ...begin, port }, "bound")));
    const bound = told.map((answer) => kept(answer).bound.length);
    expect(bound).toEqual([...Array.from({ length: STREAMS_MAX }, () => 1), 0]);
    expect(kept(told.at(-1)!).noResources).toEqual([[ports.at(-1), ports.at(-1)]]);
    await own.end();
  });

  it("that has no stream ends the session of whoever wants it ended", async () => {
    await using far = await respond();
    const prober = await ByHand.open(far.port);
    prober.say({ type: "hello", versions: [1], tool: "test" });
    expect(await prober.hear()).toMatchObject({ type: "welcome" });
    prober.say({ type: "endStream", port: PORT });
    expect(await prober.hear()).toMatchObject({ type: "refused", reason: "unexpected" });
    expect(await prober.hear()).toBeUndefined();
  });
});
