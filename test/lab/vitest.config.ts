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
    // The slowest case waits for a silent host, address by address; the host's own ICMP limit adds about 15 s. A machine
    // that others use too may take several times as long, and no case promises how fast it is.
    testTimeout: 300_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
