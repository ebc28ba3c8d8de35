import { describe, expect, it } from "vitest";
import type { Prober } from "../../src/model/prober.ts";
import { farEnd } from "../probers/far-end.ts";
import { answers, silent } from "./scripted-net.ts";
import { check, dialogue, oneshot, range, saying, stage, sweep } from "./stage.ts";

function mistake(): never {
  throw new TypeError("undefined is not a function");
}

const broken: readonly (readonly [string, Prober, "tcp" | "udp"])[] = [
  ["as it starts", oneshot("broken", { start: mistake }), "udp"],
  ["as it starts over TCP", oneshot("broken", { start: mistake }), "tcp"],
  ["as it writes", oneshot("broken", { start: () => ({ request: mistake, read: () => ({}) }) }), "udp"],
  ["as it writes over TCP", oneshot("broken", { start: () => ({ request: mistake, read: () => ({}) }) }), "tcp"],
  ["as it reads", oneshot("broken", { start: () => ({ request: () => Uint8Array.of(1), read: mistake }) }), "udp"],
  [
    "as it reads over TCP",
    oneshot("broken", { start: () => ({ request: () => Uint8Array.of(1), read: mistake }) }),
    "tcp",
  ],
  ["in a dialogue", dialogue("broken", { run: async () => mistake() }), "tcp"],
  ["in a dialogue, at once", dialogue("broken", { run: mistake }), "tcp"],
  [
    "as it looks for a frame",
    dialogue("broken", {
      async run(_params, ask) {
        const connection = await ask.connect();
        connection?.send(Uint8Array.of(1));
        await connection?.receive(mistake, 100);
        return undefined;
      },
    }),
    "tcp",
  ],
];

describe("a prober that throws", () => {
  it.each(broken)("%s, is an error of its row alone", async (_, prober, transport) => {
    const { of, exitCode, told, net } = await stage([check("broken", 1, { transport }), check("talker", 2)], {
      probers: [prober, dialogue("talker")],
    });
    expect(of(`broken/${transport}/1`)[0]).toMatchObject({
      outcome: "error",
      verdict: { state: "unknown", reason: "unclassified", service: "unchecked" },
      warnings: ["the prober failed: undefined is not a function"],
    });
    expect(of("talker/tcp/2")[0]?.outcome).toBe("pass");
    expect(exitCode).toBe(3);
    expect(told).toHaveLength(2);
    expect(net.opened.every(({ endedMs }) => endedMs !== undefined)).toBe(true);
  });

  it("over the real network, as it reads a datagram, ends nothing but its row", async () => {
    await using server = await farEnd("udp", async (talk) => void (await talk.send(await talk.next())));
    const reading = oneshot("broken", { start: () => ({ request: () => Uint8Array.of(1), read: mistake }) });
    const { address, port, transport } = server.local;
    const { results } = await stage([check("broken", port, { host: address, transport })], {
      probers: [reading],
      real: true,
    });
    expect(results[0]).toMatchObject({ outcome: "error", verdict: { reason: "unclassified" } });
  });
});

describe("a dialogue that never connects", () => {
  it("and says nothing is an error, for nothing was seen", async () => {
    const idle = dialogue("idle", { run: async () => undefined });
    const { results } = await stage([check("idle", 1), check("talker", 2)], { probers: [idle, dialogue("talker")] });
    expect(results.map(({ outcome }) => outcome)).toEqual(["error", "pass"]);
    expect(results[0]?.verdict).toMatchObject({ state: "unknown", reason: "unclassified" });
  });
});

describe("a lead that cannot be asked", () => {
  const lead = { transport: "tcp", port: 9, params: {}, service: "s", why: "w" } as const;

  it.each(["sweep", "nobody"])("because its prober is %s, is an error of its own", async (prober) => {
    const mapper = saying("mapper", { leads: [{ ...lead, prober }] });
    const { results, exitCode } = await stage([check("mapper", 135), check("talker", 2)], {
      probers: [mapper, dialogue("talker"), sweep],
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(["pass", "error", "pass"]);
    expect(exitCode).toBe(0);
  });
});

it("a sweeper that throws is an error of its range alone", async () => {
  const { results } = await stage([range(1, 9), check("talker", 2)], {
    probers: [sweep, dialogue("talker")],
    scene: { port: () => answers() },
    sweeper: { sweep: async () => mistake() },
  });
  expect(results.map(({ outcome }) => outcome).sort()).toEqual(["error", "pass"]);
});

it("what a network does is never a warning about a prober", async () => {
  const { results } = await stage([check("talker", 1)], {
    probers: [dialogue("talker")],
    scene: { port: () => silent },
  });
  expect(results[0]?.warnings).toEqual([]);
});
