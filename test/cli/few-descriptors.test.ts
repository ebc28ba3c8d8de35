import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";

const BIN = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));

// Nothing of this machine listens on ports that low, and those are never lent out.
const PROFILE = `id: many
title: Many ports of this machine
product: None
from: here
to: there
rows:
  - {service: Low ports over TCP, ports: [tcp/600-899], prober: port-sweep, expect: path}
  - {service: Low ports over UDP, ports: [udp/600-605], prober: port-sweep, expect: path}
${Array.from({ length: 40 }, (_, at) => `  - {service: Port ${540 + at}, ports: [tcp/${540 + at}], prober: tcp-connect, expect: path}`).join("\n")}
`;

// Node holds some twenty, and opens as many files of the command at once as it has read the names of: on a busy machine
// up to fifty in all.
it.runIf(process.platform === "linux").each([56, 64, 256])("with %i descriptors no cell is wrong", async (limit) => {
  const folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  try {
    const file = join(folder, "many.yaml");
    await writeFile(file, PROFILE);
    const words = [process.execPath, BIN, "--profile", file, "--host", "127.0.0.1", "-q", "-o", "json"];
    // Whatever this process was handed by those who started it would count as well.
    const handedOn = [3, 4, 5, 6, 7, 8, 9].map((descriptor) => `${descriptor}>&-`).join(" ");
    const limited = ["-c", `exec ${handedOn}; ulimit -n "$0" && exec "$@"`, `${limit}`, ...words];
    const { status, stdout, stderr } = spawnSync("sh", limited, { encoding: "utf8", timeout: 80_000 });
    expect(stderr).toBe("");
    const { results } = JSON.parse(stdout) as ReportDocument;
    expect(results.length).toBeGreaterThan(40);
    for (const { state, reason, range } of results) {
      if (range !== undefined) expect(range.open + range.filtered + range.openFiltered).toBe(0);
      else if (state === "unknown") expect(reason).toBe("no-resources");
      else expect(state).toBe("closed");
    }
    expect(status).toBe(results.every(({ state }) => state === "closed") ? 0 : 3);
  } finally {
    await rm(folder, { recursive: true });
  }
});
