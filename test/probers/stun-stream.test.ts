import { readFileSync } from "node:fs";
import { createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import type { Tls } from "../../src/model/check.ts";
import { peer, serve } from "../net/loopback.ts";
import { fixture, hex, toHex } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { converse, type Script } from "./conversation.ts";
import { farEnd } from "./far-end.ts";
import { msTurnServer, stunAnswer, stunRequestLength } from "./stun-peer.ts";

const TLS: Tls = { serverName: "turn.example.com", strict: false };
/** Waits end soon, so that silence costs little, and not before a machine that is busy has read what came. */
const hurried = { sleep: (_ms: number, signal: AbortSignal) => passing(signal) };

function passing(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 600);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const TYPES = new Map([
  ["0001", "Binding"],
  ["0003", "Allocate"],
  ["0004", "Refresh"],
  ["1603", "hello"],
  ["0200", "frame"],
]);

function talk(script: Script, params = {}, tls?: Tls) {
  const how = { frameLength: stunRequestLength, params, world: hurried, ...(tls === undefined ? {} : { tls }) };
  return converse("stun", script, how).then(({ reading, requests }) => ({
    reading,
    asked: requests.map((request) => TYPES.get(toHex(request.subarray(0, 2)))),
  }));
}

const isBinding = (request: Uint8Array) => request[0] === 0 && request[1] === 1;
const isAllocate = (request: Uint8Array) => request[0] === 0 && request[1] === 3;

const stunServer: Script = (request) =>
  isBinding(request) ? [stunAnswer("stun/binding-coturn.hex", request)] : undefined;
const turnServer: Script = (request) =>
  isAllocate(request) ? [stunAnswer("stun/allocate-401-coturn.hex", request)] : undefined;

describe("over TCP", () => {
  it("a STUN server answers the first request", async () => {
    const { reading, asked } = await talk(stunServer);
    expect(reading?.service).toBe("confirmed");
    expect(reading?.evidence).toMatchObject({ protocol: "STUN", request: "Binding", translated: true });
    expect(asked).toEqual(["Binding"]);
  });

  it("a TURN server that hangs up on Binding refuses the Allocate of the second connection", async () => {
    const { reading, asked } = await talk(turnServer);
    expect(reading?.detail).toContain("TURN answers; TURN Allocate without credentials: 401");
    expect(asked).toEqual(["Binding", "Allocate"]);
  });

  it("a TURN server that is silent to Binding does so too", async () => {
    const { reading, asked } = await talk((request) => turnServer(request, 0) ?? []);
    expect(reading?.service).toBe("refused");
    expect(asked).toEqual(["Binding", "Allocate"]);
  });

  it("an open relay is given its port back on the same connection", async () => {
    const { reading, asked } = await talk((request) => {
      if (isAllocate(request)) return [stunAnswer("stun/allocate-open-coturn.hex", request)];
      return request[1] === 4 ? [] : undefined;
    });
    expect(reading?.warnings?.[0]).toContain("given back at once");
    expect(asked).toEqual(["Binding", "Allocate", "Refresh"]);
  });

  it("an MS-TURN server is met with its pretence of TLS on the third connection", async () => {
    const { reading, asked } = await talk(msTurnServer);
    expect(reading?.detail).toBe(
      "MS-TURN answers; MS-TURN Allocate without credentials: 401 Unauthorized (realm rtcmedia)",
    );
    expect(asked).toEqual(["Binding", "Allocate", "hello", "frame"]);
  });

  it("an MS-TURN server is met at once where the row says so, though the row has tls", async () => {
    const { reading, asked } = await talk(msTurnServer, { msTurn: true });
    expect(reading?.service).toBe("refused");
    expect(asked).toEqual(["hello", "frame"]);
  });

  it("the pretence alone proves an MS-TURN server", async () => {
    const { reading } = await talk((request, turn) => (turn === 0 ? msTurnServer(request, turn) : []), {
      msTurn: true,
    });
    expect(reading).toMatchObject({
      service: "confirmed",
      detail: "MS-TURN answers its pretence of TLS, and no Allocate",
    });
  });

  it("what answers but is no STUN is a mismatch at its first bytes", async () => {
    const banner: Script = () => [Uint8Array.from(Buffer.from("220 mail\r\n"))];
    const { reading, asked } = await talk(banner);
    expect(reading).toMatchObject({
      service: "mismatch",
      detail: "something answers, but not STUN or TURN",
      evidence: { malformed: "a message of another type (at byte 0)" },
    });
    expect(asked).toEqual(["Binding", "Allocate", "hello"]);
  });

  it.each([
    ["answers somebody else", (request: Uint8Array) => stunAnswer("stun/binding-coturn.hex", request, 1)],
    ["answers as another method", (request: Uint8Array) => stunAnswer("stun/allocate-401-coturn.hex", request)],
  ])("a server that %s is a mismatch", async (_, answer) => {
    const { reading } = await talk((request) => (isBinding(request) ? [answer(request)] : undefined));
    expect(reading?.service).toBe("mismatch");
  });

  it("a better answer of a later connection counts", async () => {
    const { reading } = await talk((request) =>
      isBinding(request) ? [hex("15030100020228")] : turnServer(request, 0),
    );
    expect(reading?.service).toBe("refused");
  });

  it("silence to everything is silence", async () => {
    const { reading, asked } = await talk(() => []);
    expect(reading).toBeUndefined();
    expect(asked).toEqual(["Binding", "Allocate", "hello"]);
  });

  it("a TLS alert to the pretence is no answer of STUN, and no mismatch", async () => {
    const { reading } = await talk((request) =>
      request[0] === 0x16 ? [fixture("tls/alert-handshake-failure-openssl.hex")] : [],
    );
    expect(reading).toBeUndefined();
  });
});

describe("inside TLS", () => {
  it("a STUN server answers", async () => {
    const { reading, asked } = await talk(stunServer, {}, TLS);
    expect(reading?.service).toBe("confirmed");
    expect(asked).toEqual(["Binding"]);
  });

  it("a STUN server answers after MS-TURN was tried in clear", async () => {
    await using end = await farEnd(
      "tls",
      async (peer) => {
        for (;;) {
          const request = await peer.next();
          if (isBinding(request)) await peer.send(stunAnswer("stun/binding-coturn.hex", request));
        }
      },
      stunRequestLength,
    );
    const result = await ask(end.local, { prober: "stun", params: { msTurn: true }, tls: TLS });
    expect(result).toMatchObject({ outcome: "pass", verdict: { service: "confirmed" }, attempts: 2 });
  });

  it("an MS-TURN server that knows no TLS is still found in clear", async () => {
    await using end = await farEnd(
      "tcp",
      async (peer) => {
        for (let turn = 0; ; turn++) {
          const replies = msTurnServer(await peer.next(), turn);
          if (replies === undefined) return peer.hangUp();
          for (const reply of replies) await peer.send(reply);
        }
      },
      stunRequestLength,
    );
    const result = await ask(end.local, { prober: "stun", tls: TLS });
    expect(result).toMatchObject({ outcome: "pass", verdict: { service: "refused" } });
  });

  it.each(["TLSv1.3", "TLSv1.2"] as const)(
    "%s: a server that wants our certificate has proven TLS",
    async (maxVersion) => {
      const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
      const mutual = { requestCert: true, rejectUnauthorized: true, maxVersion } as const;
      const server = createServer({ key: pem("key"), cert: pem("self-signed"), ...mutual });
      server.on("tlsClientError", () => {});
      await using end = await serve(server);
      const result = await ask(end.local, { prober: "stun", tls: TLS });
      expect(result).toMatchObject({ outcome: "pass", verdict: { reason: "tls-alert", service: "refused" } });
    },
  );

  it("what knows neither TLS nor STUN is a mismatch at its first bytes", async () => {
    await using end = await peer((socket) => void socket.once("data", () => socket.end("HTTP/1.1 400 Bad\r\n\r\n")));
    const result = await ask(end.local, { prober: "stun", tls: TLS });
    expect(result).toMatchObject({ outcome: "fail", verdict: { service: "mismatch" } });
    expect(result.detail).toBe('something answers, but not STUN or TURN; it says "HTTP/1.1 400 Bad"');
  });

  it("what answers there as another protocol is not asked in clear", async () => {
    await using end = await farEnd("tls", async (talk) => void (await talk.send(Buffer.from("220 mail\r\n"))));
    const result = await ask(end.local, { prober: "stun", tls: TLS });
    expect(result).toMatchObject({ outcome: "fail", verdict: { service: "mismatch" }, attempts: 2 });
    expect(result.detail).toContain('it says "220 mail"');
  });
});

it("a port that refuses is tried once", async () => {
  const end = await farEnd("tcp", () => {});
  await end[Symbol.asyncDispose]();
  const result = await ask(end.local, { prober: "stun" });
  expect(result).toMatchObject({ outcome: "fail", verdict: { state: "closed" }, attempts: 1 });
});
