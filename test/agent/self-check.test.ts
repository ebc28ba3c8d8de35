import { describe, expect, it } from "vitest";
import type { SelfCheckConfig } from "../../src/agent/config.ts";
import { gatewayTo, neighbourIn, parseRoutes } from "../../src/agent/gateways.ts";
import { SelfCheck, type SelfCheckParts } from "../../src/agent/self-check.ts";
import type { Observation } from "../../src/model/observation.ts";
import type { Endpoint } from "../../src/model/ports.ts";
import type { ResultEntry } from "../../src/report/document.ts";
import { HeldClock } from "../engine/held-clock.ts";
import { closedPort, peer, net as realNet } from "../net/loopback.ts";
import { entry } from "./sample-record.ts";

// As Linux 6.1 printed it in a network namespace with two links.
const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0164140A	0003	0	0	100	00000000	0	0	0
eth1	00000000	0165140A	0003	0	0	200	00000000	0	0	0
eth0	0064140A	00000000	0001	0	0	100	00FFFFFF	0	0	0
eth1	0000A8C0	FE65140A	0003	0	0	0	0000FFFF	0	0	0
*	00000A0A	00000000	0201	0	0	0	0000FFFF	0	0	0
`;
const ARP = `IP address       HW type     Flags       HW address            Mask     Device
10.20.100.1      0x1         0x2         0a:58:0a:14:64:01     *        eth0
10.20.101.1      0x1         0x0         00:00:00:00:00:00     *        eth1
`;

describe("/proc/net", () => {
  it("tells the gateway on the way to an address", () => {
    const routes = parseRoutes(ROUTES, true);
    expect(gatewayTo("10.99.0.1", routes)).toBe("10.20.100.1");
    expect(gatewayTo("192.168.7.7", routes)).toBe("10.20.101.254");
    expect(gatewayTo("10.20.100.7", routes)).toBeUndefined();
    expect(gatewayTo("2001:db8::1", routes)).toBeUndefined();
  });

  it("is read in the order of the machine's own bytes", () => {
    const big = ROUTES.replaceAll("0164140A", "0A146401");
    expect(gatewayTo("10.99.0.1", parseRoutes(big, false))).toBe("10.20.100.1");
  });

  it("tells of a neighbour", () => {
    expect(neighbourIn(ARP, "10.20.100.1")).toBe("known");
    expect(neighbourIn(ARP, "10.20.101.1")).toBe("unanswered");
    expect(neighbourIn(ARP, "10.20.100.2")).toBeUndefined();
  });

  it.each(["", "garbage\nmore garbage\n", "Iface\n\u0000\n"])("is nothing where it says %j", (text) => {
    expect(parseRoutes(text, true)).toEqual([]);
    expect(neighbourIn(text, "10.20.100.1")).toBeUndefined();
  });
});

type Seen = Partial<Observation>;

/** A network on paper: what is seen of the anchor and of the gateway. */
function paper({
  tcp = {},
  udp = {},
  routes = ROUTES,
  arp = "",
  way = {},
  linked = ["10.20.100.7"],
}: {
  readonly tcp?: Seen;
  readonly udp?: Seen;
  readonly routes?: string;
  readonly arp?: string;
  readonly way?: { readonly source?: string; readonly code?: string };
  readonly linked?: readonly string[];
}) {
  const clock = new HeldClock();
  const asked: string[] = [];
  const seen = (remote: Endpoint, more: Seen): Observation => {
    const local: Endpoint = { ...remote, address: "10.20.100.7", port: 5 };
    return { remote, local, phase: "exchange", startedMs: 0, sentMs: [], endedMs: 0, errorQueue: true, ...more };
  };
  const ended = new Promise<void>((resolve) => {
    if (udp.code !== undefined) resolve();
  });
  const parts: SelfCheckParts = {
    world: clock.world,
    procNet: async (name) => ({ route: routes, arp })[name],
    linkedAddresses: () => new Set(linked),
    net: {
      route: async () => ("code" in way || "source" in way ? way : { source: "10.20.100.7" }),
      tcp: async (to, _, signal) => {
        asked.push(`tcp/${to.address}:${to.port}`);
        if (tcp.connectedMs === undefined && tcp.code === undefined) {
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        }
        return { seen: () => seen(to, tcp), close: () => {}, noteHandshake: () => {} };
      },
      udp: async (to) => {
        return { seen: () => seen(to, udp), send: () => asked.push(`udp/${to.address}`), ended, close: () => {} };
      },
    },
  };
  const selfCheck = new SelfCheck(parts);
  const forever = new AbortController().signal;
  const check = (
    config: SelfCheckConfig,
    addresses: readonly string[] = ["10.99.0.1", "10.99.0.2"],
    results: readonly ResultEntry[] = [entry("fail")],
  ) => clock.passes(selfCheck.cutOff(config, { results }, () => addresses, forever));
  return { clock, check, asked };
}

const anchor: Endpoint = { transport: "tcp", address: "10.0.0.53", port: 53 };

describe("our own side is asked after", () => {
  const silent = entry("fail");
  it.each<[string, readonly ResultEntry[], boolean]>([
    ["silence everywhere", [silent, silent], true],
    ["an ICMP error of a router", [silent, entry("fail", { reason: "net-unreach" })], true],
    ["names without addresses", [entry("error", { state: "unknown", reason: "name-not-found" })], true],
    ["one accept", [silent, entry("pass")], false],
    ["one reset", [silent, entry("fail", { state: "closed" })], false],
    ["an accept of a row that nobody requires", [silent, entry("pass", { required: false })], false],
    ["rows that were not asked", [silent, entry("skipped")], true],
    ["only rows that were not asked", [entry("skipped")], false],
    ["only rows that nobody requires", [entry("inconclusive", { required: false, state: "open|filtered" })], false],
    ["nothing at all", [], false],
  ])("%s", async (_, results, expected) => {
    const { check, asked } = paper({});
    expect((await check({ gateway: false, anchor }, [], results)) !== undefined).toBe(expected);
    expect(asked.length > 0).toBe(expected);
  });

  it("a range without an answer", async () => {
    const counts = { total: 9, tested: 9, open: 0, closed: 0, filtered: 9, openFiltered: 0, unknown: 0, ports: {} };
    const answering = entry("fail", { state: "mixed", range: { ...counts, closed: 1 } });
    const { check } = paper({});
    expect(await check({ gateway: false, anchor }, [], [entry("fail", { range: counts })])).toBeDefined();
    expect(await check({ gateway: false, anchor }, [], [answering])).toBeUndefined();
  });
});

describe("our own side", () => {
  it("is cut off where the anchor is silent, tried twice", async () => {
    const { check, asked, clock } = paper({});
    expect(await check({ gateway: false, anchor })).toBe("the anchor tcp/10.0.0.53:53 does not answer");
    expect(asked).toEqual(["tcp/10.0.0.53:53", "tcp/10.0.0.53:53"]);
    expect(clock.nowMs).toBe(6_000);
  });

  it.each<[string, Seen, boolean]>([
    ["accepts", { connectedMs: 1 }, false],
    ["refuses", { code: "ECONNREFUSED" }, false],
    ["is behind a firewall that rejects", { code: "ECONNREFUSED", icmp: { type: 3, code: 3, from: "10.0.0.1" } }, true],
    ["is behind a router that has lost its line", { code: "ENETUNREACH" }, true],
  ])("is judged by an anchor that %s", async (_, tcp, cut) => {
    const { check } = paper({ tcp });
    expect((await check({ gateway: false, anchor })) !== undefined).toBe(cut);
  });

  it("is not cut off where the anchor answers, whatever the gateway does", async () => {
    const { check, clock } = paper({ tcp: { connectedMs: 1 }, udp: { code: "EHOSTUNREACH" } });
    expect(await check({ gateway: true, anchor })).toBeUndefined();
    expect(clock.nowMs).toBeLessThan(1_000);
  });

  const US = { type: 3, code: 1, from: "10.20.100.7" };
  it.each<[string, Parameters<typeof paper>[0], string | undefined]>([
    ["answers no ARP", { udp: { code: "EHOSTUNREACH", icmp: US } }, "the gateway 10.20.100.1 is not there"],
    [
      "is unresolved",
      { arp: "h\n10.20.100.1 0x1 0x0 00:00:00:00:00:00 * eth0\n" },
      "the gateway 10.20.100.1 is not there",
    ],
    ["refuses the datagram", { udp: { code: "ECONNREFUSED" } }, undefined],
    ["is silent, and its link address is known", { arp: ARP }, undefined],
    ["is silent, and nothing is known of it", {}, undefined],
    ["is not to be found out", { routes: "" }, undefined],
    [
      "would not be used, for there is no route",
      { way: { code: "ENETUNREACH" } },
      "this machine has no route to any host (ENETUNREACH)",
    ],
    ["lies behind a cable that is pulled", { linked: ["127.0.0.1"] }, "the link of 10.20.100.7 is down"],
    ["is asked over IPv6, whose links are not looked at", { way: { source: "2001:db8::7" }, linked: [] }, undefined],
  ])("is judged by a gateway that %s", async (_, network, expected) => {
    const { check } = paper(network);
    expect(await check({ gateway: true })).toBe(expected);
  });

  it("says both where the anchor is silent and the gateway gone", async () => {
    const { check } = paper({ udp: { code: "EHOSTUNREACH", icmp: US } });
    expect(await check({ gateway: true, anchor })).toBe(
      "the anchor tcp/10.0.0.53:53 does not answer, and the gateway 10.20.100.1 is not there",
    );
  });

  it("is not known where every host is on the link, and nothing is sent", async () => {
    const { check, asked } = paper({});
    expect(await check({ gateway: true }, ["10.20.100.8"])).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("is not asked where the configuration says so", async () => {
    const { check, asked } = paper({ udp: { code: "EHOSTUNREACH" } });
    expect(await check({ gateway: false })).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("takes a silent gateway longer to judge where somebody answered a moment ago, for Linux trusts it still", async () => {
    const { check, asked, clock } = paper({ arp: ARP });
    await check({ gateway: true });
    expect(clock.nowMs).toBe(10_500);
    expect(asked).toEqual(Array(4).fill("udp/10.20.100.1"));
    await check({ gateway: true }, [], [entry("pass")]);
    await clock.passes(clock.sleep(20_000));
    const beganMs = clock.nowMs;
    await check({ gateway: true });
    expect(clock.nowMs - beganMs).toBe(25_000 + 10_500);
  });

  it("asks a real anchor", async () => {
    const world = { sleep: () => new Promise<void>(() => {}), monotonicMs: () => 0 };
    const parts: SelfCheckParts = {
      net: realNet,
      world,
      procNet: async () => undefined,
      linkedAddresses: () => new Set(),
    };
    await using listening = await peer(() => {});
    const closed = await closedPort();
    for (const real of [listening.local, closed]) {
      const selfCheck = new SelfCheck(parts);
      const config = { gateway: true, anchor: real };
      const { signal } = new AbortController();
      expect(await selfCheck.cutOff(config, { results: [entry("fail")] }, () => [], signal)).toBeUndefined();
    }
  });
});
