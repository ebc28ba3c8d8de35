/** Streams that look like voice behind a router that loses, delays, overtakes and unmarks them one way. */
import { beforeAll, describe, expect, inject } from "vitest";
import type { StreamAsk, StreamSeen } from "../../src/model/media-stream.ts";
import { SWEPT } from "./addresses.ts";
import { askRows } from "./ask-profile.ts";
import { runOk, startDaemon, untilReady } from "./command.ts";
import { withDelay } from "./delay.ts";
import { farEndsOf } from "./far-ends.ts";
import { type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { inside, type Lane, listeners } from "./namespaces.ts";
import type { StreamQuestion } from "./stream-client.ts";

const CONTROL = 7_661;
const RTP = { first: 16_384, last: 16_483 };
const STREAM: Omit<StreamAsk, "port"> = { packets: 50, intervalMs: 20, bytes: 172, dscp: 46 };
/** A port for each case that runs now. */
const portOf = ({ number }: Lane): number => RTP.first + number;
/** Only the stream's own packets: as long as it says, to or from its port. */
const OUT = `iifname "agent" udp dport ${RTP.first}-${RTP.last} udp length ${STREAM.bytes + 8}`;
const BACK = `iifname "dc" udp sport ${RTP.first}-${RTP.last} udp length ${STREAM.bytes + 8}`;
const ends = farEndsOf("media");

beforeAll(async () => {
  await Promise.all([start(`${SWEPT.v4}:${CONTROL}`), start(`[${SWEPT.v6}]:${CONTROL}`)]);
});

async function start(at: string): Promise<void> {
  const { swept } = inject("lab");
  const ports = `udp/${RTP.first}-${RTP.last}`;
  const words = ["bin/unity-probe.js", "respond", "--ports", ports, "--listen", at, "--key-file", ends.keyFile];
  const argv = inside(swept, [process.execPath, ...words]);
  const daemon = startDaemon(`responder ${at}`, argv, ends.file(`${ends.daemons.length}.out`));
  ends.daemons.push(daemon);
  await untilReady(daemon, async () => (await listeners(swept)).has(`tcp/${at}`), 60_000);
}

async function streamTo(lane: Lane, address: string, over: Partial<StreamAsk> = {}): Promise<StreamSeen> {
  const question: StreamQuestion = {
    address,
    port: CONTROL,
    keyFile: ends.keyFile,
    stream: { ...STREAM, port: portOf(lane), ...over },
  };
  const client = [process.execPath, "--import", "tsx", "test/lab/stream-client.ts", JSON.stringify(question)];
  return JSON.parse(await runOk(inside(lane.agent, client), { timeoutMs: 60_000 }));
}

const way = (count: number) => ({ sent: count, received: count, duplicates: 0, reordered: 0 });
const marked = (dscp: number, packets: number) => ({ dscpSent: 46, dscpSeen: [{ dscp, packets }] });

describe.each([
  ["IPv4", SWEPT.v4, "ip"],
  ["IPv6", SWEPT.v6, "ip6"],
] as const)("a stream over %s", (_, address, family) => {
  test("through a router that does nothing loses nothing and keeps its mark", async ({ lane }) => {
    const seen = await streamTo(lane, address);
    expect(seen.out).toMatchObject({ ...way(50), ...marked(46, 50) });
    expect(seen.back).toMatchObject({ ...way(50), ...marked(46, 50) });
    process.stderr.write(`${address}: ${JSON.stringify(seen)}\n`);
  });

  test("that loses every tenth packet on the way out says 10 %, and no loss back", async ({ lane }) => {
    await loadFirewall(lane, [`add rule inet lab forward ${OUT} numgen inc mod 10 0 drop`]);
    const seen = await streamTo(lane, address);
    expect(seen.out).toMatchObject({ sent: 50, received: 45, reordered: 0 });
    expect(seen.back).toMatchObject(way(45));
  });

  test("that loses every fifth answer says 20 % back, and no loss out", async ({ lane }) => {
    await loadFirewall(lane, [`add rule inet lab forward ${BACK} numgen inc mod 5 0 drop`]);
    const seen = await streamTo(lane, address);
    expect(seen.out).toMatchObject(way(50));
    expect(seen.back).toMatchObject({ sent: 50, received: 40, reordered: 0 });
  });

  test("whose mark is taken away one way shows which", async ({ lane }) => {
    const unmark = (match: string): Firewall => [`add rule inet lab forward ${match} ${family} dscp set cs0`];
    await loadFirewall(lane, unmark(OUT));
    const out = await streamTo(lane, address);
    expect(out.out).toMatchObject({ ...way(50), ...marked(0, 50) });
    expect(out.back).toMatchObject({ ...way(50), ...marked(46, 50) });
    await loadFirewall(lane, unmark(`${BACK} numgen inc mod 2 0`));
    const back = await streamTo(lane, address);
    expect(back.out).toMatchObject({ ...way(50), ...marked(46, 50) });
    expect(back.back).toMatchObject({
      ...way(50),
      dscpSeen: [
        { dscp: 0, packets: 25 },
        { dscp: 46, packets: 25 },
      ],
    });
  });

  test("of which nothing comes through is told from one whose answers do not", async ({ lane }) => {
    await loadFirewall(lane, [`add rule inet lab forward ${OUT} drop`]);
    const out = await streamTo(lane, address);
    expect([out.out.received, out.back.sent]).toEqual([0, 0]);
    await loadFirewall(lane, [`add rule inet lab forward ${BACK} drop`]);
    const back = await streamTo(lane, address);
    expect([back.out.received, back.back.sent, back.back.received]).toEqual([50, 50, 0]);
  });
});

/** Marks packets of the stream before they are routed, so that those go through the delay. */
const marking = (match: string): Firewall => [
  "add chain inet lab marking { type filter hook prerouting priority mangle; }",
  `add rule inet lab marking ${match} meta mark set 1`,
];

test("every fifth packet that takes 100 ms longer is overtaken by others", async ({ lane }) => {
  await loadFirewall(lane, marking(`${OUT} numgen inc mod 5 0`));
  await withDelay(
    lane,
    100,
    async () => {
      const seen = await streamTo(lane, SWEPT.v4);
      expect(seen.out).toMatchObject({ ...way(50), reordered: 10 });
      expect(seen.back).toMatchObject({ received: 50 });
    },
    "marked",
  );
});

/** The stream of a few that has the least jitter on the way out: what keeps this machine busy is jitter too. */
async function calmest(lane: Lane, over: Partial<StreamAsk>, calmMs: number): Promise<StreamSeen> {
  const seen: StreamSeen[] = [];
  const jitterOf = ({ out }: StreamSeen): number => out.jitterMs ?? Number.POSITIVE_INFINITY;
  do seen.push(await streamTo(lane, SWEPT.v4, over));
  while (jitterOf(seen.at(-1)!) > calmMs && seen.length < 8);
  return seen.reduce((calm, other) => (jitterOf(other) < jitterOf(calm) ? other : calm));
}

// Alone among the lab's cases, and while nobody else uses the machine much either.
test.sequential("every second packet that takes 30 ms longer is a jitter of nearly 30 ms, on that way alone", async ({
  lane,
}) => {
  await loadFirewall(lane, marking(`${BACK} numgen inc mod 2 0`));
  await withDelay(
    lane,
    30,
    async () => {
      const seen = await calmest(lane, { intervalMs: 100, packets: 40 }, 2);
      expect(seen.back).toMatchObject({ sent: 40, received: 40 });
      const expected = 30 * (1 - (15 / 16) ** 39);
      expect(seen.back.jitterMs).toBeGreaterThan(expected - 4);
      expect(seen.back.jitterMs).toBeLessThan(expected + 12);
      expect(seen.out.jitterMs).toBeLessThan(10);
      process.stderr.write(`jitter ${seen.back.jitterMs} ms, by the formula ${expected}\n`);
    },
    "marked",
  );
});

test("a line of 80 ms each way is a round trip of 160 ms", async ({ lane }) => {
  await withDelay(lane, 80, async () => {
    const seen = await streamTo(lane, SWEPT.v4);
    expect(seen.out).toMatchObject(way(50));
    expect(seen.back).toMatchObject(way(50));
    expect(seen.roundTripMs).toBeGreaterThan(159);
    // Neither way is counted twice; what keeps this machine busy comes on top.
    expect(seen.roundTripMs).toBeLessThan(300);
  });
});

describe.each([
  ["IPv4", SWEPT.v4, "ip"],
  ["IPv6", SWEPT.v6, "ip6"],
] as const)("run --media over %s", (_, address, family) => {
  /** A row of seven ports of its own for each case that runs now. */
  const rangeOf = ({ number }: Lane) => ({ first: RTP.first + 20 + 10 * number, last: RTP.first + 26 + 10 * number });

  async function asked(lane: Lane, ...args: readonly string[]) {
    const { first, last } = rangeOf(lane);
    const row = `{service: RTP, ports: [udp/${first}-${last}], prober: port-sweep, media: true, expect: path}`;
    const responder = `${address.includes(":") ? `[${address}]` : address}:${CONTROL}`;
    const words = ["--responder", responder, "--key-file", ends.keyFile, "--media", ...args];
    const { of } = await askRows(lane, [row], address, words);
    return of(`rtp/udp/${first}-${last}`);
  }

  test("says of three ports what both ways do, and passes", async ({ lane }) => {
    const { first, last } = rangeOf(lane);
    const row = await asked(lane);
    expect(row).toMatchObject({ outcome: "pass", warnings: [] });
    expect(row.detail).toMatch(/loss 0\.0 % out, 0\.0 % back, jitter .* ms, DSCP EF kept$/);
    expect(row.evidence).toMatchObject({
      streamPorts: [first, first + 3, last],
      ...{ streamPacketsOut: 150, streamLossOutPercent: 0, streamPacketsBack: 150, streamLossBackPercent: 0 },
      ...{ dscpSentOut: 46, dscpSeenOut: [46], dscpSeenOutPackets: [150], dscpSentBack: 46, dscpSeenBack: [46] },
    });
    process.stderr.write(`${row.detail}\n`);
  });

  test("warns of loss and of marks taken away on the way back, and passes", async ({ lane }) => {
    const back = `${BACK} numgen inc mod 10 0 drop`;
    await loadFirewall(lane, [
      `add rule inet lab forward ${back}`,
      `add rule inet lab forward ${BACK} ${family} dscp set cs0`,
    ]);
    const row = await asked(lane);
    expect(row.outcome).toBe("pass");
    expect(row.warnings).toEqual([
      "loss of 10.0 % on the way back: more than the 1 % that voice takes",
      "DSCP EF is not kept on the way back: it arrives as CS0 in 135 of 135 packets",
    ]);
    expect(row.evidence).toMatchObject({ streamLossOutPercent: 0, streamLossBackPercent: 10, dscpSeenBack: [0] });
  });

  test("fails a port that lets single datagrams through and loses the whole stream", async ({ lane }) => {
    const { last } = rangeOf(lane);
    await loadFirewall(lane, [`add rule inet lab forward ${OUT} udp dport ${last} drop`]);
    const row = await asked(lane);
    expect(row.outcome).toBe("fail");
    expect(row.range).toMatchObject({ open: 6, filtered: 1, lost: { request: `${last}` } });
    expect(row.warnings).toEqual([expect.stringMatching(/of the stream nothing on the way out/)]);
  });
});
