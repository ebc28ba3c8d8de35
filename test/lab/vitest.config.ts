import { defineConfig } from "vitest/config";

// The lab needs root on Linux and one set of namespaces for all cases, which change its firewall one after another.
export default defineConfig({
  test: {
    include: ["test/lab/**/*.test.ts"],
    globalSetup: ["test/lab/global-setup.ts"],
    fileParallelism: false,
    // The slowest case waits for a silent host, address by address; the host's own ICMP limit adds about 15 s.
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
