/** Rules about completeness: nothing is written and then forgotten, and nothing stands without its tests. */
import { basename, posix } from "node:path";
import type { Rule, Source } from "./source.ts";

const nounsIn = (sources: readonly Source[], folder: string): string[] =>
  sources
    .filter((source) => source.path.startsWith(folder) && source.path.endsWith(".ts"))
    .map((source) => basename(source.path, ".ts"));

/** The files that declare a prober; what several probers share lies beside them. */
const proberFiles = (sources: readonly Source[]): string[] =>
  nounsIn(
    sources.filter((source) => /^export const \w+: (?:Oneshot|Dialogue|Sweep)</m.test(source.code)),
    "src/probers/",
  );

const registry: Rule = {
  name: "every prober is in the registry under its file's name",
  check: (sources) => {
    const index = sources.find((source) => source.path === "src/probers/index.ts");
    const entries = [...(index?.text.matchAll(/^ {2}"?([\w-]+)"?: .*import\("\.\/([\w-]+)\.ts"\)/gm) ?? [])];
    const listed = new Map(entries.map(([, id, file]) => [id, file]));
    const files = proberFiles(sources);
    const at = { path: "src/probers/index.ts", line: 1 };
    return [
      ...files
        .filter((file) => listed.get(file) !== file)
        .map((file) => ({ ...at, wrong: `${file} is not listed`, mend: `add a line for it, "${file}": ...` })),
      ...[...listed.keys()]
        .filter((id) => !files.includes(id!))
        .map((id) => ({
          ...at,
          wrong: `${id} has no prober file`,
          mend: "remove the line, or call the file like the id",
        })),
    ];
  },
  broken: [
    {
      files: { "src/probers/index.ts": "", "src/probers/ntp.ts": "export const ntp: Oneshot<None> = {" },
      complaint: "src/probers/index.ts:1: ntp is not listed",
    },
    {
      files: { "src/probers/index.ts": `  "dns-query": async () => (await import("./dns.ts")).dns,` },
      complaint: "src/probers/index.ts:1: dns-query has no prober file",
    },
  ],
};

const proberTests: Rule = {
  name: "every prober has a test",
  check: (sources) =>
    proberFiles(sources)
      .filter((id) => !sources.some((source) => source.path === `test/probers/${id}.test.ts`))
      .map((id) => ({
        path: `src/probers/${id}.ts`,
        line: 1,
        wrong: "no test",
        mend: `write test/probers/${id}.test.ts`,
      })),
  broken: [
    {
      files: { "src/probers/ntp.ts": "export const ntp: Oneshot<None> = {" },
      complaint: "src/probers/ntp.ts:1: no test",
    },
  ],
};

/** What each codec is held against; looked for in the titles of the tests that reach it. */
const CODEC_TESTS = { "round trip": /round.?trip/i, "every truncation": /truncation/i, "captured bytes": /captured/i };

/** The lines on which tests begin. */
const titlesOf = (test: Source): readonly string[] => test.text.match(/\b(?:describe|it|test)(?:\.\w+)*\(.*/g) ?? [];

/** The files of src/wire/ that a test imports, and what those import: a part of a codec is tested with the whole. */
function codecsOf(test: Source, sources: readonly Source[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const reach = (source: Source): void => {
    for (const { specifier } of source.imports) {
      const codec = sources.find(({ path }) => path === posix.join(posix.dirname(source.path), specifier));
      if (codec === undefined || !codec.path.startsWith("src/wire/") || reached.has(codec.path)) continue;
      reached.add(codec.path);
      reach(codec);
    }
  };
  reach(test);
  return reached;
}

const codecTests: Rule = {
  name: "every codec is tested by round trip, truncation and captured bytes",
  check: (sources) => {
    const tests = sources
      .filter(({ path }) => /^test\/wire\/.*\.test\.ts$/.test(path))
      .map((test) => ({ codecs: codecsOf(test, sources), titles: titlesOf(test) }));
    return nounsIn(sources, "src/wire/")
      .filter((codec) => codec !== "bytes")
      .flatMap((codec) => {
        const path = `src/wire/${codec}.ts`;
        const titles = tests.flatMap((test) => (test.codecs.has(path) ? test.titles : [])).join("\n");
        const missing = Object.entries(CODEC_TESTS).filter(([, words]) => !words.test(titles));
        return missing.map(([title]) => ({
          path,
          line: 1,
          wrong: `no test of "${title}"`,
          mend: `write one with these words in its title, in test/wire/${codec}.test.ts`,
        }));
      });
  },
  broken: [
    {
      files: {
        "src/wire/ntp.ts": "",
        "test/wire/ntp.test.ts": `import "../../src/wire/ntp.ts";\nit("round trip");\nit("refuses every truncation");`,
        "test/wire/dns.test.ts": `import "../../src/wire/dns.ts";\nit("reads captured bytes");`,
      },
      complaint: `src/wire/ntp.ts:1: no test of "captured bytes"`,
    },
    {
      files: {
        "src/wire/dns.ts": `import "./dns-name.ts";`,
        "src/wire/dns-name.ts": "",
        "test/wire/dns.test.ts": `import "../../src/wire/dns.ts";\nit("captured bytes, round trip")`,
      },
      complaint: `src/wire/dns-name.ts:1: no test of "every truncation"`,
    },
  ],
};

export const registryRules: readonly Rule[] = [registry, proberTests, codecTests];
