/** Rules about file names: a file is called after the one thing in it. */
import { basename } from "node:path";
import type { Complaint, Rule, Source } from "./source.ts";

const ofOurs = (source: Source): boolean => /^(?:src|test|scripts)\/.*\.ts$/.test(source.path);

/** One complaint for each file whose name does not fit. */
function misnamed(
  sources: readonly Source[],
  fits: (name: string, path: string) => boolean,
  wrong: string,
  mend: string,
): Complaint[] {
  return sources
    .filter((source) => ofOurs(source) && !fits(basename(source.path), source.path))
    .map((source) => ({ path: source.path, line: 1, wrong, mend }));
}

const kebab: Rule = {
  name: "files are called in kebab-case",
  check: (sources) =>
    misnamed(
      sources,
      (name) => /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.config)?\.ts$/.test(name),
      "not kebab-case",
      "rename it",
    ),
  broken: [{ files: { "src/net/tcpSocket.ts": "" }, complaint: "src/net/tcpSocket.ts:1: not kebab-case" }],
};

const drawers: Rule = {
  name: "no file is a drawer for everything",
  check: (sources) =>
    misnamed(
      sources,
      (name) => !/^(?:utils?|helpers?|common|misc|shared|lib|tools?|types)\b/.test(name),
      "the name says nothing",
      "name it after the thing in it, or put each thing where it is used",
    ),
  broken: [{ files: { "src/net/utils.ts": "" }, complaint: "src/net/utils.ts:1: the name says nothing" }],
};

const REGISTRIES = ["src/probers/index.ts", "src/report/index.ts"];

const barrels: Rule = {
  name: "only a registry is called index.ts",
  check: (sources) =>
    misnamed(
      sources,
      (name, path) => name !== "index.ts" || REGISTRIES.includes(path),
      "a barrel file",
      "import each thing from the file that holds it",
    ),
  broken: [{ files: { "src/net/index.ts": "" }, complaint: "src/net/index.ts:1: a barrel file" }],
};

export const nameRules: readonly Rule[] = [kebab, drawers, barrels];
