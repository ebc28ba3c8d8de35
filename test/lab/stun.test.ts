/** coturn over all its transports, asked as a user asks it: proven by its answers, and by its refusals. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { DC, EMPTY, SSH_BANNER } from "./addresses.ts";
import { askRows } from "./ask-profile.ts";
import { type Daemon, endDaemon } from "./command.ts";
import { OPEN_RELAY, SECURE_STUN, startCoturn, TURN } from "./coturn.ts";
import { loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { dissected } from "./tshark.ts";

const UDP = "{service: STUN, ports: [udp/3478], prober: stun}";
const TCP = "{service: STUN, ports: [tcp/3478], prober: stun}";
const TLS = "{service: STUN, ports: [tcp/5349], prober: stun, tls: {}}";
const MS_TURN = "{service: A/V Edge, ports: [udp/3478], prober: stun, params: {msTurn: true}, silence: inconclusive}";

let folder: string;
let servers: readonly Daemon[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-coturn-"));
  const each = [TURN, SECURE_STUN, OPEN_RELAY].map((server) => startCoturn(inject("lab"), server, folder));
  servers = await Promise.all(each);
});

afterAll(async () => {
  await Promise.all(servers.map(endDaemon));
  await rm(folder, { recursive: true });
});

describe.each(["v4", "v6"] as const)("a STUN server over IP%s", (family) => {
  test("answers over UDP, TCP and TLS, and tells where it sees us", async ({ lane }) => {
    const asked = await askRows(lane, [UDP, TCP, TLS], TURN.address[family]);
    expect(asked.exitCode).toBe(0);
    for (const check of ["stun/udp/3478", "stun/tcp/3478", "stun/tcp/5349"]) {
      const result = asked.of(check);
      expect(result).toMatchObject({
        state: "open",
        serviceState: "confirmed",
        outcome: "pass",
        firstTry: true,
        evidence: { protocol: "STUN", request: "Binding", translated: false },
      });
      expect(result.evidence.mappedAddress).toContain(result.source);
    }
    expect(asked.of("stun/tcp/5349").warnings.join()).toMatch(/certificate/);
  });

  test("that wants credentials even for Binding passes with its 401", async ({ lane }) => {
    const asked = await askRows(lane, [UDP, TCP, TLS], SECURE_STUN.address[family]);
    expect(asked.exitCode).toBe(0);
    for (const check of ["stun/udp/3478", "stun/tcp/3478", "stun/tcp/5349"]) {
      expect(asked.of(check)).toMatchObject({
        serviceState: "refused",
        reason: "service-refusal",
        outcome: "pass",
        evidence: { request: "Binding", errorCode: 401, realm: "lab.test" },
      });
    }
  });

  test("that is asked MS-TURN first is silent to that, and answers what comes next", async ({ lane }) => {
    const { of } = await askRows(lane, [MS_TURN], TURN.address[family]);
    expect(of("a-v-edge/udp/3478")).toMatchObject({ outcome: "pass", evidence: { request: "Binding" }, attempts: 3 });
  });
});

test("address translation on the way is seen", async ({ lane }) => {
  await loadFirewall(lane, [
    "add chain inet lab leaving { type nat hook postrouting priority srcnat; }",
    "add rule inet lab leaving oifname dc masquerade",
  ]);
  const { of } = await askRows(lane, [UDP], TURN.address.v4);
  expect(of("stun/udp/3478")).toMatchObject({ outcome: "pass", evidence: { translated: true } });
  expect(of("stun/udp/3478").detail).toMatch(/^STUN sees us as 10\.77\.2\.\d+:\d+, not as 10\.77\.\d+\.2:\d+: NAT$/);
});

test("a TURN server that no Binding reaches refuses the Allocate", async ({ lane }) => {
  // Binding requests get lost on the way: their type is the first two bytes of what UDP carries.
  await loadFirewall(lane, ["add rule inet lab forward udp dport 3478 @th,64,16 0x0001 drop"]);
  const { of } = await askRows(lane, [UDP], TURN.address.v4);
  expect(of("stun/udp/3478")).toMatchObject({
    outcome: "pass",
    serviceState: "refused",
    evidence: { protocol: "TURN", request: "TURN Allocate", errorCode: 401, realm: "lab.test" },
  });
});

test("an open relay draws a warning, and has its port back at once", async ({ lane }) => {
  const asked = await askRows(lane, [UDP, TCP], OPEN_RELAY.address.v4);
  for (const check of ["stun/udp/3478", "stun/tcp/3478"]) {
    const result = asked.of(check);
    expect(result).toMatchObject({ outcome: "pass", evidence: { openRelay: true, lifetimeS: 600 } });
    expect(result.warnings.join()).toContain("open relay");
  }
  const log = await untilLogged(/refreshed.*lifetime=0/g, 2);
  expect(log.match(/refreshed.*lifetime=0/g)).toHaveLength(2);
});

/** The log of the open relay, once something stands in it so many times; coturn is slow to write. */
async function untilLogged(what: RegExp, times: number): Promise<string> {
  for (let tries = 0; ; tries++) {
    const log = await readFile(servers[2]!.logFile, "utf8");
    if ((log.match(what)?.length ?? 0) >= times || tries === 300) return log;
    await sleep(100);
  }
}

test("tshark finds no fault in what is sent", async ({ lane }) => {
  // Nothing answers, so that every kind is sent.
  await loadFirewall(lane, ["add rule inet lab forward udp dport 3478 drop"]);
  const filter = `ip.dst == ${DC.v4} && udp.dstport == 3478`;
  const { frames, faults } = await dissected(lane, filter, 8, () => askRows(lane, [UDP], DC.v4));
  expect(frames).toHaveLength(8);
  for (const frame of frames) expect(frame).toMatch(/Binding Request|Allocate Request/);
  expect(faults).toEqual([]);
});

describe("where there is no STUN server", () => {
  test("nobody listens: closed", async ({ lane }) => {
    const asked = await askRows(lane, [UDP, TCP], EMPTY.v4);
    expect(asked.of("stun/udp/3478")).toMatchObject({ state: "closed", outcome: "fail" });
    expect(asked.of("stun/tcp/3478")).toMatchObject({ state: "closed", outcome: "fail", attempts: 1 });
  });

  test("another protocol is a mismatch", async ({ lane }) => {
    const asked = await askRows(lane, ["{service: STUN, ports: [tcp/389], prober: stun}"], SSH_BANNER.v4);
    expect(asked.of("stun/tcp/389")).toMatchObject({ state: "open", serviceState: "mismatch", outcome: "fail" });
  });

  test("silence fails a STUN row, and leaves one of OCS undecided", async ({ lane }) => {
    await loadFirewall(lane, ["add rule inet lab forward udp dport 3478 drop"]);
    const asked = await askRows(lane, [UDP, MS_TURN], TURN.address.v4);
    expect(asked.of("stun/udp/3478")).toMatchObject({ state: "open|filtered", outcome: "fail" });
    expect(asked.of("a-v-edge/udp/3478")).toMatchObject({ state: "open|filtered", outcome: "inconclusive" });
  });
});
