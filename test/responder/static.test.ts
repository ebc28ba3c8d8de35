/** A responder without a control channel: tokens of a slot of time, and no word beside them. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { staticTokensFor, tokenAt, tokensFor } from "../../src/responder/key.ts";
import { REPLIES_A_SLOT, SLOT_MS, StaticBook, slotOf } from "../../src/responder/static-book.ts";
import { startStaticResponder } from "../../src/responder/static-server.ts";
import { AT, FIRST, KEY, native, portable, range } from "./pair.ts";
import { datagrams, stream } from "./strangers.ts";

const PORTS = range(FIRST + 4_000, 20);
const PORT = PORTS[0]!;
const SLOT = 29_000_000;
const OTHER = AT.replace(/\.1$/, ".2");

/** A clock that the test sets. */
function clock(wallMs = SLOT * SLOT_MS + 30_000) {
  return { nowMs: wallMs, wallMs: () => clocked.nowMs };
}
let clocked = clock();

const token = (slot: number, index = 0, key = KEY, transport: "tcp" | "udp" = "udp") =>
  tokenAt(staticTokensFor(key, slot, transport, PORTS).request, index);
const answer = (slot: number, index = 0, transport: "tcp" | "udp" = "udp") =>
  Buffer.from(tokenAt(staticTokensFor(KEY, slot, transport, PORTS).reply, index));

describe("tokens of a slot", () => {
  const book = () => {
    clocked = clock();
    return new StaticBook(KEY, "udp", PORTS, clocked.wallMs);
  };

  it("are good in their slot and in those beside it, so that clocks may differ by a minute", () => {
    const tokens = book();
    expect(slotOf(clocked.nowMs)).toBe(SLOT);
    const replies = [-2, -1, 0, 1, 2].map((by) => tokens.reply(PORT, token(SLOT + by)));
    expect(replies.map((reply) => reply && Buffer.from(reply))).toEqual([
      undefined,
      ...[-1, 0, 1].map((by) => answer(SLOT + by)),
      undefined,
    ]);
    clocked.nowMs += 2 * SLOT_MS;
    expect(tokens.reply(PORT, token(SLOT))).toBeUndefined();
    expect(tokens.reply(PORT, token(SLOT + 1))).toBeDefined();
  });

  it("that are repeated are answered a bounded number of times, on each port by itself, whatever the time", () => {
    const tokens = book();
    const repeat = (index: number, slot: number) =>
      Array.from({ length: 100 }, () => tokens.reply(PORTS[index]!, token(slot, index))).filter(Boolean).length;
    expect(repeat(0, SLOT + 1)).toBe(REPLIES_A_SLOT);
    // The next slot begins, and then it is the last one.
    for (let turns = 0; turns < 2; turns++) {
      clocked.nowMs += SLOT_MS;
      expect(repeat(0, SLOT + 1)).toBe(0);
    }
    expect([repeat(1, SLOT + 1), repeat(0, SLOT + 2)]).toEqual([REPLIES_A_SLOT, REPLIES_A_SLOT]);
  });

  it("are none of another port, key, transport, leg, session, nor of another length", () => {
    const tokens = book();
    const wrong = [
      token(SLOT, 1),
      token(SLOT, 0, new Uint8Array(32)),
      token(SLOT, 0, KEY, "tcp"),
      answer(SLOT),
      tokenAt(tokensFor(KEY, "00".repeat(16), { transport: "udp", direction: "out" }, PORTS).request, 0),
      token(SLOT).subarray(0, 31),
      Buffer.concat([token(SLOT), Buffer.of(0)]),
      new Uint8Array(0),
    ];
    expect(wrong.map((bytes) => tokens.reply(PORT, bytes))).toEqual(wrong.map(() => undefined));
    expect(tokens.reply(PORT - 1, token(SLOT))).toBeUndefined();
    expect(tokens.reply(PORT, token(SLOT))).toBeDefined();
  });
});

describe.each([
  ["system calls", native],
  ["node:dgram", portable],
])("a responder without a control channel, by %s", (_, sockets) => {
  async function serve() {
    clocked = clock();
    const span = { first: PORTS[0]!, last: PORTS.at(-1)!, step: 1 } as const;
    const listed = { tcp: [{ ...span, last: PORTS[0]! + 1 }], udp: [span] };
    const whole = { address: AT, key: KEY, listed, allows: (address: string) => address === AT };
    const far = await startStaticResponder(whole, { world: clocked, sockets });
    return Object.assign(far, { [Symbol.dispose]: () => far.close() });
  }

  it("answers a token, no longer than that, and nothing else, over UDP and TCP", async () => {
    using far = await serve();
    expect([far.bound, far.notBound]).toEqual([
      { tcp: 2, udp: 20 },
      { tcp: new Map(), udp: new Map() },
    ]);
    const garbage = [new Uint8Array(0), new Uint8Array(32), new Uint8Array(1200), token(SLOT - 2)];
    expect(await datagrams(PORT, [...garbage, token(SLOT)])).toEqual([new Uint8Array(answer(SLOT))]);
    expect(await stream(PORT, token(SLOT, 0, KEY, "tcp"))).toEqual(new Uint8Array(answer(SLOT, 0, "tcp")));
    expect(await stream(PORT, new Uint8Array(32))).toEqual(new Uint8Array(0));
  });

  it("is silent to addresses that are not allowed", async () => {
    using _far = await serve();
    expect(await datagrams(PORT, [token(SLOT)], OTHER)).toEqual([]);
    expect(await stream(PORT, token(SLOT, 0, KEY, "tcp"), OTHER)).toEqual(new Uint8Array(0));
  });

  it("tells its operator which ports it cannot have, holds the others, and frees them in the end", async () => {
    const taken = createSocket("udp4").bind(PORTS[3]!, AT);
    await once(taken, "listening");
    const far = await serve();
    expect([far.bound.udp, far.notBound.udp]).toEqual([19, new Map([["EADDRINUSE", [PORTS[3]]]])]);
    far.close();
    taken.close();
    using again = await serve();
    expect(again.bound.udp).toBe(20);
  });
});
