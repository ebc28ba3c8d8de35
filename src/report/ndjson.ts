/**
 * One result a line, as each ends, for programs that follow a run; the last line is the document without its results.
 * Settling a run can change what a result meant when it ended (a canary shows that the network lies): such a result is
 * printed again before the summary, and the later line holds.
 */
import type { ReportDocument, ResultEntry } from "./document.ts";
import type { Renderer } from "./renderer.ts";
import { safeJson } from "./safe-text.ts";

export function ndjson(): Renderer {
  const printed = new Map<string, string>();
  const print = (one: ResultEntry): string => {
    const text = line({ type: "result", ...one });
    if (printed.get(keyOf(one)) === text) return "";
    printed.set(keyOf(one), text);
    return text;
  };
  return {
    result: print,
    end: ({ results, ...rest }: ReportDocument) => results.map(print).join("") + line({ type: "summary", ...rest }),
  };
}

function keyOf({ profile, check, host, address }: ResultEntry): string {
  return JSON.stringify([profile, check, host, address]);
}

function line(value: object): string {
  return `${safeJson(JSON.stringify(value))}\n`;
}
