/** A responder without a control channel: tokens of a slot of time, and no word beside them. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { staticTokensFor, tokenAt, tokensFor } from "../../src/responder/key.ts";
import { TOLD_LINES } from "../../src/responder/refused.ts";
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
  return { nowMs: wallMs, wallMs: () => clocked.nowMs, monotonicMs: () => clocked.nowMs };
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
    expect(replies.map((reply) => (typeof reply === "string" ? reply : Buffer.from(reply)))).toEqual([
      "no-token",
      ...[-1, 0, 1].map((by) => answer(SLOT + by)),
      "no-token",
    ]);
    clocked.nowMs += 2 * SLOT_MS;
    expect(tokens.reply(PORT, token(SLOT))).toBe("no-token");
    expect(tokens.reply(PORT, token(SLOT + 1))).toHaveLength(32);
  });

  it("that are repeated are answered a bounded number of times, on each port by itself, whatever the time", () => {
    const tokens = book();
    const repeat = (index: number, slot: number) =>
      Array.from({ length: 100 }, () => tokens.reply(PORTS[index]!, token(slot, index))).filter(
        (reply) => reply !== "repeated-token",
      ).length;
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
    expect(wrong.map((bytes) => tokens.reply(PORT, bytes))).toEqual(wrong.map(() => "no-token"));
    expect(tokens.reply(PORT - 1, token(SLOT))).toBe("no-token");
    expect(tokens.reply(PORT, token(SLOT))).toHaveLength(32);
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
    const told: string[] = [];
    const tell = (address: string, why: string) => told.push(`${address} ${why}`);
    const far = await startStaticResponder(whole, { world: clocked, sockets, tell });
    return Object.assign(far, { told, [Symbol.dispose]: () => far.close() });
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

  it.each(["udp", "tcp"] as const)(
    "tells its operator of whoever got nothing over %s, once a minute, of each address and reason, and of no more than a few",
    async (transport) => {
      using far = await serve();
      const ask = (bytes: Uint8Array, source = AT) =>
        transport === "udp" ? datagrams(PORT, [bytes, bytes], source) : stream(PORT, bytes, source);
      const good = token(SLOT, 0, KEY, transport);
      await ask(good);
      expect(far.told).toEqual([]);
      const strangers = [OTHER, AT.replace(/\.1$/, ".3")];
      for (const source of [...strangers, ...strangers]) await ask(good, source);
      for (let each = 0; each < 2; each++) await ask(Buffer.from("a password of 32 bytes, or more.."));
      for (let each = 0; each < REPLIES_A_SLOT; each++) await ask(good);
      const once = [
        ...strangers.map((address) => `${address} not in --allow`),
        `${AT} sent no token that is good now: another key, or clocks more than a minute apart`,
        `${AT} repeated a token more often than it is answered`,
      ];
      await expect.poll(() => far.told).toEqual(once);
      clocked.nowMs += SLOT_MS;
      await ask(good, OTHER);
      await expect.poll(() => far.told).toEqual([...once, `${OTHER} not in --allow`]);
      const many = Array.from({ length: TOLD_LINES + 5 }, (_, each) => AT.replace(/\.1$/, `.${4 + each}`));
      await Promise.all(many.map((address) => ask(good, address)));
      await expect.poll(() => far.told).toHaveLength(once.length + TOLD_LINES);
    },
  );

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
