/** Keys and tokens against docs/responder-protocol.md, written down here a second time with other means. */
import { createCipheriv, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { controlKey, parseKey, staticTokensFor, tokenAt, tokensFor } from "../../src/responder/key.ts";
import { writeStreamPacket } from "../../src/responder/stream-packet.ts";
import { range } from "./pair.ts";

const page = readFileSync(new URL("../../docs/responder-protocol.md", import.meta.url), "utf8");
const KEY = Uint8Array.from({ length: 32 }, (_, at) => at);
const SESSION = "00112233445566778899aabbccddeeff";
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The whole key stream of a use, from counter 0 on, of which the port takes its 32 bytes. */
function byThePage(use: readonly number[], port: number): string {
  const label = Buffer.from("unity-probe responder 1 token");
  const message = Buffer.concat([label, Buffer.from(SESSION, "hex"), Uint8Array.from(use)]);
  const streamKey = createHmac("sha256", KEY).update(message).digest().subarray(0, 16);
  const stream = createCipheriv("aes-128-ctr", streamKey, Buffer.alloc(16)).update(Buffer.alloc(65_536 * 32));
  return stream.subarray(32 * port, 32 * port + 32).toString("hex");
}

describe("tokens", () => {
  it.each([
    ["udp", "out", 17, 0],
    ["udp", "in", 17, 1],
    ["tcp", "out", 6, 0],
    ["tcp", "in", 6, 1],
  ] as const)("are as the page says: %s, %s", (transport, direction, transportByte, directionByte) => {
    const ports = Uint16Array.of(1, 389, 22_800, 65_535);
    const { request, reply } = tokensFor(KEY, SESSION, { transport, direction }, ports);
    for (const [index, port] of ports.entries()) {
      expect(hex(tokenAt(request, index))).toBe(byThePage([transportByte, directionByte, 0], port));
      expect(hex(tokenAt(reply, index))).toBe(byThePage([transportByte, directionByte, 1], port));
    }
  });

  it("do not depend on the other ports that they are made with, and none is like another", () => {
    const use = { transport: "udp", direction: "out" } as const;
    const many = tokensFor(KEY, SESSION, use, range(22_800, 9_968));
    const one = tokensFor(KEY, SESSION, use, Uint16Array.of(22_900));
    expect(tokenAt(many.request, 100)).toEqual(one.request);
    const all = Array.from({ length: 9_968 }, (_, at) => [
      hex(tokenAt(many.request, at)),
      hex(tokenAt(many.reply, at)),
    ]);
    expect(new Set(all.flat()).size).toBe(2 * 9_968);
    expect(tokensFor(KEY, SESSION, use, new Uint16Array(0)).request).toHaveLength(0);
  });

  it("of streams have legs of their own", () => {
    const use = { transport: "udp", direction: "out", kind: "stream" } as const;
    const { request, reply } = tokensFor(KEY, SESSION, use, Uint16Array.of(22_800));
    expect([hex(request), hex(reply)]).toEqual([2, 3].map((leg) => byThePage([17, 0, leg], 22_800)));
    for (const bytes of [request, reply]) expect(page).toContain(hex(bytes));
    const [asked, answered] = [
      writeStreamPacket({ sequence: 1, timestamp: 160, ssrc: 0x0102_0304 }, request, 48),
      writeStreamPacket({ sequence: 1, timestamp: 8_000, ssrc: 0xfefd_fcfb }, reply, 48),
    ];
    for (const bytes of [asked, answered]) expect(page.replaceAll(/\s/g, "")).toContain(hex(bytes));
  });

  it("and the control key are printed on the page as they are", () => {
    const udp = tokensFor(KEY, SESSION, { transport: "udp", direction: "out" }, Uint16Array.of(22_800));
    const tcp = tokensFor(KEY, SESSION, { transport: "tcp", direction: "in" }, Uint16Array.of(389));
    for (const bytes of [controlKey(KEY), udp.request, udp.reply, tcp.request]) expect(page).toContain(hex(bytes));
  });
});

describe("a key", () => {
  it("is 64 hexadecimal digits and nothing else", () => {
    expect(parseKey(hex(KEY).toUpperCase())).toEqual(KEY);
    for (const line of ["", hex(KEY).slice(1), `${hex(KEY)}0`, "z".repeat(64), ` ${hex(KEY)}`]) {
      expect(parseKey(line)).toBeUndefined();
    }
  });
});

it("tokens without a session are those of their slot, and printed on the page", () => {
  const slot = Buffer.from("0000000001ba8140", "hex");
  const label = Buffer.from("unity-probe responder 1 static");
  for (const [transport, byte] of [
    ["udp", 17],
    ["tcp", 6],
  ] as const) {
    const { request, reply } = staticTokensFor(KEY, 29_000_000, transport, Uint16Array.of(22_800));
    const byHand = [0, 1].map((leg) => {
      const message = Buffer.concat([label, slot, Uint8Array.of(byte, 0, leg)]);
      const streamKey = createHmac("sha256", KEY).update(message).digest().subarray(0, 16);
      const run = createCipheriv("aes-128-ctr", streamKey, Buffer.alloc(16)).update(Buffer.alloc(32 * 22_801));
      return run.subarray(-32).toString("hex");
    });
    expect([hex(request), hex(reply)]).toEqual(byHand);
    if (transport === "udp") for (const bytes of byHand) expect(page).toContain(bytes);
  }
});
