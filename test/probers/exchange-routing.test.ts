import { describe, expect, it } from "vitest";
import { printed } from "../wire/support.ts";
import { type Begun, begin } from "./transaction.ts";

const listen = (): Promise<Begun> => begin("exchange-routing", "tcp");
const text = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words, "latin1"));

describe("the routing banner", () => {
  it("is waited for, and nothing is sent", async () => {
    const { request, resend } = await listen();
    expect([request, resend]).toEqual([undefined, undefined]);
  });

  it("proves the routing engine and its version", async () => {
    expect((await listen()).read(printed("exchange-routing-banner")).final).toEqual({
      service: "confirmed",
      detail: "Microsoft Routing Server 6.5.7226.0",
      evidence: { version: "6.5.7226.0" },
    });
  });

  it("may come with more behind it", async () => {
    const { read } = await listen();
    expect(read(Uint8Array.of(...printed("exchange-routing-banner"), 0x20)).final?.service).toBe("confirmed");
  });

  it("is waited for to its end", async () => {
    const { read } = await listen();
    expect(read(printed("exchange-routing-banner").slice(0, -1))).toEqual({});
    expect(read(new Uint8Array())).toEqual({});
  });

  it.each(["220 mail ESMTP\r\n", "{0000004c} SOMETHING ELSE\r\n"])("is not %j", async (words) => {
    expect((await listen()).read(text(words)).final?.service).toBe("mismatch");
  });
});
