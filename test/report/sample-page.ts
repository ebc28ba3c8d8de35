/** A page of the shape that the build gives: its real markup, with a style and a script that are short. */
import { readFileSync } from "node:fs";
import type { PageAssets } from "../../src/report/renderer.ts";

export const PAGE: PageAssets = {
  html: readFileSync(new URL("../../src/page/page.html", import.meta.url), "utf8"),
  css: "body{margin:0}",
  js: `"use strict";(()=>{document.title="$& $1"})();`,
};
