import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/lab/**", "test/browser/**"],
    // One test may bind loopback sockets and wait for real protocol time-outs; none needs longer.
    testTimeout: 20_000,
  },
});
