/** On data ports nobody gets a byte without the token of that port, that session and that direction. */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { tokenAt } from "../../src/responder/key.ts";
import { proveOut } from "../../src/responder/prove-out.ts";
import { TOLD_ADDRESSES } from "../../src/responder/refused.ts";
import { REPLIES_A_PORT } from "../../src/responder/token-book.ts";
import { AT, FIRST, kept, native, portable, range, respond, session, world } from "./pair.ts";
import { datagrams, stream } from "./strangers.ts";

const PORTS = range(FIRST + 700, 3);
const [PORT = 0] = PORTS;
const STRANGER = "127.77.0.9";

describe.each([
  { backend: "system calls", sockets: native },
  { backend: "node:net and node:dgram", sockets: portable },
])("data ports by $backend", ({ sockets }) => {
  it("answer their own token, from the prober's address, with no more bytes than came", async () => {
    await using far = await respond({}, sockets);
    const own = await session(far.port);
    for (const transport of ["udp", "tcp"] as const) {
      kept(await own.bind(transport, PORTS));
      const { request, reply } = own.tokens(transport, "out", PORTS);
      const ask = transport === "udp" ? (token: Uint8Array) => datagrams(PORT, [token]) : streamOf;
      expect(await ask(tokenAt(request, 0))).toEqual([tokenAt(reply, 0)]);
      expect([...kept(await own.arrivals(transport, PORTS)).arrived]).toEqual([1, 0, 0]);
    }
    await own.end();
  });

  it("are silent to every other token, to garbage and to strangers", async () => {
    await using far = await respond({}, sockets);
    const before = await session(far.port);
    const old = before.tokens("udp", "out", PORTS).request;
    await before.end();
    const own = await session(far.port);
    kept(await own.bind("udp", PORTS));
    kept(await own.bind("tcp", PORTS));
    const { request, reply } = own.tokens("udp", "out", PORTS);
    const good = tokenAt(request, 0);
    const wrong = [
      tokenAt(old, 0),
      tokenAt(request, 1),
      tokenAt(reply, 0),
      tokenAt(own.tokens("udp", "in", PORTS).request, 0),
      tokenAt(own.tokens("tcp", "out", PORTS).request, 0),
      good.subarray(0, 31),
      Uint8Array.of(...good, 0),
      new Uint8Array(0),
      new Uint8Array(32),
      ...Array.from({ length: 20 }, (_, length) => Uint8Array.from(randomBytes(1 + length * 70))),
    ];
    expect(await datagrams(PORT, wrong)).toEqual([]);
    expect(await datagrams(PORT, [good], STRANGER)).toEqual([]);
    const overTcp = tokenAt(own.tokens("tcp", "out", PORTS).request, 0);
    const wrongOverTcp = [good, ...wrong.filter((bytes) => bytes.length >= 32 && Buffer.compare(bytes, overTcp) !== 0)];
    for (const bytes of wrongOverTcp) expect(await streamOf(bytes)).toEqual([]);
    expect(await stream(PORT, overTcp, STRANGER)).toHaveLength(0);
    expect([...kept(await own.arrivals("udp", PORTS)).arrived]).toEqual([0, 0, 0]);
    expect([...kept(await own.arrivals("tcp", PORTS)).arrived]).toEqual([0, 0, 0]);
    await own.end();
  });

  it("stay silent to garbage on every one of 9,968, and are proven all the same", async () => {
    await using far = await respond({}, sockets);
    const own = await session(far.port);
    const ports = range(FIRST, 9_968);
    kept(await own.bind("udp", ports));
    const heard: unknown[] = [];
    const socket = createSocket("udp4").bind(0, AT);
    await once(socket, "listening");
    socket.on("message", (bytes) => heard.push(bytes));
    const garbage = randomBytes(32);
    for (const [index, port] of ports.entries()) {
      socket.send(garbage, port, AT);
      if (index % 64 === 0) await new Promise((turned) => setImmediate(turned));
    }
    // Whatever arrived before this is asked was read when it is answered.
    expect(kept(await own.arrivals("udp", ports)).arrived.includes(1)).toBe(false);
    expect(heard).toEqual([]);
    socket.close();
    const wish = { transport: "udp", ports: ports.subarray(0, 500), pace: { attempts: 3, perSecond: 50_000 } } as const;
    const { fates } = await proveOut(own, wish, { world, sockets: native }, new AbortController().signal);
    expect([...fates.values()].filter((fate) => fate !== "open")).toEqual([]);
    await own.end();
  });

  it("that are released answer no more, the others do, and nobody releases another's", async () => {
    await using far = await respond({}, sockets);
    const [own, other] = [await session(far.port), await session(far.port)];
    for (const transport of ["udp", "tcp"] as const) {
      kept(await own.bind(transport, PORTS));
      expect(await other.release(transport, PORTS)).toBeUndefined();
      const { request, reply } = own.tokens(transport, "out", PORTS);
      const ask = (index: number) =>
        transport === "udp"
          ? datagrams(PORTS[index]!, [tokenAt(request, index)])
          : stream(PORTS[index]!, tokenAt(request, index)).then((bytes) => (bytes.length > 0 ? [bytes] : []));
      expect(await ask(1)).toEqual([tokenAt(reply, 1)]);
      expect(await own.release(transport, PORTS.subarray(1))).toBeUndefined();
      expect([await ask(0), await ask(1)]).toEqual([[tokenAt(reply, 0)], []]);
      expect([...kept(await own.arrivals(transport, PORTS)).arrived]).toEqual([1, 1, 0]);
      expect(kept(await other.bind(transport, PORTS))).toMatchObject({
        bound: PORTS.subarray(1),
        busy: Uint16Array.of(PORT),
      });
    }
    await Promise.all([own.end(), other.end()]);
  });

  it("answer a token that is repeated a bounded number of times", async () => {
    await using far = await respond({}, sockets);
    const own = await session(far.port);
    kept(await own.bind("udp", PORTS));
    const token = tokenAt(own.tokens("udp", "out", PORTS).request, 0);
    const answers = await datagrams(
      PORT,
      Array.from({ length: 3 * REPLIES_A_PORT }, () => token),
    );
    expect(answers).toHaveLength(REPLIES_A_PORT);
    await own.end();
  });

  it("are bound only where they are listed, and sent to only there", async () => {
    await using far = await respond({ listed: { tcp: [], udp: [{ first: PORT, last: PORT + 2, step: 2 }] } }, sockets);
    const own = await session(far.port);
    expect(kept(await own.bind("udp", PORTS))).toMatchObject({
      bound: Uint16Array.of(PORT, PORT + 2),
      notListed: Uint16Array.of(PORT + 1),
    });
    expect(kept(await own.bind("tcp", PORTS)).notListed).toEqual(PORTS);
    const sent = await own.send("udp", PORTS, { attempts: 1, perSecond: 100 });
    expect(sent).toMatchObject({ notListed: Uint16Array.of(PORT + 1), packets: 2 });
    expect(own.lost).toBeUndefined();
    await own.end();
  });
});

describe.each([
  { backend: "system calls", sockets: native },
  { backend: "node:net and node:dgram", sockets: portable },
])("what is refused by $backend", ({ sockets }) => {
  const turnedAway = ({ events }: Awaited<ReturnType<typeof respond>>) =>
    events.flatMap((event) => (event.what === "turned-away" ? [`${event.peer} ${event.why}`] : []));

  it.each(["udp", "tcp"] as const)(
    "over %s is told once of each kind, and nothing of it is quoted",
    async (transport) => {
      await using far = await respond({}, sockets);
      const own = await session(far.port);
      kept(await own.bind(transport, PORTS));
      const token = tokenAt(own.tokens(transport, "out", PORTS).request, 0);
      const ask = (bytes: Uint8Array, source = AT) =>
        transport === "udp" ? datagrams(PORT, [bytes], source) : stream(PORT, bytes, source);
      expect(await ask(token)).toHaveLength(transport === "udp" ? 1 : 32);
      expect(turnedAway(far)).toEqual([]);
      for (let each = 0; each < 3; each++) {
        await ask(Buffer.from("a password of 32 bytes, or more..."));
        await ask(tokenAt(own.tokens(transport, "in", PORTS).request, 0));
        await ask(token, STRANGER);
      }
      for (let each = 0; each < REPLIES_A_PORT + 3; each++) {
        if (transport === "tcp") await ask(token);
      }
      if (transport === "udp") await datagrams(PORT, Array<Uint8Array>(REPLIES_A_PORT + 3).fill(token));
      expect(turnedAway(far)).toEqual([
        `${AT} sent no token of the session to a data port`,
        `${STRANGER} sent to data ports that are held for another address`,
        `${AT} repeated a token more often than it is answered`,
      ]);
      await own.end();
    },
  );

  it("is told of each foreign address by itself, and of no more than a few", async () => {
    await using far = await respond({}, sockets);
    const own = await session(far.port);
    kept(await own.bind("udp", PORTS));
    const token = tokenAt(own.tokens("udp", "out", PORTS).request, 0);
    const addresses = Array.from({ length: TOLD_ADDRESSES + 3 }, (_, each) => `127.77.1.${each + 1}`);
    for (const address of addresses) expect(await datagrams(PORT, [token, token], address)).toEqual([]);
    // What came before this is asked was read when it is answered.
    kept(await own.arrivals("udp", PORTS)).arrived;
    const why = "sent to data ports that are held for another address";
    expect(turnedAway(far)).toEqual(addresses.slice(0, TOLD_ADDRESSES).map((address) => `${address} ${why}`));
    await own.end();
  });

  it.each(["udp", "tcp"] as const)("is nothing of what a prober itself asks over %s", async (transport) => {
    await using far = await respond({}, sockets);
    const own = await session(far.port);
    const wish = { transport, ports: range(FIRST, 1_500), pace: { attempts: 3, perSecond: 20_000 } } as const;
    const { fates } = await proveOut(own, wish, { world, sockets: native }, new AbortController().signal);
    expect([...fates.values()].filter((fate) => fate !== "open")).toEqual([]);
    await own.end();
    await far.event((event) => event.what === "ended");
    expect(turnedAway(far)).toEqual([]);
  });

  it.each(["bind", "send"] as const)("is told once where %s asks for ports that are not listed", async (ask) => {
    await using far = await respond({ listed: { tcp: [], udp: [{ first: PORT, last: PORT, step: 1 }] } }, sockets);
    const own = await session(far.port);
    const asked = (ports: Uint16Array) =>
      ask === "bind" ? own.bind("udp", ports) : own.send("udp", ports, { attempts: 1, perSecond: 100 });
    kept(await asked(PORTS.subarray(0, 1)));
    expect(turnedAway(far)).toEqual([]);
    for (let each = 0; each < 2; each++) kept(await asked(PORTS));
    expect(turnedAway(far)).toEqual([`${AT} asked for ports that are not listed`]);
    await own.end();
  });
});

describe("a connection to a data port", () => {
  it("that brings no token is reset after two seconds, without a byte", async () => {
    await using far = await respond();
    const own = await session(far.port);
    kept(await own.bind("tcp", PORTS));
    const startedMs = performance.now();
    expect(await stream(PORT, new Uint8Array(5))).toHaveLength(0);
    expect(performance.now() - startedMs).toBeGreaterThan(1_500);
    await own.end();
  });
});

async function streamOf(token: Uint8Array): Promise<readonly Uint8Array[]> {
  const bytes = await stream(PORT, token, AT);
  return bytes.length === 0 ? [] : [bytes];
}
