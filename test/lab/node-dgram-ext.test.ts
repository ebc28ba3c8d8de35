/** Who rejected it: node-dgram-ext behind a router that rejects in every way, against what the router's rules say. */
import { describe, expect } from "vitest";
import { DC, MISSING_HOST, NO_ROUTE } from "./addresses.ts";
import { runOk } from "./command.ts";
import type { PortSeen, Range } from "./dgram-bulk-client.ts";
import type { Answer, Question } from "./dgram-client.ts";
import { loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { inside, type Lane, routerAddresses } from "./namespaces.ts";

/** Runs a script of the lab in the agent's namespace, with a question as JSON, and reads its answer. */
async function runClient<T>({ agent }: Lane, script: string, question: unknown, ...more: string[]): Promise<T> {
  const client = [process.execPath, "--import", "tsx", `test/lab/${script}`, JSON.stringify(question), ...more];
  return JSON.parse(await runOk(inside(agent, client)));
}

const ask = (lane: Lane, questions: readonly Question[], ...patience: string[]): Promise<readonly Answer[]> =>
  runClient(lane, "dgram-client.ts", questions, ...patience);

const sweep = (lane: Lane, range: Range): Promise<readonly PortSeen[]> =>
  runClient(lane, "dgram-bulk-client.ts", range);

/** A rejection, in the words of ICMP (below) and of nftables. */
const REJECTIONS = [
  ["admin-prohibited", "admin-prohibited"],
  ["port-unreachable", "port-unreachable"],
  ["net-unreachable", "no-route"],
] as const;

/** A rule for what goes to ports over TCP and UDP. */
const rule = (match: string, verdict: string): string => `add rule inet lab forward ${match} ${verdict}`;
const toPorts = (ports: string, verdict: string): string =>
  rule(`meta l4proto { tcp, udp } th dport ${ports}`, verdict);

/** Type and code by RFC 792, RFC 1812 section 5.2.7.1 and RFC 4443, and the word that Linux has for them. */
const ICMP = {
  v4: {
    "admin-prohibited": { type: 3, code: 13, word: "EHOSTUNREACH" },
    "port-unreachable": { type: 3, code: 3, word: "ECONNREFUSED" },
    "net-unreachable": { type: 3, code: 0, word: "ENETUNREACH" },
    "host-unreachable": { type: 3, code: 1, word: "EHOSTUNREACH" },
    "hop limit": { type: 11, code: 0, word: "EHOSTUNREACH" },
  },
  v6: {
    "admin-prohibited": { type: 1, code: 1, word: "EACCES" },
    "port-unreachable": { type: 1, code: 4, word: "ECONNREFUSED" },
    "net-unreachable": { type: 1, code: 0, word: "ENETUNREACH" },
    "host-unreachable": { type: 1, code: 3, word: "EHOSTUNREACH" },
    "hop limit": { type: 3, code: 0, word: "EHOSTUNREACH" },
  },
} as const;

describe.each(["v4", "v6"] as const)("IP%s", (family) => {
  const address = DC[family];
  const answer = (kind: keyof (typeof ICMP)["v4"], from: string): Answer => {
    const { type, code, word } = ICMP[family][kind];
    return { code: word, icmp: { type, code, from } };
  };

  test.for(REJECTIONS)("the router rejects: %s", async ([fault, type], { lane }) => {
    await loadFirewall(lane, [toPorts("7000", `reject with icmpx type ${type}`)]);
    const answers = await ask(lane, [
      { how: "tcp", address, port: 7000 },
      { how: "udp", address, port: 7000 },
    ]);
    const expected = answer(fault, routerAddresses(lane)[family]);
    expect(answers).toEqual([expected, expected]);
  });

  test("the host itself closes, a reset is forged, and what is dropped stays silent", async ({ lane }) => {
    await loadFirewall(lane, [rule("tcp dport 7000", "reject with tcp reset"), toPorts("7001", "drop")]);
    const ports = [7000, 7001, 7002] as const;
    const answers = await ask(lane, [
      ...ports.map((port) => ({ how: "tcp", address, port }) as const),
      ...ports.map((port) => ({ how: "udp", address, port }) as const),
    ]);
    const closed = answer("port-unreachable", address);
    const reset = { code: "ECONNREFUSED" };
    expect(answers).toEqual([reset, { code: "ABORT_ERR" }, reset, closed, { code: "silent" }, closed]);
  });

  // No more than fit into the 50 ICMP errors that a Linux host sends in one go, whomever they are for.
  test("many questions at once are not mixed up", async ({ lane }) => {
    await loadFirewall(lane, [toPorts("7000-7009", "reject with icmpx type admin-prohibited")]);
    const ports = Array.from({ length: 20 }, (_, index) => 7000 + index);
    const answers = await ask(
      lane,
      ports.flatMap((port) => [{ how: "tcp", address, port } as const, { how: "udp", address, port } as const]),
    );
    const rejected = answer("admin-prohibited", routerAddresses(lane)[family]);
    const passed = [{ code: "ECONNREFUSED" }, answer("port-unreachable", address)];
    expect(answers).toEqual(ports.flatMap((port) => (port < 7010 ? [rejected, rejected] : passed)));
  });

  test("a hop limit of one ends at the router", async ({ lane }) => {
    const answers = await ask(lane, [
      { how: "tcp", address, port: 7000, ttl: 1 },
      { how: "udp", address, port: 7000, ttl: 1 },
    ]);
    const expired = answer("hop limit", routerAddresses(lane)[family]);
    expect(answers).toEqual([expired, expired]);
  });

  test("the traffic class is on the packets", async ({ lane }) => {
    const marked = `${family === "v4" ? "ip" : "ip6"} dscp af41`;
    await loadFirewall(lane, [rule(marked, "reject with icmpx type admin-prohibited")]);
    const answers = await ask(lane, [
      { how: "tcp", address, port: 7000, tos: 0x88 },
      { how: "udp", address, port: 7000, tos: 0x88 },
      { how: "tcp", address, port: 7000, tos: 0xb8 },
    ]);
    const rejected = answer("admin-prohibited", routerAddresses(lane)[family]);
    expect(answers).toEqual([rejected, rejected, { code: "ECONNREFUSED" }]);
  });

  test("nobody at the address, and no route to it", async ({ lane }) => {
    const answers = await ask(
      lane,
      [MISSING_HOST[family], NO_ROUTE[family]].flatMap((nobody) => [
        { how: "tcp", address: nobody, port: 7000 } as const,
        { how: "udp", address: nobody, port: 7000 } as const,
      ]),
      "patient",
    );
    const missing = answer("host-unreachable", routerAddresses(lane)[family]);
    const noRoute = { code: "ENETUNREACH" };
    expect(answers).toEqual([missing, missing, noRoute, noRoute]);
  });

  test("a connection that was handed over takes an ICMP error as Node's own does", async ({ lane }) => {
    // The handshake passes; what carries data is rejected.
    const withData = "tcp dport 389 tcp flags & psh == psh";
    await loadFirewall(lane, [rule(withData, "reject with icmpx type admin-prohibited")]);
    const [held] = await ask(lane, [{ how: "held", address, port: 389 }]);
    expect(held?.code).toBe("connected");
    expect(held?.busyMs).toBeLessThan(250);
  });

  describe("64 ports: 16 dropped, 16 rejected, 16 reset, 16 left to the host", () => {
    const FIRST = 7000;
    const COUNT = 64;
    const RULES = [
      toPorts("7000-7015", "drop"),
      toPorts("7016-7031", "reject with icmpx type admin-prohibited"),
      rule("tcp dport 7032-7047", "reject with tcp reset"),
    ];
    /** What each quarter brought, when all its ports brought the same. */
    const quarters = (seen: readonly PortSeen[]): readonly unknown[] =>
      [0, 16, 32, 48].map((start) => {
        const kinds = new Set(seen.slice(start, start + 16).map((port) => JSON.stringify(port)));
        return [...kinds].map((kind) => JSON.parse(kind));
      });
    const rejectedIn = (lane: Lane): Answer => answer("admin-prohibited", routerAddresses(lane)[family]);

    test("by a pool of TCP sockets", async ({ lane }) => {
      await loadFirewall(lane, RULES);
      const seen = await sweep(lane, { how: "tcpPool", address, first: FIRST, count: COUNT });
      const refused = { code: "ECONNREFUSED" };
      expect(quarters(seen)).toEqual([[{ code: "silent" }], [rejectedIn(lane)], [refused], [refused]]);
    });

    test("by raw SYNs, and the router's resets have more hops left", async ({ lane }) => {
      await loadFirewall(lane, RULES);
      const seen = await sweep(lane, { how: "synBatch", address, first: FIRST, count: COUNT });
      const reset = (hopLimit: number): PortSeen => ({ code: "reset", hopLimit });
      expect(quarters(seen)).toEqual([[{ code: "silent" }], [rejectedIn(lane)], [reset(64)], [reset(63)]]);
    });

    test("by a batch of datagrams", async ({ lane }) => {
      await loadFirewall(lane, RULES);
      const seen = await sweep(lane, { how: "udpBatch", address, first: FIRST, count: COUNT });
      const closed = answer("port-unreachable", address);
      expect(quarters(seen)).toEqual([[{ code: "silent" }], [rejectedIn(lane)], [closed], [closed]]);
    });
  });
});

test("a link-local address carries its zone, both ways", async ({ lane }) => {
  const shown = await runOk(["ip", "-n", lane.router, "-6", "-j", "addr", "show", "dev", "agent", "scope", "link"]);
  const address = `${/"local":"(fe80::[^"]+)"/.exec(shown)?.[1]}%eth0`;
  const answers = await ask(lane, [
    { how: "tcp", address, port: 7000 },
    { how: "udp", address, port: 7000 },
  ]);
  const icmp = { type: 1, code: 4, from: address };
  expect(answers).toEqual([{ code: "ECONNREFUSED" }, { code: "ECONNREFUSED", icmp }]);
});
