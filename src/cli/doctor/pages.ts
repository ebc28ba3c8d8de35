/** What `unity-probe doctor` prints: a page for people, a document for programs. */
import { hanging, pad, widthOf } from "../../report/text-layout.ts";
import type { Finding } from "./diagnosis.ts";
import type { Machine } from "./machine.ts";

const WIDTH_MAX = 100;
const WORDS = { yes: "yes", no: "no", unknown: "????" } as const;
const WORD_WIDTH = 4;

/** As wide as the terminal, and no wider than is good to read. */
export function doctorText(machine: Machine, findings: readonly Finding[], columns = WIDTH_MAX): string {
  const width = Math.min(WIDTH_MAX, columns);
  const titleWidth = Math.max(...findings.map(({ title }) => widthOf(title)));
  const { platform, release, architecture, node } = machine;
  const lines = findings.flatMap(({ title, can, seen, means }) => [
    ...hanging(`  ${pad(WORDS[can], WORD_WIDTH)}  ${pad(title, titleWidth)}  `, seen, width),
    ...hanging(" ".repeat(WORD_WIDTH + 4), means, width),
  ]);
  return `${[`${platform} ${release} on ${architecture}, Node ${node}`, "", ...lines].join("\n")}\n`;
}

export function doctorDocument(machine: Machine, findings: readonly Finding[], version: string): object {
  const { platform, release, architecture, node } = machine;
  return {
    schemaVersion: 1,
    tool: { name: "unity-probe", version },
    machine: { platform, release, architecture, node },
    findings,
  };
}
