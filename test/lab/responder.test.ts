/**
 * The responder behind a router that loses packets one way: port by port against the router's rules, no cell may be
 * wrong. The prober is the library's; the engine does not know it yet.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import type { Fate } from "../../src/model/far-end.ts";
import { DC, SWEPT } from "./addresses.ts";
import { type Daemon, endDaemon, runOk, startDaemon, untilReady } from "./command.ts";
import { ALL_PASSES, type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { inside, type Lane, listeners } from "./namespaces.ts";
import { drawTruth, portsOfKind } from "./port-truth.ts";
import type { ResponderQuestion, ResponderSeen } from "./responder-client.ts";

const RTP = { first: 22_800, last: 32_767 };
const REVERSE = { first: 12_000, last: 12_499 };
const SEEDS = 10;
const daemons: Daemon[] = [];
let folder: string;
let keyFile: string;

interface FarEnd {
  readonly address: string;
  readonly port: number;
}
const AT_V4: FarEnd = { address: SWEPT.v4, port: 7_654 };
const AT_V6: FarEnd = { address: SWEPT.v6, port: 7_654 };
const REVERSING: FarEnd = { address: SWEPT.v4, port: 7_655 };
const GUARDED: FarEnd = { address: SWEPT.v4, port: 7_656 };
const AT_SAMBA: FarEnd = { address: DC.v4, port: 7_654 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-responder-"));
  keyFile = join(folder, "key");
  await writeFile(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
  const { swept, dc } = inject("lab");
  await Promise.all([
    start(swept, AT_V4, `udp/${RTP.first}-${RTP.last}`),
    start(swept, AT_V6, `udp/${RTP.first}-${RTP.last}`),
    start(swept, REVERSING, `udp/${REVERSE.first}-${REVERSE.last},tcp/${REVERSE.first}-${REVERSE.first + 19}`),
    start(swept, GUARDED, "udp/12600-12601"),
    start(dc, AT_SAMBA, "udp/389,390"),
  ]);
});

afterAll(async () => {
  for (const daemon of daemons) await endDaemon(daemon);
  await rm(folder, { recursive: true });
});

async function start(namespace: string, { address, port }: FarEnd, ports: string): Promise<void> {
  const at = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  const words = ["bin/unity-probe.js", "respond", "--ports", ports, "--listen", at, "--key-file", keyFile];
  const argv = inside(namespace, [process.execPath, ...words]);
  const daemon = startDaemon(`responder ${at}`, argv, join(folder, `${daemons.length}.out`));
  daemons.push(daemon);
  await untilReady(daemon, async () => (await listeners(namespace)).has(`tcp/${at}`), 20_000);
}

async function ask(
  { agent }: Lane,
  far: FarEnd,
  what: Pick<ResponderQuestion, "transport" | "first" | "last" | "direction">,
): Promise<ResponderSeen & { readonly of: ReadonlyMap<number, Fate> }> {
  const question: ResponderQuestion = { ...far, keyFile, ...what };
  const client = [process.execPath, "--import", "tsx", "test/lab/responder-client.ts", JSON.stringify(question)];
  const seen: ResponderSeen = JSON.parse(await runOk(inside(agent, client), { timeoutMs: 60_000 }));
  return { ...seen, of: new Map(seen.fates) };
}

/** A tenth of the range, drawn by the seed. */
function lostTenth(seed: number): readonly number[] {
  return portsOfKind(
    drawTruth({ ...RTP, counts: { dropped: 997, open: 0, reset: 0, prohibited: 0 } }, seed),
    "dropped",
  );
}

/** The router drops requests to these ports, or replies from them. */
function dropping(ports: readonly number[], way: "request-lost" | "reply-lost"): Firewall {
  const match = way === "request-lost" ? 'iifname "agent" udp dport' : 'iifname "dc" udp sport';
  return [
    `add set inet lab lost { type inet_service; elements = { ${ports.join(", ")} }; }`,
    `add rule inet lab forward ${match} @lost drop`,
  ];
}

const wrongCells = (of: ReadonlyMap<number, Fate>, truth: (port: number) => Fate) =>
  [...of].filter(([port, fate]) => fate !== truth(port));

describe.each([
  ["IPv4", AT_V4],
  ["IPv6", AT_V6],
] as const)("9,968 RTP ports over %s", (_, far) => {
  test("a random tenth lost one way: exactly those ports, and which way", async ({ lane }) => {
    const walls: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const way = seed % 2 === 0 ? "request-lost" : "reply-lost";
      const lost = new Set(lostTenth(seed));
      await loadFirewall(lane, dropping([...lost], way));
      const { of, wallMs } = await ask(lane, far, { ...RTP, transport: "udp", direction: "out" });
      walls.push(Math.round(wallMs));
      expect([seed, of.size, wrongCells(of, (port) => (lost.has(port) ? way : "open"))]).toEqual([seed, 9_968, []]);
    }
    process.stderr.write(`9,968 ports at ${far.address}, ms by seed: ${walls.join(" ")}\n`);
  }, 180_000);
});

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

  test("where Samba runs, 389/udp is in use, and its neighbour is proven", async ({ lane }) => {
    const { fates } = await ask(lane, AT_SAMBA, { first: 389, last: 390, transport: "udp", direction: "out" });
    expect(new Map(fates)).toEqual(
      new Map([
        [389, "in-use"],
        [390, "open"],
      ]),
    );
  });
});
