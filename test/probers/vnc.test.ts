import { describe, expect, it } from "vitest";
import { encodeRfbRefusal, encodeRfbVersion } from "../../src/wire/rfb.ts";
import { fixture } from "../wire/support.ts";
import { type Conversation, converse } from "./conversation.ts";

/** What the prober makes of a server that says this and then waits. */
const meet = (...greeting: readonly Uint8Array[]): Promise<Conversation> =>
  converse("vnc", () => undefined, { frameLength: (buffered) => buffered.length, greeting });

describe("a VNC server", () => {
  it("is confirmed by its version, and told nothing", async () => {
    const { reading, requests } = await meet(fixture("rfb/version-tigervnc.hex"));
    expect(reading).toEqual({ service: "confirmed", detail: "RFB 3.8", evidence: { version: "3.8" } });
    expect(requests).toEqual([]);
  });

  it.each([
    [{ major: 3, minor: 889 }, "RFB 3.889"],
    [{ major: 4, minor: 1 }, "RFB 4.1"],
    [{ major: 5, minor: 0 }, "RFB 5.0"],
  ])("of another make is one too: %o", async (version, detail) => {
    expect((await meet(encodeRfbVersion(version))).reading).toMatchObject({ service: "confirmed", detail });
  });

  it("that has locked our address out is alive and refuses", async () => {
    expect((await meet(fixture("rfb/too-many-failures-tigervnc.hex"))).reading).toEqual({
      service: "refused",
      detail: "a VNC server answers, and refuses our address: Too many security failures",
      evidence: { version: "3.3", refusal: "Too many security failures" },
      warnings: ["the server has locked our address out: ask it no more for a while"],
    });
  });

  it("may say why in another segment", async () => {
    const { reading } = await meet(encodeRfbVersion({ major: 3, minor: 3 }), encodeRfbRefusal("no display"));
    expect(reading).toMatchObject({ service: "refused", evidence: { refusal: "no display" } });
  });

  it("of version 3.3 that waits for us is confirmed", async () => {
    const { reading } = await meet(encodeRfbVersion({ major: 3, minor: 3 }));
    expect(reading).toEqual({ service: "confirmed", detail: "RFB 3.3", evidence: { version: "3.3" } });
  });

  it("of version 3.3 is confirmed whatever else it says", async () => {
    const { reading } = await meet(encodeRfbVersion({ major: 3, minor: 3 }), Uint8Array.of(0, 0, 0, 2));
    expect(reading?.service).toBe("confirmed");
  });
});

describe("what is no VNC server of the host that was asked", () => {
  it("may be a repeater before it", async () => {
    expect((await meet(encodeRfbVersion({ major: 0, minor: 0 }))).reading?.service).toBe("intermediary");
  });

  it("speaks another protocol", async () => {
    const { reading } = await meet(Uint8Array.from(Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")));
    expect(reading?.service).toBe("mismatch");
  });
});
