/** The status page as the build made it: for the agent, which serves it, and for `-o html`, which writes it into a file. */
import { readFile } from "node:fs/promises";
import type { PageAssets } from "../report/renderer.ts";

/** Reads it from beside the bundle. */
export async function pageAssets(): Promise<PageAssets> {
  const read = (name: string) => readFile(new URL(`../page/${name}`, import.meta.url), "utf8");
  const [html, css, js] = await Promise.all([read("page.html"), read("page.css"), read("page.js")]);
  return { html, css, js };
}
