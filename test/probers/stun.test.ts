import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../src/model/ports.ts";
import type { Oneshot } from "../../src/model/prober.ts";
import { loadProber } from "../../src/probers/index.ts";
import type { StunParams } from "../../src/probers/stun.ts";
import { decodeStun, encodeStun } from "../../src/wire/stun.ts";
import { fixture, hex, toHex } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { farEnd } from "./far-end.ts";
import { msTurnAnswer, stunAnswer } from "./stun-peer.ts";

const remote: Endpoint = { transport: "udp", address: "127.0.0.1", port: 3478 };
/** Where coturn saw the request of the fixture come from. */
const local: Endpoint = { transport: "udp", address: "127.0.0.1", port: 41_705 };
const SENDS = 8;

/** A transaction whose ids are 01 01 ..., 02 02 ... and so on. */
async function begin(params: StunParams = {}, chance?: (length: number) => Uint8Array) {
  const prober = (await loadProber("stun")) as Oneshot<StunParams>;
  let drawn = 0;
  const world = {
    wallMs: () => 0,
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: chance ?? ((length: number) => new Uint8Array(length).fill(++drawn)),
    secret: () => undefined,
  };
  const transaction = prober.start(params, { host: "turn01", remote, learned: {}, world }, local);
  const sends = Array.from({ length: SENDS }, (_, send) => transaction.request(send)!);
  return { sends, schedule: prober.schedule, read: (bytes: Uint8Array) => transaction.read(bytes, remote, 0) };
}

const KINDS: readonly (readonly [string, RegExp])[] = [
  ["Binding", /^000100002112a442.{24}$/],
  ["RFC 3489 Binding", /^00010000(?!2112a442).{32}$/],
  ["Allocate", /^000300082112a442.{24}0019000411000000$/],
  ["MS-TURN Allocate", /^00030008(?!2112a442).{32}000f000472c64bc6$/],
];

const kindOf = (request: Uint8Array) => KINDS.find(([, form]) => form.test(toHex(request)))?.[0];

describe("over UDP", () => {
  it("each kind is asked twice, Binding first, and a resend is the same bytes", async () => {
    const { sends } = await begin();
    const [b, old, a, ms] = ["Binding", "RFC 3489 Binding", "Allocate", "MS-TURN Allocate"];
    expect(sends.map(kindOf)).toEqual([b, b, old, a, ms, old, a, ms]);
    expect(new Set(sends.map(toHex)).size).toBe(4);
  });

  it("MS-TURN is asked first where the row says so", async () => {
    const { sends } = await begin({ msTurn: true });
    const [b, old, a, ms] = ["Binding", "RFC 3489 Binding", "Allocate", "MS-TURN Allocate"];
    expect(sends.map(kindOf)).toEqual([ms, ms, b, a, old, b, a, old]);
  });

  it("the last request has two seconds for its answer, and more attempts go round again", async () => {
    const { sends, schedule } = await begin();
    expect(schedule.sendsAtMs).toHaveLength(SENDS);
    expect(schedule.giveUpMs - schedule.sendsAtMs.at(-1)!).toBe(2_000);
    const prober = (await loadProber("stun")) as Oneshot<StunParams>;
    const again = prober.start({}, { host: "x", remote, learned: {}, world: idWorld() }, local);
    expect(kindOf(again.request(SENDS)!)).toBe(kindOf(sends[0]!));
  });

  it("an old id is none with the cookie, even by chance", async () => {
    const cookie = (length: number) => Uint8Array.from({ length }, (_, at) => hex("2112a442")[at] ?? 0);
    const { sends } = await begin({}, cookie);
    expect(toHex(sends[2]!.subarray(4, 8))).toBe("de12a442");
  });
});

function idWorld() {
  return {
    wallMs: () => 0,
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length: number) => new Uint8Array(length).fill(7),
    secret: () => undefined,
  };
}

describe("a STUN server", () => {
  it("tells where it sees us", async () => {
    const { sends, read } = await begin();
    expect(read(stunAnswer("stun/binding-coturn.hex", sends[0]!)).final).toEqual({
      service: "confirmed",
      detail: "STUN sees us as 127.0.0.1:41705",
      evidence: {
        protocol: "STUN",
        request: "Binding",
        software: "Coturn-4.6.1 'Gorst'",
        responseOrigin: "127.0.0.1:3478",
        mappedAddress: "127.0.0.1:41705",
        translated: false,
      },
    });
  });

  it("that knows no cookie tells it in the clear, and what differs is NAT", async () => {
    const { sends, read } = await begin();
    const { final } = read(stunAnswer("stun/binding-classic-coturn.hex", sends[2]!));
    expect(final?.detail).toBe("STUN sees us as 127.0.0.1:42911, not as 127.0.0.1:41705: NAT");
    expect(final?.evidence).toMatchObject({ request: "RFC 3489 Binding", translated: true });
  });

  it("that wants credentials even for Binding refuses, and is proven", async () => {
    const { sends, read } = await begin();
    expect(read(stunAnswer("stun/binding-secure-coturn.hex", sends[1]!)).final).toMatchObject({
      service: "refused",
      detail: "STUN answers; Binding without credentials: 401 Unauthorized (realm lab.test)",
      evidence: { errorCode: 401, reason: "Unauthorized", realm: "lab.test" },
    });
  });
});

describe("a TURN server", () => {
  it("refuses to relay without credentials, and is proven", async () => {
    const { sends, read } = await begin();
    const { final, undo } = read(stunAnswer("stun/allocate-401-coturn.hex", sends[3]!));
    expect(final).toMatchObject({
      service: "refused",
      detail: "TURN answers; TURN Allocate without credentials: 401 Unauthorized (realm lab.test)",
    });
    expect(undo).toBeUndefined();
  });

  it("that relays for anybody draws a warning, and is given its port back at once", async () => {
    const { sends, read } = await begin();
    const { final, undo } = read(stunAnswer("stun/allocate-open-coturn.hex", sends[3]!));
    expect(final).toMatchObject({
      service: "confirmed",
      detail: "TURN relays for anybody",
      evidence: { openRelay: true, lifetimeS: 600, relayedAddress: "127.0.0.1:59227" },
      warnings: [
        "an open relay: it forwards traffic for anybody, without credentials; the port that it gave us was given back at once",
      ],
    });
    expect(toHex(undo!)).toMatch(/^000400082112a442(..)\1{11}000d000400000000$/);
  });
});

describe("an MS-TURN server", () => {
  it("refuses to relay without credentials; its realm has the number of another's nonce", async () => {
    const { sends, read } = await begin({ msTurn: true });
    expect(read(msTurnAnswer(sends[0]!)!).final).toMatchObject({
      service: "refused",
      detail: "MS-TURN answers; MS-TURN Allocate without credentials: 401 Unauthorized (realm rtcmedia)",
      evidence: { protocol: "MS-TURN", request: "MS-TURN Allocate" },
    });
  });

  it("hears nothing but its own Allocate, and is proven all the same", async () => {
    await using end = await farEnd("udp", async (talk) => {
      for (;;) {
        const answer = msTurnAnswer(await talk.next());
        if (answer !== undefined) await talk.send(answer);
      }
    });
    const result = await ask(end.local, { prober: "stun" });
    expect(result).toMatchObject({ outcome: "pass", verdict: { reason: "service-refusal" }, attempts: 5 });
  });

  it("that relays for anybody is not sent a Refresh, which it would take for a Send", async () => {
    const { sends, read } = await begin({ msTurn: true });
    const id = sends[0]!.slice(4, 20);
    const granted = hex(`0103 001c ${toHex(id)} 000f0004 72c64bc6 000d0004 0000003c 00010008 0001c3507f000001`);
    const { final, undo } = read(granted);
    expect(final?.warnings?.[0]).toContain("the port that it gave us runs out by itself");
    expect(undo).toBeUndefined();
  });
});

describe("a datagram", () => {
  it("to somebody else is passed over, whichever byte of the id differs", async () => {
    const { sends, read } = await begin();
    for (let at = 4; at < 20; at++) {
      const request = Uint8Array.from(sends[2]!);
      request[at]! ^= 1;
      expect(read(stunAnswer("stun/binding-classic-coturn.hex", request)), `byte ${at}`).toEqual({});
    }
  });

  it("that is our own request, or answers by another method, is passed over", async () => {
    const { sends, read } = await begin();
    expect(read(sends[0]!)).toEqual({});
    expect(read(stunAnswer("stun/allocate-401-coturn.hex", sends[0]!))).toEqual({});
    const message = decodeStun(stunAnswer("stun/binding-classic-coturn.hex", sends[2]!));
    expect(read(encodeStun({ ...message, class: "indication" }))).toEqual({});
  });

  it.each([
    ["a Binding response without our address", "0101 0000", 0],
    ["an error response without an error", "0111 0000", 0],
    ["an allocation without its address", "0103 0000", 3],
    ["an allocation of MS-TURN without its address", "0103 0008", 4, "000f0004 72c64bc6"],
    ["an address of no family", "0101 000c", 0, "00200008 0009000000000000"],
  ])("with %s is a mismatch, in case that nothing better comes", async (_, head, send, body = "") => {
    const { sends, read } = await begin();
    const bytes = hex(`${head} ${toHex(sends[send as number]!.subarray(4, 20))} ${body}`);
    expect(read(bytes)).toMatchObject({ soFar: { service: "mismatch" } });
  });

  it("whose fingerprint is wrong is a mismatch", async () => {
    const { sends, read } = await begin();
    const bytes = stunAnswer("stun/binding-coturn.hex", sends[0]!);
    bytes[bytes.length - 1]! ^= 1;
    expect(read(bytes)).toMatchObject({ soFar: { service: "mismatch" } });
    expect(read(fixture("ntp/reply-chrony.hex"))).toMatchObject({ soFar: { service: "mismatch" } });
  });
});

it("an open relay gets its Refresh over a real socket", async () => {
  const heard: string[] = [];
  let released = (_: string): void => {};
  const refresh = new Promise<string>((resolve) => {
    released = resolve;
  });
  await using end = await farEnd("udp", async (talk) => {
    for (;;) {
      const request = await talk.next();
      heard.push(kindOf(request) ?? toHex(request.subarray(0, 2)));
      if (request[1] === 4) released(toHex(request.subarray(20)));
      if (kindOf(request) === "Allocate") await talk.send(stunAnswer("stun/allocate-open-coturn.hex", request));
    }
  });
  const result = await ask(end.local, { prober: "stun" });
  expect(result.warnings[0]).toContain("open relay");
  expect(await refresh).toBe("000d000400000000");
  expect(heard).toEqual(["Binding", "Binding", "RFC 3489 Binding", "Allocate", "0004"]);
});
