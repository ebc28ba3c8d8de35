import { describe, expect, it } from "vitest";
import type { Sockets } from "#node-dgram-ext";
import type { Question } from "../../src/responder/ask.ts";
import { askUdp } from "../../src/responder/ask-udp.ts";
import { tokenAt, tokensFor } from "../../src/responder/key.ts";
import { Line } from "../../src/responder/line.ts";
import { AT, FIRST, KEY, native, portable, range, world } from "./pair.ts";

const BACKENDS = [
  { backend: "system calls", sockets: native },
  { backend: "node:dgram", sockets: portable },
];
const COUNT = 300;
const PORTS = range(FIRST + 1_000, COUNT);
const TOKENS = tokensFor(KEY, "00".repeat(16), { transport: "udp", direction: "out" }, PORTS);
const signal = new AbortController().signal;

/** Ports that answer a request as told: how often each was asked is known. */
async function peer(answers: (index: number, times: number) => boolean, bound = PORTS) {
  const times = new Uint8Array(COUNT);
  const ports = native.openUdpPorts({
    address: AT,
    datagramBytes: 33,
    onDatagram: (port) => {
      const index = port - PORTS[0]!;
      times[index]!++;
      return answers(index, times[index]!) ? tokenAt(TOKENS.reply, index) : undefined;
    },
  });
  expect(await ports.bind(bound)).toEqual(new Map());
  return { times, [Symbol.dispose]: () => ports.close() };
}

function ask(sockets: Sockets, more: Partial<Question> = {}) {
  const question: Question = {
    ...{ source: AT, address: AT, ports: PORTS, tokens: TOKENS, rttMs: 1, attempts: 3, mayUse: () => true },
    line: new Line(1_000_000, world.monotonicMs()),
    ...more,
  };
  return askUdp(question, { world, sockets }, signal);
}

const sum = (flags: Uint8Array): number => flags.reduce((total, flag) => total + flag, 0);

describe.each(BACKENDS)("UDP ports asked by $backend", ({ sockets }) => {
  it("are asked once, and three times where they are silent", async () => {
    using far = await peer((index) => index % 10 !== 0);
    const arrivals = async () => new Uint8Array(COUNT);
    const { answered, packets } = await ask(sockets, { arrivals });
    expect(sum(answered)).toBe(270);
    expect(packets).toBe(COUNT + 2 * 30);
    expect(far.times.every((times, index) => times === (index % 10 === 0 ? 3 : 1))).toBe(true);
  });

  it("are asked more often where packets are lost by chance, and a port that passes is found", async () => {
    // A tenth loses its first request, one port its first four; one loses all.
    using far = await peer((index, times) =>
      index === 5 ? times > 4 : index === 6 ? false : index % 10 !== 0 || times > 1,
    );
    const { answered } = await ask(sockets);
    expect([answered[5], answered[6], sum(answered)]).toEqual([1, 0, COUNT - 1]);
    expect(far.times[6]).toBe(5);
  });

  it("are not asked more often because replies are lost, where no request arrived", async () => {
    // Every tenth loses its first reply and one all of them; at another no request arrives at all.
    const [allLost, blocked] = [11, 12];
    using far = await peer((index, times) => index !== allLost && index !== blocked && (index % 10 !== 0 || times > 1));
    const arrivals = async () => new Uint8Array(COUNT).map((_, index) => (index === blocked ? 0 : 1));
    const { answered, packets } = await ask(sockets, { arrivals });
    expect(sum(answered)).toBe(COUNT - 2);
    expect([far.times[allLost], far.times[blocked], packets]).toEqual([5, 3, COUNT + 30 + 4 + 2]);
  });

  it("are asked more often where few of them lose every reply, and some packets are lost by chance", async () => {
    // One reply is lost, which no estimate takes for a sign that another port could lose three.
    const [recovers, loses] = [4, 11];
    using far = await peer((index, times) => times > (index === recovers ? 1 : index === loses ? 3 : 0));
    const arrivals = async () => new Uint8Array(COUNT).fill(1);
    const { answered } = await ask(sockets, { arrivals });
    expect(far.times[loses]).toBeGreaterThan(3);
    expect(sum(answered)).toBe(COUNT);
  });

  it("are asked no more when the other side is lost", async () => {
    using far = await peer((index) => index !== 7);
    const { answered, arrived } = await ask(sockets, { arrivals: async () => undefined });
    expect([sum(answered), arrived, far.times[7]]).toEqual([COUNT - 1, undefined, 1]);
  });

  it("are asked from a port that may be used", async () => {
    using far = await peer(() => true);
    const turnedDown = new Set<number>();
    const mayUse = (own: number) => {
      if (turnedDown.size < 3) turnedDown.add(own);
      return !turnedDown.has(own);
    };
    const { answered, mirrored } = await ask(sockets, { mayUse });
    expect([turnedDown.size, sum(answered), sum(mirrored), sum(far.times)]).toEqual([3, COUNT, 0, COUNT]);
  });

  it("are asked from a port that was drawn, where the system's choice may not be used", async () => {
    using far = await peer(() => true);
    const drawn = FIRST + 900;
    const { answered } = await ask(sockets, { mayUse: (own) => own === drawn, drawPort: () => drawn });
    expect([sum(answered), sum(far.times)]).toEqual([COUNT, COUNT]);
  });

  it("are not asked from a port that may not be used, and said to be mirrored", async () => {
    using far = await peer(() => true);
    const all = await ask(sockets, { mayUse: () => false });
    expect([all.packets, all.failed, sum(all.mirrored), sum(far.times)]).toEqual([0, undefined, COUNT, 0]);
    // A firewall may know a flow to one of the ports, whatever ours is: only that one is left out.
    const arrivals = async () => new Uint8Array(COUNT);
    const one = await ask(sockets, { mayUse: (_, to) => to !== PORTS[7], arrivals });
    expect([sum(one.answered), one.answered[7], [...one.mirrored].indexOf(1), far.times[7]]).toEqual([
      COUNT - 1,
      0,
      7,
      0,
    ]);
  });
});

it.runIf(native.features.udpErrorQueue4.has)(
  "a port that is closed is named with the sender of the ICMP error",
  async () => {
    using _ = await peer(() => true, PORTS.subarray(1));
    const { answered, errors } = await ask(native);
    expect(sum(answered)).toBe(COUNT - 1);
    expect([...errors]).toEqual([[PORTS[0], { code: "ECONNREFUSED", icmp: { type: 3, code: 3, from: AT } }]]);
  },
);
