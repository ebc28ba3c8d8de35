import { describe, expect, it } from "vitest";
import { begin } from "../../test/probers/transaction.ts";
import { fixture } from "../../test/wire/support.ts";

describe("template", () => {
  it("is confirmed by the reply in the fixture", async () => {
    const { read } = await begin("template", "udp");
    expect(read(fixture("template/reply.hex")).final?.service).toBe("confirmed");
  });

  it("waits on when a reply is not to this request", async () => {
    const { read } = await begin("template", "udp");
    expect(read(new Uint8Array(8))).toEqual({});
  });

  it("sends the same request again", async () => {
    const { request, resend } = await begin("template", "udp");
    expect(resend).toEqual(request);
  });
});
