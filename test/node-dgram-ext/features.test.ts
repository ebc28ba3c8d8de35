import { platform } from "node:os";
import { describe, expect, it } from "vitest";
import { openSockets } from "#node-dgram-ext";
import { hasNative, native, portable } from "./loopback.ts";

type Loaded = Awaited<ReturnType<NonNullable<Parameters<typeof openSockets>[0]>>>;

describe("what the machine can do", () => {
  it.runIf(hasNative)("is seen on Linux", () => {
    expect(native.features).toMatchObject({
      native: { has: true, detail: expect.stringMatching(/^koffi \d+\.\d+\.\d+$/) },
      eventLoop: { has: true, detail: "main thread" },
      udpErrorQueue4: { has: true, detail: "127.0.0.1: ICMP type 3, code 3" },
      udpErrorQueue6: { has: true, detail: "::1: ICMP type 1, code 4" },
      tcpErrorQueue: { has: true, detail: expect.stringMatching(/^Linux \d+\.\d+/) },
      descriptors: expect.any(Number),
      ephemeralPorts: { from: expect.any(Number), to: expect.any(Number) },
    });
  });

  it("has a reason for every no", () => {
    for (const { features } of [native, portable]) {
      for (const value of Object.values(features))
        if ("detail" in Object(value)) expect(value).toHaveProperty("detail", expect.stringMatching(/./));
    }
  });

  it.runIf(platform() === "linux")("names a missing koffi in one line", () => {
    expect(portable.features.native).toEqual({ has: false, detail: "koffi does not load: koffi is not installed" });
    expect(portable.features.udpErrorQueue4.has).toBe(false);
  });

  it.runIf(platform() === "linux")("takes a koffi that cannot bind libc for a missing one", async () => {
    const broken = {
      default: {
        version: "0.0.0",
        load: () => {
          throw new Error("cannot open shared object file\nRequire stack:\n- here");
        },
      },
    };
    const { features } = await openSockets(async () => broken as unknown as Loaded);
    expect(features.native).toEqual({ has: false, detail: "koffi does not load: cannot open shared object file" });
  });
});
