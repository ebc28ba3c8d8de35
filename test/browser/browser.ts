/** Headless Chromium, and pages that tell what went wrong in them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { reportFile } from "./report-file.ts";

export interface Watched {
  readonly page: Page;
  /** Messages of the console, errors, violations of the policy, and requests to anywhere else than where it came from. */
  readonly complaints: string[];
}

export interface Browsing {
  /** Opens an address; everything that it may ask for begins with `origin`. The page is closed with the test. */
  open(url: string, origin: string, options?: BrowserContextOptions): Promise<Watched>;
  /** The same for the file that `-o html` writes of a report. */
  openReport(document: ReportDocument, options?: BrowserContextOptions & { readonly hash?: string }): Promise<Watched>;
}

/** A browser for the tests of one file. Without Chromium they fail: a page that nobody opened is not tested. */
export function withBrowser(): Browsing {
  const folder = mkdtempSync(join(tmpdir(), "unity-probe-page-"));
  let browser: Browser;
  beforeAll(async () => {
    const asRoot = process.getuid?.() === 0;
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: asRoot ? ["--no-sandbox"] : [],
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });
  const open: Browsing["open"] = async (url, origin, options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) {
        complaints.push(`request: ${request.url()}`);
      }
    });
    await page.exposeFunction("complain", (text: string) => complaints.push(`policy: ${text}`));
    await page.addInitScript(`addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
      complain([violatedDirective, blockedURI, sample].join(" ")));`);
    await page.goto(url);
    await page.locator("button.cell").first().waitFor({ state: "attached" });
    return { page, complaints };
  };
  return {
    open,
    async openReport(document, { hash = "", ...options } = {}) {
      const href = await reportFile(folder, document);
      return open(href + hash, href, options);
    },
  };
}
