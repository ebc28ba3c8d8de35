import { describe, expect, it } from "vitest";
import type { Lead } from "../../src/model/prober.ts";
import { answers, drops, refuses, silent } from "./scripted-net.ts";
import { check, dialogue, saying, stage, TARGET } from "./stage.ts";

const lead = (port: number, service = `service ${port}`): Lead => ({
  transport: "tcp",
  port,
  prober: "talker",
  params: { port },
  service,
  why: "announced by the mapper",
});

const talker = dialogue("talker");
const mapper = (...leads: readonly Lead[]) => saying("mapper", { leads });
const ports = (leads: readonly { readonly check: { readonly portsText: string } }[]) =>
  leads.map(({ check: { portsText } }) => Number(portsText));

describe("the endpoints that a reply announces", () => {
  it("are asked at the address that was asked, as checks that nobody requires", async () => {
    const parent = check("mapper", 135, {
      tls: { serverName: "dc01", strict: true },
      sourcePort: 135,
      silence: "fail",
      source: "192.0.2.200",
    });
    const { results, net } = await stage([parent], { probers: [mapper(lead(49_152, "Message Queuing")), talker] });
    expect(net.opened.map(({ to }) => to)).toEqual([
      { transport: "tcp", address: TARGET, port: 135 },
      { transport: "tcp", address: TARGET, port: 49_152 },
    ]);
    expect(results[1]).toMatchObject({ outcome: "pass", required: false });
    expect(results[1]?.check).toEqual({
      id: "mapper/tcp/135/tcp/49152/message-queuing",
      row: { profile: "p", service: "Message Queuing", required: false, note: "announced by the mapper" },
      host: TARGET,
      address: TARGET,
      source: "192.0.2.200",
      transport: "tcp",
      ports: [{ first: 49_152, last: 49_152, step: 1 }],
      portsText: "49152",
      direction: "out",
      prober: "talker",
      params: { port: 49_152 },
      expect: "service",
      silence: "inconclusive",
      purpose: "lead",
      via: "mapper/tcp/135",
    });
  });

  it("are at most 64, and the row says how many there were", async () => {
    const announced = Array.from({ length: 70 }, (_, at) => lead(50_000 + at));
    const { results, told } = await stage([check("mapper", 135)], { probers: [mapper(...announced), talker] });
    expect(ports(results.slice(1))).toEqual(announced.slice(0, 64).map(({ port }) => port));
    expect(results[0]?.warnings).toContain("asked 64 of 70 announced endpoints");
    expect(told).toHaveLength(65);
  });

  it("announce nothing themselves: one step and no more", async () => {
    const chain = [saying("mapper", { leads: [{ ...lead(1), prober: "mapper" }] }), talker];
    const { results } = await stage([check("mapper", 135)], { probers: chain });
    expect(ports(results)).toEqual([135, 1]);
  });

  it("teach other checks nothing and move no exit code", async () => {
    const { results, exitCode } = await stage([check("mapper", 135)], {
      probers: [mapper(lead(1), lead(2)), talker],
      scene: { port: ({ port }) => (port === 1 ? refuses() : port === 2 ? drops : answers()) },
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(["pass", "fail", "fail"]);
    expect(exitCode).toBe(0);
  });

  it("are asked side by side, but of one port one at a time", async () => {
    const { net } = await stage([check("mapper", 135)], {
      probers: [mapper(lead(1, "a"), lead(1, "b"), lead(2), lead(3)), talker],
      scene: { port: () => answers(100) },
    });
    const starts = net.opened.map(({ to, atMs }) => [to.port, atMs]).sort();
    expect(starts).toEqual([
      [1, 100],
      [1, 200],
      [135, 0],
      [2, 100],
      [3, 100],
    ]);
  });

  it("come behind the row that announced them, in the order of its reply", async () => {
    const { results } = await stage([check("mapper", 135), check("talker", 9)], {
      probers: [mapper(lead(3), lead(1), lead(2)), talker],
      scene: { port: ({ port }) => answers(port) },
    });
    expect(ports(results)).toEqual([135, 3, 1, 2, 9]);
  });
});

describe("several services behind one port", () => {
  const three = [
    lead(1, "Exchange store"),
    lead(1, "Exchange store"),
    lead(1, "exchange  STORE"),
    lead(2, "Exchange store"),
  ];

  it("have ids of their own, also where they have one name", async () => {
    const { results } = await stage([check("mapper", 135)], { probers: [mapper(...three), talker] });
    expect(results.slice(1).map((result) => result.check.id)).toEqual([
      "mapper/tcp/135/tcp/1/exchange-store",
      "mapper/tcp/135/tcp/1/exchange-store-2",
      "mapper/tcp/135/tcp/1/exchange-store-3",
      "mapper/tcp/135/tcp/2/exchange-store",
    ]);
  });

  it.each([
    ["refuses", refuses(), "closed"],
    ["drops", drops, "filtered"],
  ])("are asked once together when the port %s", async (_, port, state) => {
    const { results, net } = await stage([check("mapper", 135)], {
      probers: [mapper(...three), talker],
      scene: { port: (to) => (to.port === 1 ? port : answers()) },
    });
    expect(net.opened.filter(({ to }) => to.port === 1)).toHaveLength(1);
    expect(results.slice(1).map(({ verdict }) => verdict?.state)).toEqual([state, state, state, "open"]);
  });

  it("are asked each for itself when the first could not be asked", async () => {
    const first = { ...lead(1, "first"), prober: "nobody" };
    const { results } = await stage([check("mapper", 135)], { probers: [mapper(first, lead(1, "second")), talker] });
    expect(results.slice(1).map(({ outcome }) => outcome)).toEqual(["error", "pass"]);
  });
});

describe("no endpoint is asked", () => {
  it("when the service did not answer", async () => {
    const { results } = await stage([check("mapper", 135)], {
      probers: [mapper(lead(1)), talker],
      scene: { port: () => silent },
    });
    expect(results).toHaveLength(1);
  });

  it("once the run is stopped", async () => {
    const stop = new AbortController();
    const stopping = saying("mapper", { leads: [lead(1), lead(2)] });
    const { results, net, exitCode } = await stage([check("mapper", 135)], {
      probers: [
        {
          ...stopping,
          run: async (params, ask) => {
            const reading = await stopping.run(params, ask);
            queueMicrotask(() => queueMicrotask(() => stop.abort()));
            return reading;
          },
        },
        talker,
      ],
      signal: stop.signal,
    });
    expect(net.opened.map(({ to }) => to.port)).toEqual([135]);
    expect(results.every(({ verdict, check: { purpose } }) => purpose === "row" || verdict === undefined)).toBe(true);
    expect(exitCode).toBe(130);
  });
});
