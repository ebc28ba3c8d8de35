/** docs/probers/: a page for each prober of the registry, and a list of them. Printed from what `explain` says. */
import { CONDITIONS, type Explanation, explanationOf } from "../src/cli/explain/explanation.ts";
import { loadProber, proberIds } from "../src/probers/index.ts";

/** The text of each page by its path from the repository's root. */
export async function proberPages(): Promise<ReadonlyMap<string, string>> {
  const explanations = await Promise.all(proberIds.map(async (id) => explanationOf(await loadProber(id))));
  return new Map([
    ["docs/probers/README.md", listPage(explanations)],
    ...explanations.map((one) => [`docs/probers/${one.id}.md`, page(one)] as const),
  ]);
}

function listPage(explanations: readonly Explanation[]): string {
  const lines = explanations.map(({ id, title }) => `- [${id}](${id}.md): ${plain(title)}`);
  return `# Probers

What stands behind the word \`prober\` in a profile. These pages are printed from the code (\`npm run docs\`);
\`unity-probe explain PROBER\` says the same.

${lines.join("\n")}
`;
}

function page({ id, title, facts, messages }: Explanation): string {
  const rows = facts.map(([label, paragraphs]) => `| ${label} | ${paragraphs.map(plain).join("<br>")} |`);
  const dumps = messages.map(({ caption, dump }) => {
    return dump.length === 0 ? caption : `${caption}\n\n\`\`\`text\n${dump.join("\n")}\n\`\`\``;
  });
  const conditions = messages.some(({ dump }) => dump.length > 0) ? [CONDITIONS] : [];
  return `# ${id}

${plain(title)}

| | |
| --- | --- |
${rows.join("\n")}

${[...dumps, ...conditions].join("\n\n")}
`;
}

/** Text in which Markdown finds nothing of its own. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_<|[\]]/g, "\\$&");
}
