import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { Question } from "../../src/responder/ask.ts";
import { askTcp } from "../../src/responder/ask-tcp.ts";
import { DataPorts } from "../../src/responder/data-ports.ts";
import { tokensFor } from "../../src/responder/key.ts";
import { Line } from "../../src/responder/line.ts";
import { TcpPorts } from "../../src/responder/tcp-ports.ts";
import { Window } from "../../src/sweep/window.ts";
import { AT, FIRST, KEY, native, portable, range, world } from "./pair.ts";

const PORTS = range(FIRST + 1_500, 3);
const DRAWN = FIRST + 1_600;
const SESSION = "00".repeat(16);
const signal = new AbortController().signal;

/** Ports that answer their token, and from which ports of ours it came. */
async function peer() {
  const from: number[] = [];
  const ports = new DataPorts({
    ...{ transport: "tcp", direction: "out", address: AT, key: KEY, session: SESSION, sockets: native },
    hears: () => true,
    onReached: (_, port) => from.push(port),
  });
  expect(await ports.bind(PORTS)).toEqual(new Map());
  return { from, [Symbol.dispose]: () => ports.close() };
}

describe.each([
  { backend: "system calls", sockets: native },
  { backend: "node:net", sockets: portable },
])("TCP ports asked by $backend", ({ sockets }) => {
  const ask = (more: Partial<Question>) => {
    const question: Question = {
      ...{ source: AT, address: AT, ports: PORTS, rttMs: 1, attempts: 2, mayUse: () => true },
      tokens: tokensFor(KEY, SESSION, { transport: "tcp", direction: "out" }, PORTS),
      line: new Line(1_000_000, world.monotonicMs()),
      ...more,
    };
    return askTcp(question, { world, sockets }, signal);
  };

  it("are asked over no connection from a port that may not be used, and said to be mirrored", async () => {
    using far = await peer();
    const mayUse = (_: number, to: number) => to !== PORTS[1];
    const { answered, mirrored, unsent } = await ask({ mayUse });
    expect([[...answered], [...mirrored], [...unsent]]).toEqual([
      [1, 0, 1],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(far.from).toHaveLength(2);
  });

  it("are asked from ports that were drawn, where the system's choice may not be used", async () => {
    using far = await peer();
    const taken = createServer();
    await new Promise<void>((listening) => taken.listen(DRAWN, AT, listening));
    let next = DRAWN;
    const { answered } = await ask({ mayUse: (own) => own >= DRAWN && own < DRAWN + 10, drawPort: () => next++ });
    taken.close();
    expect([...answered]).toEqual([1, 1, 1]);
    expect(far.from.toSorted()).toEqual([DRAWN + 1, DRAWN + 2, DRAWN + 3]);
  });
});

it("TCP ports of a far end have room for all that a prober has under way", async () => {
  const ports = range(FIRST + 1_700, 4);
  const far = new TcpPorts({ address: AT, hears: () => true, reply: (_, token) => token });
  expect(await far.bind(ports)).toEqual(new Map());
  const sockets: Socket[] = [];
  const asked = Array.from({ length: new Window().size }, (_, index) => {
    // It does not close for its part, and so each stands until all have been answered.
    const socket = connect({ host: AT, port: ports[index % ports.length]!, allowHalfOpen: true });
    sockets.push(socket);
    socket.write(new Uint8Array(32));
    return new Promise((heard) => socket.once("data", () => heard("answered")).on("error", () => heard("reset")));
  });
  const answers = await Promise.all(asked);
  for (const socket of sockets) socket.destroy();
  far.close();
  expect(answers.filter((answer) => answer !== "answered")).toEqual([]);
});
