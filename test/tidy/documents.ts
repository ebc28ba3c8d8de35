/** Rules about words: documents that hold together, and nothing that belongs to one machine or to yesterday. */
import { posix } from "node:path";
import { complain, type Rule, type Source } from "./source.ts";

/** The rules' own examples would match themselves. */
const readable = (source: Source): boolean =>
  /\.(?:ts|js|json|md|ya?ml|sh)$|^Dockerfile$|^\.ci\/run$/.test(source.path) && !source.path.startsWith("test/tidy/");

/** A rule that bans a pattern from every text of the tree. */
function banned(name: string, pattern: RegExp, wrong: string, mend: string, example: string): Rule {
  return {
    name,
    check: (sources) =>
      sources.filter(readable).flatMap((source) => complain(source, source.text, pattern, wrong, mend)),
    broken: [{ files: { "src/net/a.ts": `\n${example}` }, complaint: "src/net/a.ts:2: " }],
  };
}

const leftovers = banned(
  "nothing is put off in the code",
  /\b(?:TODO|FIXME|XXX|HACK)\b/g,
  "$ left behind",
  "do it, or write it into the tracker and remove the mark",
  "// TODO: later",
);

const machinePaths = banned(
  "no path of one machine",
  /(?<![\w.])(?:\/(?:work|home|root|Users|tmp)\/|[A-Z]:\\Users)\S*/g,
  "$ exists on one machine",
  "take a path from an argument, from os.tmpdir(), or relative to the file",
  `const path = "/home/me/x";`,
);

const registryHosts = banned(
  "no registry host",
  // Written with a class, so that this file names none of them itself.
  /\b(?:registry\.[a-z]\S*|npmj[s]\.(?:org|com)|pyp[i]\.org|docke[r]\.io|ghc[r]\.io|gc[r]\.io|qua[y]\.io)|"resolved": ?"https?:\S*/g,
  "$ fixes where packages come from",
  "leave it to the machine's configuration (.npmrc omits it from the lock file)",
  `"resolved": "https://registry.example/a.tgz"`,
);

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const everyPlatform: Rule = {
  name: "the lock file holds the packages of every platform",
  check: (sources) => {
    const lock = sources.find(({ path }) => path === "package-lock.json")?.text ?? `{"packages": {}}`;
    const { packages }: { packages: Record<string, Locked> } = JSON.parse(lock);
    const held = (name: string): boolean => Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`));
    return Object.values(packages)
      .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => !held(name))
      .map((name) => ({
        path: "package-lock.json",
        line: 1,
        wrong: `${name} is missing, so npm ci refuses the lock file`,
        mend: "take a version that the registry holds for every platform, and let npm write the file again",
      }));
  },
  broken: [
    {
      files: {
        "package-lock.json": `{"packages": {"node_modules/a": {"optionalDependencies": {"a-linux": "1", "a-win32": "1"}},
          "node_modules/a-linux": {}}}`,
      },
      complaint: "package-lock.json:1: a-win32 is missing",
    },
  ],
};

const ADR_PARTS = ["Status", "Context", "Decision", "Consequences"];

const decisions: Rule = {
  name: "every decision has its four parts",
  check: (sources) =>
    sources
      .filter((source) => /^docs\/adr\/\d{4}-.*\.md$/.test(source.path))
      .flatMap((source) =>
        ADR_PARTS.filter((part) => !new RegExp(`^(?:## ${part}|${part}:)`, "m").test(source.text)).map((part) => {
          return { path: source.path, line: 1, wrong: `no part "${part}"`, mend: `begin it with "## ${part}"` };
        }),
      ),
  broken: [
    {
      files: { "docs/adr/0001-layers.md": "# Layers\n\nStatus: accepted\n\n## Context\n\n## Decision\n" },
      complaint: `docs/adr/0001-layers.md:1: no part "Consequences"`,
    },
  ],
};

const decisionNumbers: Rule = {
  name: "every decision has a number of its own",
  check: (sources) => {
    const numbers = new Map<string, string>();
    return sources.flatMap(({ path }) => {
      const number = /^docs\/adr\/(\d{4})-/.exec(path)?.[1];
      if (number === undefined) return [];
      const other = numbers.get(number);
      if (other === undefined) numbers.set(number, path);
      return other === undefined ? [] : [{ path, line: 1, wrong: `${other} has its number`, mend: "take the next" }];
    });
  },
  broken: [
    {
      files: { "docs/adr/0001-a.md": "# 1. A\n", "docs/adr/0001-b.md": "# 1. B\n" },
      complaint: "docs/adr/0001-b.md:1: docs/adr/0001-a.md has its number",
    },
  ],
};

const links: Rule = {
  name: "every relative link of a document leads somewhere",
  check: (sources) => {
    const exists = (path: string): boolean =>
      path === "." ||
      sources.some((source) => source.path === path || source.path.startsWith(`${path.replace(/\/$/, "")}/`));
    return sources
      .filter((source) => source.path.endsWith(".md"))
      .flatMap((source) =>
        complain(source, source.text, /(?<=\]\()(?![a-z]+:|#)[^)\s#]+/g, "$", "mend the link").filter(
          ({ wrong }) => !exists(posix.join(posix.dirname(source.path), wrong)),
        ),
      )
      .map((complaint) => ({ ...complaint, wrong: `the link to ${complaint.wrong} leads nowhere` }));
  },
  broken: [
    {
      files: { "docs/a.md": "[self](a.md) [web](https://example.com)\n[up](../README.md#top)" },
      complaint: "docs/a.md:2: the link to ../README.md leads nowhere",
    },
  ],
};

export const documentRules: readonly Rule[] = [
  leftovers,
  machinePaths,
  registryHosts,
  everyPlatform,
  decisions,
  decisionNumbers,
  links,
];
