import { describe, expect, it } from "vitest";
import { netbiosSession } from "../../src/standin/netbios-session.ts";
import { decodeSessionPacket, encodeSessionPacket, type SessionPacket } from "../../src/wire/netbios-session.ts";
import { begin } from "../probers/transaction.ts";

const server = netbiosSession();

const call = (name: string, suffix: number): SessionPacket[] | undefined => {
  const calling = { name: "PC", suffix: 0 };
  const request = encodeSessionPacket({ type: "sessionRequest", called: { name, suffix }, calling });
  return server.answer(request)?.map(decodeSessionPacket);
};

describe("the stand-in for the NetBIOS session service", () => {
  it("takes the prober's call", async () => {
    const { request, read } = await begin("netbios-session", "tcp");
    expect(read(server.answer(request)![0]!).final?.service).toBe("confirmed");
  });

  it("takes calls to its own name, and says so when it has no such name", () => {
    expect(call("DC01", 0x20)).toEqual([{ type: "positiveResponse" }]);
    expect(call("DC01", 0x00)).toEqual([{ type: "negativeResponse", code: 0x82 }]);
    expect(call("DC02", 0x20)).toEqual([{ type: "negativeResponse", code: 0x82 }]);
  });

  it("hangs up on whoever answers instead of asking", () => {
    expect(server.answer(encodeSessionPacket({ type: "positiveResponse" }))).toBeUndefined();
  });
});
