/** `unity-probe explain PROBER`: what a prober says, what it takes for an answer, what it may trigger. Sends nothing. */
import { EXIT_CODES } from "../../model/result.ts";
import { loadProber, proberIds } from "../../probers/index.ts";
import { ConfigError } from "../../profile/config-error.ts";
import { didYouMean } from "../../profile/nearest.ts";
import { hanging } from "../../report/text-layout.ts";
import type { Command } from "../command.ts";
import { CONDITIONS, type Explanation, explanationOf } from "../explain/explanation.ts";

const WIDTH_MAX = 100;
const LABEL_WIDTH = 15;

export const explainCommand: Command = {
  words: ["explain [prober]"],
  about: "What a prober sends byte by byte, accepts, proves and may trigger; without a prober all of them",
  flags: {},
  values: async () => proberIds,
  async run({ prober }) {
    const lines = prober === undefined ? await listLines() : pageLines(await explanationFor(String(prober)));
    process.stdout.write(`${lines.join("\n")}\n`);
    return EXIT_CODES.passed;
  },
};

async function explanationFor(word: string): Promise<Explanation> {
  if (!proberIds.some((id) => id === word)) {
    throw new ConfigError(`there is no prober "${word}"`, didYouMean(word, proberIds) ?? '"explain" alone shows all');
  }
  return explanationOf(await loadProber(word));
}

async function listLines(): Promise<readonly string[]> {
  const probers = await Promise.all(proberIds.map(loadProber));
  const width = Math.max(...proberIds.map((id) => id.length));
  return probers.map(({ id, transports, about }) => {
    return `${id.padEnd(width)}  ${transports.join(", ").padEnd(8)}  ${about.title}`;
  });
}

function pageLines({ id, title, facts, messages }: Explanation): readonly string[] {
  const width = Math.min(WIDTH_MAX, process.stdout.columns ?? WIDTH_MAX);
  const factLines = facts.flatMap(([label, paragraphs]) =>
    paragraphs.flatMap((text, at) => hanging(`  ${(at === 0 ? label : "").padEnd(LABEL_WIDTH)}`, text, width)),
  );
  const messageLines = messages.flatMap(({ caption, dump }) => [
    "",
    `  ${caption}`,
    ...(dump.length === 0 ? [] : ["", ...dump.map((line) => `    ${line}`)]),
  ]);
  const hasDump = messages.some(({ dump }) => dump.length > 0);
  return [
    `${id}: ${title}`,
    "",
    ...factLines,
    ...messageLines,
    ...(hasDump ? ["", ...hanging("  ", CONDITIONS, width)] : []),
  ];
}
