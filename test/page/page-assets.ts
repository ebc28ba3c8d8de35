/** The page as `npm run build` made it. */
import { readFile } from "node:fs/promises";
import type { PageAssets } from "../../src/report/renderer.ts";

export async function pageAssets(): Promise<PageAssets> {
  const read = (name: string) => readFile(new URL(`../../dist/page/${name}`, import.meta.url), "utf8");
  const [html, css, js] = await Promise.all([read("page.html"), read("page.css"), read("page.js")]);
  return { html, css, js };
}
