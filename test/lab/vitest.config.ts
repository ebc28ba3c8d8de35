import { defineConfig } from "vitest/config";
import { LANES } from "./namespaces.ts";

export default defineConfig({
  test: {
    include: ["test/lab/**/*.test.ts"],
    globalSetup: ["test/lab/global-setup.ts"],
    // All cases share one domain controller; each has a lane of its own to it.
    fileParallelism: false,
    sequence: { concurrent: true },
    maxConcurrency: LANES,
    // The slowest case waits for a silent host, address by address; the host's own ICMP limit adds about 15 s.
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
