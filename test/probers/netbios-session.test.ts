import { describe, expect, it } from "vitest";
import { decodeSessionPacket } from "../../src/wire/netbios-session.ts";
import { fixture, hex } from "../wire/support.ts";
import { type Begun, begin } from "./transaction.ts";

const ask = (): Promise<Begun> => begin("netbios-session", "tcp");

describe("the NetBIOS session request", () => {
  it("asks for a server of any name", async () => {
    expect(decodeSessionPacket((await ask()).request)).toEqual({
      type: "sessionRequest",
      called: { name: "*SMBSERVER", suffix: 0x20 },
      calling: { name: "UNITYPROBE", suffix: 0x00 },
    });
  });

  it("is accepted by a Samba", async () => {
    expect((await ask()).read(fixture("netbios/session-positive-samba.hex")).final).toEqual({
      service: "confirmed",
      detail: "session accepted",
      evidence: { session: "positive" },
    });
  });

  it("tells a refusal by its name", async () => {
    expect((await ask()).read(hex("83000001 82")).final).toEqual({
      service: "refused",
      detail: "the session service answers: called name not present",
      evidence: { session: "negative", error: "called name not present" },
    });
  });

  it("warns of another endpoint that callers are sent to", async () => {
    expect((await ask()).read(hex("84000006 0a000009 008b")).final).toEqual({
      service: "confirmed",
      detail: "callers are sent on to 10.0.0.9:139",
      evidence: { session: "retarget", retarget: "10.0.0.9:139" },
      warnings: ["sessions go on to 10.0.0.9:139, which was not asked"],
    });
  });

  it("waits for the whole answer", async () => {
    const { read } = await ask();
    for (const part of ["", "83", "8300", "830000", "83000001"]) expect(read(hex(part))).toEqual({});
  });

  it.each([
    ["a banner", "220 mail ESMTP\r\n"],
    ["a session message", "\0\0\0\x04data"],
    ["a right answer and a banner behind it", "\x82\0\0\x120 mail ESMTP\r\n"],
  ])("takes %s for another protocol", async (_, text) => {
    const { final } = (await ask()).read(Uint8Array.from(Buffer.from(text, "latin1")));
    expect(final?.service).toBe("mismatch");
  });

  it("takes its own request coming back for another protocol", async () => {
    const { request, read } = await ask();
    expect(read(request).final?.service).toBe("mismatch");
  });
});
