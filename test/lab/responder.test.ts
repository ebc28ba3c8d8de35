/** Both directions of the responder by itself; far-end.test.ts asks it as a user does. */
import { beforeAll, describe, expect, inject } from "vitest";
import type { Fate } from "../../src/model/far-end.ts";
import { SWEPT } from "./addresses.ts";
import { runOk, startDaemon, untilReady } from "./command.ts";
import { farEndsOf } from "./far-ends.ts";
import { ALL_PASSES, type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { inside, type Lane, listeners } from "./namespaces.ts";
import type { ResponderQuestion, ResponderSeen } from "./responder-client.ts";

const REVERSE = { first: 12_000, last: 12_499 };
const ends = farEndsOf("responder");

interface FarEnd {
  readonly address: string;
  readonly port: number;
}
const REVERSING: FarEnd = { address: SWEPT.v4, port: 7_655 };
const GUARDED: FarEnd = { address: SWEPT.v4, port: 7_656 };

beforeAll(async () => {
  const { swept } = inject("lab");
  await Promise.all([
    start(swept, REVERSING, `udp/${REVERSE.first}-${REVERSE.last},tcp/${REVERSE.first}-${REVERSE.first + 19}`),
    start(swept, GUARDED, "udp/12600-12601"),
  ]);
});

async function start(namespace: string, { address, port }: FarEnd, ports: string): Promise<void> {
  const at = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const words = ["bin/unity-probe.js", "respond", "--ports", ports, "--listen", at, "--key-file", ends.keyFile];
  const argv = inside(namespace, [process.execPath, ...words]);
  const daemon = startDaemon(`responder ${at}`, argv, ends.file(`${ends.daemons.length}.out`));
  ends.daemons.push(daemon);
  await untilReady(daemon, async () => (await listeners(namespace)).has(`tcp/${at}`), 60_000);
}

async function ask(
  { agent }: Lane,
  far: FarEnd,
  what: Pick<ResponderQuestion, "transport" | "first" | "last" | "direction">,
): Promise<ResponderSeen & { readonly of: ReadonlyMap<number, Fate> }> {
  const question: ResponderQuestion = { ...far, keyFile: ends.keyFile, ...what };
  const client = [process.execPath, "--import", "tsx", "test/lab/responder-client.ts", JSON.stringify(question)];
  const seen: ResponderSeen = JSON.parse(await runOk(inside(agent, client), { timeoutMs: 60_000 }));
  return { ...seen, of: new Map(seen.fates) };
}

const wrongCells = (of: ReadonlyMap<number, Fate>, truth: (port: number) => Fate) =>
  [...of].filter(([port, fate]) => fate !== truth(port));

describe("both directions", () => {
  /** What the agent began may come back; nothing else reaches it. */
  const STATEFUL: Firewall = [
    "add rule inet lab forward ct state established,related accept",
    'add rule inet lab forward iifname "agent" accept',
    "add rule inet lab forward drop",
  ];

  test("all reverse cells are lost behind a stateful router, right after a green forward run", async ({ lane }) => {
    const wishes = [
      { ...REVERSE, transport: "udp" },
      { first: REVERSE.first, last: REVERSE.first + 19, transport: "tcp" },
    ] as const;
    for (const wish of wishes) {
      await loadFirewall(lane, ALL_PASSES);
      const before = await ask(lane, REVERSING, { ...wish, direction: "in" });
      expect(wrongCells(before.of, () => "open")).toEqual([]);
      await loadFirewall(lane, STATEFUL);
      const forward = await ask(lane, REVERSING, { ...wish, direction: "out" });
      expect(wrongCells(forward.of, () => "open")).toEqual([]);
      const reverse = await ask(lane, REVERSING, { ...wish, direction: "in" });
      expect(wrongCells(reverse.of, () => "request-lost")).toEqual([]);
      expect(reverse.of.size).toBe(wish.last - wish.first + 1);
      expect(reverse.seenAs).toBe(`10.77.${100 + lane.number}.2`);
    }
  });

  test("what the asking side's own firewall holds back is not the network's", async ({ lane }) => {
    const wish = { first: 12_600, last: 12_601, transport: "udp" } as const;
    const heldBack = async (namespace: string, direction: "in" | "out") => {
      const chain = "chain output { type filter hook output priority 0; udp dport 12600 drop; }";
      await runOk(inside(namespace, ["nft", "-f", "-"]), { input: `table inet own { ${chain}; }\n` });
      try {
        return new Map((await ask(lane, GUARDED, { ...wish, direction })).fates);
      } finally {
        await runOk(inside(namespace, ["nft", "delete", "table", "inet", "own"]));
      }
    };
    const expected = new Map([
      [12_600, "not-sent"],
      [12_601, "open"],
    ]);
    expect(await heldBack(inject("lab").swept, "in")).toEqual(expected);
    expect(await heldBack(lane.agent, "out")).toEqual(expected);
  });
});
