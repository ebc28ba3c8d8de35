/** Rules about imports: they point down, along the table of layers.ts, without cycles. */
import { posix } from "node:path";
import { FOLDERS, tableRows } from "./layers.ts";
import type { Complaint, Import, Rule, Source } from "./source.ts";

const ofProduct = (source: Source): boolean => source.path.startsWith("src/") && source.path.endsWith(".ts");

/** The folder of src/ that a file lies in: `net` for `src/net/tcp.ts`. */
const folderOf = (path: string): string => path.split("/")[1] ?? "";

/**
 * The path of the file that an import names, from the repository's root; undefined for a package. `#name` is the door
 * of a folder that stands alone (package.json, "imports").
 */
function target(source: Source, imported: Import): string | undefined {
  if (imported.specifier.startsWith("#")) return `src/${imported.specifier.slice(1)}`;
  if (!imported.specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(source.path), imported.specifier);
}

function allowed(folder: string, path: string): boolean {
  if (folderOf(path) === folder && path.startsWith("src/")) return true;
  const inSrc = path.replace(/^src\//, "");
  return FOLDERS[folder]!.imports.some((entry) => inSrc === entry || inSrc.startsWith(`${entry}/`));
}

function checkArrow(source: Source, imported: Import): Complaint[] {
  const folder = folderOf(source.path);
  const path = target(source, imported);
  const [fits, allowance] =
    path === undefined
      ? [FOLDERS[folder]!.modules.includes(imported.specifier), FOLDERS[folder]!.modules]
      : [allowed(folder, path), FOLDERS[folder]!.imports];
  if (fits) return [];
  return [
    {
      path: source.path,
      line: imported.line,
      wrong: `src/${folder}/ must not import ${imported.specifier}`,
      mend: `it may import ${allowance.join(", ") || "nothing of the kind"} (test/tidy/layers.ts); take the rest as an argument`,
    },
  ];
}

const arrows: Rule = {
  name: "imports follow the table of layers",
  check: (sources) =>
    sources.filter(ofProduct).flatMap((source) => {
      if (FOLDERS[folderOf(source.path)] !== undefined)
        return source.imports.flatMap((each) => checkArrow(source, each));
      return [
        { path: source.path, line: 1, wrong: "its folder has no layer", mend: "give it a row in test/tidy/layers.ts" },
      ];
    }),
  broken: [
    {
      files: { "src/wire/ntp.ts": `import "./bytes.ts";\nimport type { Check } from "../model/check.ts";` },
      complaint: "src/wire/ntp.ts:2: src/wire/ must not import ../model/check.ts",
    },
    {
      files: { "src/engine/run.ts": `import limit from "p-limit";\nimport { connect } from "node:net";` },
      complaint: "src/engine/run.ts:2: src/engine/ must not import node:net",
    },
    {
      files: { "src/profile/heads.ts": `import "../probers/index.ts";\nimport "../probers/ntp.ts";` },
      complaint: "src/profile/heads.ts:2: src/profile/ must not import ../probers/ntp.ts",
    },
    {
      files: { "src/wire/ntp.ts": `import { openSockets } from "#node-dgram-ext";` },
      complaint: "src/wire/ntp.ts:1: src/wire/ must not import #node-dgram-ext",
    },
    { files: { "src/fleet/a.ts": "" }, complaint: "src/fleet/a.ts:1: its folder has no layer" },
  ],
};

const cycles: Rule = {
  name: "no import cycle",
  check: (sources) => {
    const graph = new Map(
      sources
        .filter(ofProduct)
        .map((source) => [source.path, source.imports.flatMap((each) => target(source, each) ?? [])]),
    );
    return [...graph.keys()].flatMap((start) => {
      const way = wayBack(graph, start);
      // A cycle is told once, at the first of its files.
      if (way === undefined || way.some((path) => path < start)) return [];
      const wrong = `import cycle: ${[start, ...way].join(" -> ")}`;
      return [{ path: start, line: 1, wrong, mend: "move what both need into a third file" }];
    });
  },
  broken: [
    {
      files: {
        "src/net/a.ts": `import "./b.ts";`,
        "src/net/b.ts": `import "./c.ts";`,
        "src/net/c.ts": `import "./a.ts";`,
      },
      complaint: "src/net/a.ts:1: import cycle: src/net/a.ts -> src/net/b.ts -> src/net/c.ts -> src/net/a.ts",
    },
  ],
};

/** The shortest way from a file along its imports to itself, without the start. */
function wayBack(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const seen = new Set<string>();
  let ways: string[][] = [[start]];
  while (ways.length > 0) {
    const longer = ways.flatMap((way) => (graph.get(way.at(-1)!) ?? []).map((next) => [...way, next]));
    const home = longer.find((way) => way.at(-1) === start);
    if (home !== undefined) return home.slice(1);
    ways = longer.filter((way) => !seen.has(way.at(-1)!) && seen.add(way.at(-1)!));
  }
  return undefined;
}

const dynamic: Rule = {
  name: "import() takes our own files",
  check: (sources) =>
    sources.filter(ofProduct).flatMap((source) =>
      source.imports
        .filter((each) => each.dynamic && !/^[.#]/.test(each.specifier))
        .map((each) => ({
          path: source.path,
          line: each.line,
          wrong: `import("${each.specifier}") of a package`,
          mend: "import() a file of ours that imports the package: in the bundle a CommonJS package has no named exports",
        })),
    ),
  broken: [
    {
      files: { "src/profile/load.ts": `const { parse } = await import("yaml");` },
      complaint: `src/profile/load.ts:1: import("yaml") of a package`,
    },
  ],
};

const architecture: Rule = {
  name: "ARCHITECTURE.md prints the table of layers",
  check: (sources) => {
    const lines = sources.find((source) => source.path === "ARCHITECTURE.md")?.text.split("\n") ?? [];
    const printed = lines.filter((line) => /^\| L\d \|/.test(line));
    const missing = tableRows().filter((row) => !printed.includes(row));
    const extra = printed.filter((line) => !tableRows().includes(line));
    return [
      ...missing.map((row) => ({ path: "ARCHITECTURE.md", line: 1, wrong: `row missing: ${row}`, mend: "paste it" })),
      ...extra.map((row) => ({
        path: "ARCHITECTURE.md",
        line: lines.indexOf(row) + 1,
        wrong: `row not in test/tidy/layers.ts: ${row}`,
        mend: "remove it, or mend the table",
      })),
    ];
  },
  broken: [
    {
      files: { "ARCHITECTURE.md": [...tableRows(), "| L1 | `wire` | `net` | nothing |"].join("\n") },
      complaint: `ARCHITECTURE.md:${tableRows().length + 1}: row not in test/tidy/layers.ts: | L1 | \`wire\` | \`net\` | nothing |`,
    },
  ],
};

export const importRules: readonly Rule[] = [arrows, cycles, dynamic, architecture];
