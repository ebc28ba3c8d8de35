import { describe, expect, it } from "vitest";
import { printed } from "../wire/support.ts";
import { begin } from "./transaction.ts";

/** The printed answer with the cookie of this request. */
function answer(request: Uint8Array): Uint8Array {
  const bytes = printed("msmq-ping-response");
  bytes.set(request.subarray(4, 8), 4);
  return bytes;
}

describe("a queue manager", () => {
  it("that would accept a session confirms it", async () => {
    const { request, resend, read } = await begin("msmq", "udp");
    expect(resend).toEqual(request);
    expect(read(answer(request)).final).toEqual({
      service: "confirmed",
      detail: "Message Queuing answers, and would accept a session",
      evidence: { queueManager: "43cd8907-394c-8f11-4445-9078909ea0fc", refuses: false },
    });
  });

  it("that has no session left refuses, whatever the unused flags hold", async () => {
    const { request, read } = await begin("msmq", "udp");
    const refusal = answer(request);
    refusal[0]! |= 2;
    refusal[1] = 0xff;
    expect(read(refusal).final).toMatchObject({ service: "refused", evidence: { refuses: true } });
  });
});

describe("a datagram", () => {
  it("with another cookie, or our own request come back, is passed over", async () => {
    const { request, read } = await begin("msmq", "udp");
    for (let at = 4; at < 8; at++) {
      const other = answer(request);
      other[at]! ^= 1;
      expect(read(other)).toEqual({});
    }
    expect(read(request)).toEqual({});
  });

  it("that is no ping is a mismatch", async () => {
    const { read } = await begin("msmq", "udp");
    expect(read(printed("sccp-keep-alive-ack"))).toMatchObject({ soFar: { service: "mismatch" } });
  });
});
