import { describe, expect, it } from "vitest";
import { endingSignals, reloadSignal } from "../../src/cli/signals.ts";

describe("signals", () => {
  it("reload by SIGHUP where it does not mean that the console was closed", () => {
    expect([endingSignals("linux"), reloadSignal("linux")]).toEqual([["SIGINT", "SIGTERM"], "SIGHUP"]);
    expect([endingSignals("win32"), reloadSignal("win32")]).toEqual([
      ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"],
      undefined,
    ]);
  });
});
