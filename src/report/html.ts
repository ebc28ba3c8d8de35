/**
 * The report as the status page, one file that needs no other: page, style and script stand in it with the data. A
 * content security policy lets exactly this script and this style act, and nothing be fetched.
 */
import { createHash } from "node:crypto";
import type { ReportDocument } from "./document.ts";
import type { PageAssets, Renderer, RenderOptions } from "./renderer.ts";
import { reportStatus } from "./report-status.ts";
import { safeJson } from "./safe-text.ts";

/** The places of page.html that name the other two files. */
const STYLE_LINK = `<link rel="stylesheet" href="page.css">`;
const SCRIPT_LINK = `<script src="page.js" defer></script>`;
const CHARSET = `<meta charset="utf-8">`;

/** Throws where the caller brought no page. */
export function html({ page, endpointNote }: RenderOptions): Renderer {
  if (page === undefined) throw new Error("-o html needs the page that the build makes");
  return { end: (document) => selfContained(page, withNotes(document, endpointNote)) };
}

/** Notes of the caller stand behind the details, as in a table. */
function withNotes(document: ReportDocument, note: RenderOptions["endpointNote"]): ReportDocument {
  if (note === undefined) return document;
  const results = document.results.map((result) => {
    const text = note(result) ?? "";
    return text === "" ? result : { ...result, detail: `${result.detail} [${text}]` };
  });
  return { ...document, results };
}

function selfContained({ html: page, css, js }: PageAssets, document: ReportDocument): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(js)}'`,
    `style-src '${hashOf(css)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const data = `<script type="application/json" id="status">${scriptJson(reportStatus(document))}</script>`;
  return [
    [CHARSET, `${CHARSET}\n${meta}`],
    [STYLE_LINK, `<style>${css}</style>`],
    [`${SCRIPT_LINK}\n`, ""],
    ["</body>", `${data}\n<script>${js}</script>\n</body>`],
  ].reduce((text, [place, better]) => replaceOnce(text, place!, better!), page);
}

/** JSON that ends no script element and begins no comment: a peer may have said `</script>`. */
function scriptJson(value: unknown): string {
  return safeJson(JSON.stringify(value)).replaceAll("<", "\\u003c");
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function replaceOnce(text: string, place: string, better: string): string {
  const [before, after, ...more] = text.split(place);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`page.html must have ${place} once`);
  return before + better + after;
}
