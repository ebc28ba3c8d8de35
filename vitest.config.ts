import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/lab/**", "test/browser/**"],
    // Most take milliseconds, and who waits for real protocol time-outs some seconds; a machine that is shared may stand
    // still for as long. No test promises how fast this machine is: these limits only end what hangs.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
