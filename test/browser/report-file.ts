import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ReportDocument } from "../../src/report/document.ts";
import { html } from "../../src/report/html.ts";
import { pageAssets } from "../page/page-assets.ts";

/** Writes the file that `-o html` makes of a report into a folder, and gives its address. */
export async function reportFile(folder: string, document: ReportDocument): Promise<string> {
  const file = join(folder, "report.html");
  writeFileSync(file, html({ color: false, width: 80, page: await pageAssets() }).end(document));
  return pathToFileURL(file).href;
}
