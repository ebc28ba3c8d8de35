import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { html } from "../../src/report/html.ts";
import { reportStatus } from "../../src/report/report-status.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { PAGE } from "./sample-page.ts";
import { oneTarget, sampleRun, TOOL } from "./sample-run.ts";

const render = (document: ReportDocument, assets = PAGE): string =>
  html({ color: false, width: 80, page: assets }).end(document);
const report = runDocument(sampleRun(), TOOL);

/** The elements of a script kind in the order of the file, as an HTML parser ends them: at the first `</script`. */
function scripts(text: string): readonly { readonly attributes: string; readonly content: string }[] {
  return [...text.matchAll(/<script([^>]*)>([\s\S]*?)<\/script/gi)].map(([, attributes, content]) => ({
    attributes: attributes!,
    content: content!,
  }));
}

const dataOf = (text: string): unknown =>
  JSON.parse(scripts(text).find(({ attributes }) => /json/.test(attributes))!.content);

function hostile(text: string): ReportDocument {
  return {
    ...report,
    findings: [{ check: text, host: text, text }],
    results: report.results.map((result) => ({
      ...result,
      detail: text,
      service: text,
      warnings: [text],
      evidence: { certificateSubject: text, [text]: text },
    })),
  };
}

const NASTY = [
  "</script><script>alert(1)</script>",
  "<!-- <script>",
  "]]>",
  "\u2028\u2029",
  "<img src=x onerror=alert(1)>",
  "$& $1 $` $'",
  "\\u003c/script>",
  "CN=<b>&amp;\"'</b>",
];

describe("the self-contained page", () => {
  it("holds the status of the report, the style and the script", () => {
    const text = render(report);
    expect(dataOf(text)).toEqual(reportStatus(report));
    expect(scripts(text).map(({ content }) => content)).toContain(PAGE.js);
    expect(text).toContain(`<style>${PAGE.css}</style>`);
    expect(text).not.toMatch(/<(?:script|link)[^>]*(?:src|href)="(?!data:)/);
  });

  it("has a policy that allows this script and this style, and nothing else", () => {
    const text = render(report);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)![1]!;
    const hash = (content: string) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `script-src ${hash(PAGE.js)}`,
      `style-src ${hash(PAGE.css)}`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(text.indexOf("Content-Security-Policy")).toBeLessThan(text.indexOf("<style"));
  });

  it.each(NASTY)("keeps what a peer said as data: %j", (text) => {
    const out = render(hostile(text));
    expect(scripts(out)).toHaveLength(2);
    expect(dataOf(out)).toEqual(reportStatus(hostile(text)));
    expect(scripts(out).find(({ attributes }) => /json/.test(attributes))!.content).not.toMatch(/[<\u2028\u2029]/);
  });

  it("keeps any text as data", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        expect(dataOf(render(hostile(text)))).toEqual(JSON.parse(JSON.stringify(reportStatus(hostile(text)))));
      }),
      { numRuns: 50 },
    );
  });

  it("puts the note of the caller behind the detail", () => {
    const renderer = html({
      color: false,
      width: 80,
      page: PAGE,
      endpointNote: ({ ports }) => (ports === "88" ? "via 1" : undefined),
    });
    const { cells } = dataOf(renderer.end(runDocument(oneTarget(), TOOL))) as ReturnType<typeof reportStatus>;
    const details = cells.filter(({ result }) => result.detail.endsWith(" [via 1]"));
    expect(new Set(details.map(({ result }) => result.ports))).toEqual(new Set(["88"]));
  });

  it("is refused without a page, and with one that is not ours", () => {
    expect(() => html({ color: false, width: 80 })).toThrow("needs the page");
    expect(() => render(report, { ...PAGE, html: "<!doctype html>" })).toThrow("page.html must have");
  });
});
