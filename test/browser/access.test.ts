/** The page by keys, for ears, on small screens, and in both colours. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { serveStatus } from "./agent-stage.ts";
import { withBrowser } from "./browser.ts";
import { FIELDS, type Fields } from "./fields.ts";
import { sampleStatus } from "./sample-status.ts";

const browsing = withBrowser();
const open = async (options = {}) => {
  const { url } = await serveStatus(sampleStatus(3, Date.now()));
  return (await browsing.open(url, url, options)).page;
};
const focused = (page: Page): Promise<string> =>
  page.evaluate(`document.activeElement.getAttribute("aria-label") ?? document.activeElement.id`);

describe("by keys alone", () => {
  it("walks the matrix, opens a cell and comes back to it", async () => {
    const page = await open();
    await page.locator("#skip").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toMatch(/^PASS: Kerberos tcp\/88 on dc01/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    expect(await focused(page)).toMatch(/^FAIL: Kerberos udp\/88 on dc02/);
    await page.keyboard.press("End");
    expect(await focused(page)).toMatch(/^FAIL: Kerberos udp\/88 on dc03/);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    expect(await focused(page)).toMatch(/^FAIL: Kerberos udp\/88 on dc01/);
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("details-title");
    expect(await page.locator("#details").isVisible()).toBe(true);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(`document.querySelector("#details").contains(document.activeElement)`)).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.locator("#details").isVisible()).toBe(false);
    expect(await focused(page)).toMatch(/^FAIL: Kerberos udp\/88 on dc01/);
  });

  it("is one stop of Tab for a table, and steps over what the filter hides", async () => {
    const page = await open();
    expect(await page.locator(`#matrix table:visible button.cell[tabindex="0"]`).count()).toBe(1);
    await page.keyboard.press("/");
    await page.keyboard.type("udp/");
    await page.locator(`#matrix button.cell[tabindex="0"]`).first().focus();
    await page.keyboard.press("ArrowDown");
    expect(await focused(page)).toContain("udp/");
    expect(await page.locator("#matrix table:visible tbody tr:visible").count()).toBeLessThan(6);
  });

  it("reaches the cells of what does not pass, and comes back there", async () => {
    const page = await open();
    const link = page.locator("#causes button.row-link").first();
    await link.press("Enter");
    expect(await focused(page)).toBe("details-title");
    await page.keyboard.press("Escape");
    expect(await link.evaluate((button) => button.matches(":focus"))).toBe(true);
  });
});

describe("for ears", () => {
  it("is a table with headers, and cells that say what they are", async () => {
    const page = await open();
    const tree = await page.locator("#matrix").ariaSnapshot();
    expect(tree).toContain(`table "Unity secondary → DC"`);
    expect(tree).toContain(`columnheader "dc01.example.com 10.20.1.10"`);
    expect(tree).toContain(`rowheader "tcp/88 Kerberos"`);
    expect(tree).toMatch(/button "FAIL: Kerberos passwd tcp\/464 on dc01\.example\.com 10\.20\.1\.10, since [^"]+"/);
  });

  it("has names for its parts and its controls", async () => {
    const page = await open();
    for (const name of ["only what does not pass", "Host", "Find"]) {
      expect(await page.getByLabel(name, { exact: true }).count(), name).toBe(1);
    }
    await page.locator("button.cell.fail").first().click();
    const tree = await page.locator("body").ariaSnapshot();
    expect(tree).toMatch(/complementary "FAIL /);
    expect(tree).toContain(`heading "What does not pass"`);
    expect(tree).toMatch(/main/);
  });

  it("keeps the roles of a list on a phone", async () => {
    const { url } = await serveStatus(sampleStatus(1, Date.now()));
    const { page } = await browsing.open(url, url, { viewport: { width: 390, height: 844 } });
    expect(await page.locator("#matrix").ariaSnapshot()).toMatch(/rowheader "Kerberos"/);
  });
});

describe("on a screen", () => {
  it.each([320, 390, 768, 1280, 1920, 3840])("%i wide shows all without scrolling sideways", async (width) => {
    const page = await open({ viewport: { width, height: 900 } });
    const fields = JSON.parse(await page.evaluate(FIELDS)) as Fields;
    expect(fields).toEqual({ cells: expect.any(Number), overfull: 0, loose: 0, sideways: false });
    expect(fields.cells).toBeGreaterThan(30);
    await page.locator("button.cell.fail:visible").first().click();
    expect(await page.evaluate("document.scrollingElement.scrollWidth")).toBeLessThanOrEqual(width);
  });

  it("follows the system's colours until the reader chooses", async () => {
    const page = await open({ colorScheme: "dark" });
    const paper = (): Promise<string> => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const dark = await paper();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await paper();
    expect(light).not.toBe(dark);
    await page.locator("#theme").click();
    await page.locator("#theme").click();
    expect(await page.locator("#theme").innerText()).toBe("Theme: dark");
    expect(await paper()).toBe(dark);
    await page.reload();
    await page.locator("button.cell").first().waitFor();
    expect(await paper()).toBe(dark);
  });

  it.each(["light", "dark"] as const)(
    "can be read in %s: every text has a contrast of 4.5 or more",
    async (colorScheme) => {
      const page = await open({ colorScheme });
      await page.locator(`button.cell[data-cell*="5000-5020"]`).first().click();
      expect(await page.evaluate(TOO_FAINT)).toEqual([]);
      await page.locator("#failing").check();
      expect(await page.evaluate(TOO_FAINT)).toEqual([]);
    },
  );
});

describe("the measure of contrast", () => {
  it("notices a text that is too faint", async () => {
    const page = await open({ colorScheme: "light" });
    await page.evaluate(`document.querySelector("h1").style.color = "#999"`);
    expect(await page.evaluate(TOO_FAINT)).toEqual([expect.stringMatching(/unity2\.example\.com 2\.\d+/)]);
  });
});

/** Texts whose colour is too near to the one behind them (WCAG 2.2, 1.4.3): an expression for the page. */
const TOO_FAINT = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      const stops = backgroundImage.match(/(?:rgba?|color|oklab)\\([^)]*\\)/g);
      if (stops !== null) return stops;
      if (rgba(backgroundColor)[3] === 255) return [backgroundColor];
    }
    return ["white"];
  };
  const texts = [...document.querySelectorAll("body *")].filter((element) =>
    element.checkVisibility() && element.closest("svg, option") === null &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""));
  return texts.flatMap((element) => {
    const own = light(rgba(getComputedStyle(element).color));
    const worst = Math.min(...behind(element).map((color) => {
      const other = light(rgba(color));
      return (Math.max(own, other) + 0.05) / (Math.min(own, other) + 0.05);
    }));
    return worst < 4.5 ? [element.className + ": " + element.textContent.slice(0, 40) + " " + worst.toFixed(2)] : [];
  });
})()`;
