/**
 * The import arrows: the one table of what each folder of src/ may import. It is compared with the code and with
 * ARCHITECTURE.md. Arrows point down, and no folder imports a sibling of its own layer. A row is a decision: to widen
 * one, say why in an ADR.
 */

export interface Folder {
  readonly layer: 0 | 1 | 2 | 3 | 4 | 5;
  /** Folders of src/, or single files where a whole folder would be too much. */
  readonly imports: readonly string[];
  /** Packages and Node's own modules. */
  readonly modules: readonly string[];
}

export const FOLDERS: Readonly<Record<string, Folder>> = {
  model: { layer: 0, imports: [], modules: [] },
  "node-dgram-ext": {
    layer: 0,
    imports: [],
    modules: ["koffi", "node:dgram", "node:fs/promises", "node:net", "node:os", "node:worker_threads"],
  },
  wire: { layer: 1, imports: [], modules: ["dns-packet"] },
  net: {
    layer: 1,
    imports: ["model", "node-dgram-ext"],
    modules: ["node:crypto", "node:dgram", "node:dns/promises", "node:net", "node:stream", "node:tls", "undici"],
  },
  verdict: { layer: 1, imports: ["model"], modules: [] },
  probers: { layer: 2, imports: ["model", "wire", "net/http.ts"], modules: [] },
  sweep: { layer: 2, imports: ["model", "verdict", "net", "node-dgram-ext"], modules: ["node:worker_threads"] },
  standin: { layer: 2, imports: ["model", "wire", "net"], modules: [] },
  profile: { layer: 3, imports: ["model", "probers/index.ts"], modules: ["node:url", "yaml", "zod"] },
  engine: { layer: 3, imports: ["model", "verdict"], modules: ["p-limit"] },
  report: { layer: 3, imports: ["model"], modules: ["node:crypto", "node:util", "zod"] },
  responder: {
    layer: 3,
    imports: ["model", "wire", "net", "node-dgram-ext", "sweep/flows.ts", "sweep/pace.ts", "sweep/window.ts"],
    modules: ["node:crypto", "node:net", "node:tls"],
  },
  agent: {
    layer: 4,
    imports: ["model", "net", "profile", "engine", "report"],
    modules: [
      "croner",
      "node:crypto",
      "node:events",
      "node:fs/promises",
      "node:http",
      "node:path",
      "node:timers/promises",
      "node:util",
      "node:zlib",
      "prom-client",
      "zod",
    ],
  },
  page: {
    layer: 4,
    imports: [
      "model",
      "report/document.ts",
      "report/safe-text.ts",
      "report/status-document.ts",
      "report/targets.ts",
      "report/text-layout.ts",
    ],
    modules: [],
  },
  cli: {
    layer: 5,
    imports: [
      "model",
      "node-dgram-ext",
      "wire",
      "net",
      "verdict",
      "probers",
      "sweep",
      "standin",
      "profile",
      "engine",
      "report",
      "responder",
      "agent",
    ],
    modules: [
      "node:crypto",
      "node:events",
      "node:fs",
      "node:fs/promises",
      "node:os",
      "node:path",
      "node:perf_hooks",
      "node:timers/promises",
      "node:worker_threads",
      "pino",
      "yargs",
    ],
  },
};

/** The rows that ARCHITECTURE.md prints, one a folder. */
export function tableRows(): readonly string[] {
  const words = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ") || "nothing";
  return Object.entries(FOLDERS).map(
    ([name, folder]) => `| L${folder.layer} | \`${name}\` | ${words(folder.imports)} | ${words(folder.modules)} |`,
  );
}

/** The arrows of a table that do not point to a lower layer. */
export function arrowsUp(folders: Readonly<Record<string, Folder>>): string[] {
  return Object.entries(folders).flatMap(([name, { layer, imports }]) =>
    imports
      .filter((entry) => !((folders[entry.split("/")[0]!]?.layer ?? 9) < layer))
      .map((entry) => `${name} -> ${entry}`),
  );
}
