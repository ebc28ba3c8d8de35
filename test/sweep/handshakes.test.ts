/** Which port is called what, and when, by a line whose answers the test gives, under a held clock. */
import { describe, expect, it } from "vitest";
import type { SweepJob } from "../../src/model/observation.ts";
import { Descriptors } from "../../src/sweep/descriptors.ts";
import { Flows } from "../../src/sweep/flows.ts";
import { Handshakes, type Line, type Listener } from "../../src/sweep/handshakes.ts";
import { VerdictMemory } from "../../src/sweep/verdict-memory.ts";
import { Verdicts } from "../../src/sweep/verdicts.ts";
import { job, wordsOf } from "./sweeping.ts";

interface Stage {
  nowMs: number;
  readonly asked: { readonly port: number; readonly atMs: number }[];
  listener: Listener;
  /** Called for every SYN; may throw as a system without sockets. What it gives is read next. */
  onAsk: (port: number, times: number) => (() => void) | undefined;
  /** What reading brings; true: more may have come. */
  onDrain: () => boolean;
  /** Steps until it is over or a minute has passed, a millisecond at a time. */
  play(): readonly string[];
  readonly sent: () => number;
}

function stage(over: Partial<SweepJob> & { readonly ports: Uint16Array }, capacity = 1_000): Stage {
  const asked: SweepJob = { ...job("tcp", []), ratePerS: 1_000_000, replyTimeoutMs: 3_500, ...over };
  const memory = VerdictMemory.for(asked.ports.length);
  const verdicts = new Verdicts(asked, memory, "10.0.0.1", () => {});
  const times = new Map<number, number>();
  const arrived: (() => void)[] = [];
  const line: Line = {
    capacity,
    begin: (port) => {
      times.set(port, (times.get(port) ?? 0) + 1);
      here.asked.push({ port, atMs: here.nowMs });
      const answer = here.onAsk(port, times.get(port)!);
      if (answer !== undefined) arrived.push(answer);
      return true;
    },
    drain: () => {
      for (const answer of arrived.splice(0)) answer();
      return here.onDrain();
    },
    giveUp: () => {},
    close: () => {},
  };
  const here: Stage = {
    nowMs: 1_000,
    asked: [],
    listener: undefined as never,
    onAsk: () => undefined,
    onDrain: () => false,
    sent: () => memory.sent,
    play: () => {
      while (here.nowMs < 61_000 && handshakes.step() !== undefined) here.nowMs++;
      return wordsOf({ codes: memory.codes, offenderOf: memory.offenderOf, offenders: [], errorQueue: true, sent: 0 });
    },
  };
  const unused = undefined as never;
  const parts = { job: asked, engine: "connect", seed: 1, verdicts, bulk: unused, features: unused } as const;
  const handshakes = new Handshakes(
    { ...parts, flows: new Flows(), descriptors: new Descriptors(), monotonicMs: () => here.nowMs },
    (listener) => {
      here.listener = listener;
      return line;
    },
  );
  return here;
}

const ports = (count: number) => Uint16Array.from({ length: count }, (_, at) => 5_000 + at);

describe("Handshakes", () => {
  it("gives all the time there is while nobody has answered, each time", () => {
    const here = stage({ ports: ports(3) });
    expect(here.play()).toEqual(["no-response", "no-response", "no-response"]);
    expect(new Set(here.asked.map(({ atMs }) => atMs))).toEqual(new Set([1_000, 4_501]));
    // The kernel sends each SYN once more.
    expect(here.sent()).toBe(12);
  });

  it("waits no longer than 60 ms where others answer at once and nothing else is to be done", () => {
    const here = stage({ ports: ports(3) });
    here.onAsk = (port) => (port === 5_001 ? undefined : () => here.listener.answered(port, "conn-refused"));
    expect(here.play()).toEqual(["conn-refused", "no-response", "conn-refused"]);
    expect(here.asked.filter(({ port }) => port === 5_001).map(({ atMs }) => atMs)).toEqual([1_000, 1_061]);
  });

  it("waits longer where that does not slow the pace", () => {
    const here = stage({ ports: ports(3), ratePerS: 1_000 }, 2_000);
    here.onAsk = (port) => (port === 5_001 ? undefined : () => here.listener.answered(port, "conn-refused"));
    here.play();
    const [first = 0, second = 0] = here.asked.filter(({ port }) => port === 5_001).map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThanOrEqual(2_000);
  });

  it("looks at no deadline before everything that came was read", () => {
    const here = stage({ ports: ports(1), replyTimeoutMs: 50 });
    // The answer comes in time, and is read only much later: until then there is always more to read.
    here.onDrain = () => {
      if (here.nowMs < 1_500) return true;
      here.listener.answered(5_000, "syn-ack");
      return false;
    };
    expect(here.play()).toEqual(["syn-ack"]);
    expect(here.asked).toHaveLength(1);
  });

  it("counts an answer that comes after it was given up", () => {
    const here = stage({ ports: ports(2), replyTimeoutMs: 50 });
    here.onDrain = () => {
      if (here.nowMs === 1_070) here.listener.answered(5_000, "conn-refused");
      return false;
    };
    expect(here.play()).toEqual(["conn-refused", "no-response"]);
  });

  it("asks again what our own side did not let out, and says so when it never does", () => {
    const here = stage({ ports: ports(3), replyTimeoutMs: 100 });
    here.onAsk = (port, times) => {
      if (port === 5_000) throw Object.assign(new Error("no descriptor"), { code: "EMFILE" });
      if (port === 5_001 && times === 1) return () => here.listener.failed(port, "ENOBUFS", undefined);
      return () => here.listener.answered(port, "conn-refused");
    };
    expect(here.play()).toEqual(["no-resources", "conn-refused", "conn-refused"]);
    // The second round brought an answer, so that there was a third.
    expect(here.asked.filter(({ port }) => port === 5_000)).toHaveLength(3);
  });

  it.each([
    ["EPERM", undefined, "local-egress-blocked"],
    ["EADDRNOTAVAIL", undefined, "no-resources"],
    ["ENETDOWN", undefined, "no-route"],
    ["ENETUNREACH", undefined, "no-route"],
    ["EHOSTUNREACH", { type: 3, code: 13, from: "10.0.0.9" }, "admin-prohibited"],
    ["ECONNREFUSED", { type: 3, code: 3, from: "127.0.0.1" }, "port-unreach"],
    ["EHOSTUNREACH", { type: 3, code: 1, from: "10.0.0.1" }, "host-unreach"],
    ["EHOSTUNREACH", { type: 3, code: 13, from: "10.0.0.1" }, "local-egress-blocked"],
    ["ECONNREFUSED", undefined, "conn-refused"],
    ["ETIMEDOUT", undefined, "no-response"],
  ] as const)("%s behind %j is %s", (code, icmp, reason) => {
    const here = stage({ ports: ports(1), replyTimeoutMs: 50 });
    here.onAsk = (port) => () => here.listener.failed(port, code, icmp);
    expect(here.play()).toEqual([reason]);
  });

  it("never has more under way than the line has room for, nor more a second than it may", () => {
    const here = stage({ ports: ports(300), ratePerS: 100 }, 10);
    here.onAsk = (port) => () => here.listener.answered(port, "conn-refused");
    here.play();
    expect(here.nowMs).toBeGreaterThan(3_800);
    const silent = stage({ ports: ports(30), attempts: 1 }, 10);
    silent.play();
    const counts = [1_000, 4_501, 8_002].map((atMs) => silent.asked.filter((one) => one.atMs === atMs).length);
    expect(counts).toEqual([10, 10, 10]);
  });
});
