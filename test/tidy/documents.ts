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
  /\b(?:registry\.[a-z]\S*|npmjs\.(?:org|com)|pypi\.org|docker\.io|ghcr\.io|gcr\.io|quay\.io)/g,
  "$ fixes where packages come from",
  "leave it to the machine's configuration (.npmrc omits it from the lock file)",
  `"resolved": "https://registry.npmjs.org/a.tgz"`,
);

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

export const documentRules: readonly Rule[] = [leftovers, machinePaths, registryHosts, decisions, links];
