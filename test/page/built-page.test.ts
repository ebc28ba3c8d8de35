/** What holds of the page as it was built; test/browser opens it. */
import { describe, expect, it } from "vitest";
import { pageAssets } from "./page-assets.ts";

const page = await pageAssets();

describe("the built page", () => {
  it("can stand in a script element and a style element", () => {
    expect(page.js).not.toMatch(/<\/script|<script|<!--/i);
    expect(page.css).not.toMatch(/<\/style|@import|url\(/i);
  });

  it("is small", () => {
    expect(page.js.length).toBeLessThan(40_000);
  });

  it("has no style and no script in its markup", () => {
    expect(page.html).not.toMatch(/\sstyle=|\son\w+=|<style|<script(?![^>]*src=)/);
  });
});
