/** Rules about completeness: nothing is written and then forgotten, and nothing stands without its tests. */
import { basename } from "node:path";
import type { Complaint, Rule, Source } from "./source.ts";

const nounsIn = (sources: readonly Source[], folder: string, except: string): string[] =>
  sources
    .filter((source) => source.path.startsWith(folder) && source.path.endsWith(".ts") && !source.path.endsWith(except))
    .map((source) => basename(source.path, ".ts"));

const registry: Rule = {
  name: "every prober is in the registry under its file's name",
  check: (sources) => {
    const index = sources.find((source) => source.path === "src/probers/index.ts");
    const entries = [...(index?.text.matchAll(/^ {2}"?([\w-]+)"?: .*import\("\.\/([\w-]+)\.ts"\)/gm) ?? [])];
    const listed = new Map(entries.map(([, id, file]) => [id, file]));
    const files = nounsIn(sources, "src/probers/", "/index.ts");
    const at = { path: "src/probers/index.ts", line: 1 };
    return [
      ...files
        .filter((file) => listed.get(file) !== file)
        .map((file) => ({
          ...at,
          wrong: `${file} is not listed`,
          mend: `add "${file}": async () => (await import("./${file}.ts"))...`,
        })),
      ...[...listed.keys()]
        .filter((id) => !files.includes(id!))
        .map((id) => ({ ...at, wrong: `${id} has no file`, mend: "remove the line, or call the file like the id" })),
    ];
  },
  broken: [
    {
      files: { "src/probers/index.ts": "", "src/probers/ntp.ts": "" },
      complaint: "src/probers/index.ts:1: ntp is not listed",
    },
    {
      files: { "src/probers/index.ts": `  "dns-query": async () => (await import("./dns.ts")).dns,` },
      complaint: "src/probers/index.ts:1: dns-query has no file",
    },
  ],
};

const proberTests: Rule = {
  name: "every prober has a test",
  check: (sources) =>
    nounsIn(sources, "src/probers/", "/index.ts")
      .filter((id) => !sources.some((source) => source.path === `test/probers/${id}.test.ts`))
      .map((id) => ({
        path: `src/probers/${id}.ts`,
        line: 1,
        wrong: "no test",
        mend: `write test/probers/${id}.test.ts`,
      })),
  broken: [{ files: { "src/probers/ntp.ts": "" }, complaint: "src/probers/ntp.ts:1: no test" }],
};

/** What each codec is held against; each is looked for in the titles of its test. */
const CODEC_TESTS = { "a round trip": /round.?trip/i, "every truncation": /truncat/i, "captured bytes": /captur/i };

const codecTests: Rule = {
  name: "every codec is tested by round trip, truncation and captured bytes",
  check: (sources) =>
    nounsIn(sources, "src/wire/", "/bytes.ts").flatMap((codec): Complaint[] => {
      const path = `test/wire/${codec}.test.ts`;
      const test = sources.find((source) => source.path === path);
      const titles = [...(test?.text.matchAll(/\b(?:describe|it|test)(?:\.\w+)?\(.*/g) ?? [])].join("\n");
      return Object.entries(CODEC_TESTS)
        .filter(([, title]) => !title.test(titles))
        .map(([what]) => ({
          path,
          line: 1,
          wrong: `no test of ${what}`,
          mend: "write one, with these words in its title",
        }));
    }),
  broken: [
    {
      files: {
        "src/wire/ntp.ts": "",
        "test/wire/ntp.test.ts": `it("round trip");\nit("every truncation throws WireError");`,
      },
      complaint: "test/wire/ntp.test.ts:1: no test of captured bytes",
    },
  ],
};

export const registryRules: readonly Rule[] = [registry, proberTests, codecTests];
