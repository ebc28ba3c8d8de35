/** The page that the agent serves, through the agent's own server. */
import { describe, expect, it } from "vitest";
import { serveStatus } from "./agent-stage.ts";
import { withBrowser } from "./browser.ts";
import { sampleStatus, withCell } from "./sample-status.ts";

const browsing = withBrowser();
/** A time, with its day where that is another: the tests may run about midnight. */
const CLOCK = "(?:\\d{4}-\\d\\d-\\d\\d )?[\\d:]+";
const KERBEROS = ({ check, host }: { readonly check: string; readonly host: string }) =>
  check === "kerberos/tcp/88" && host === "dc01.example.com";

describe("the agent's page", () => {
  it("opens under the agent's policy, and asks nobody else", async () => {
    const { url } = await serveStatus(sampleStatus(3, Date.now()));
    const { page, complaints } = await browsing.open(url, url);
    await page.locator("#live").getByText("LIVE").waitFor();
    await page.locator("#theme").click();
    await page.locator("button.cell.fail").first().click();
    expect(await page.locator("#details").innerText()).toContain("last 120 votes: 82 PASS, 38 FAIL");
    expect(complaints).toEqual([]);
  });

  it("opens behind a token, which a browser asks for as a password", async () => {
    const { url } = await serveStatus(sampleStatus(3, Date.now()), "a-long-token");
    const httpCredentials = { username: "anybody", password: "a-long-token" };
    const { page, complaints } = await browsing.open(url, url, { httpCredentials });
    await page.locator("#live").getByText("LIVE").waitFor();
    expect(complaints).toEqual([]);
  });

  it("loads the page anew when another release of the agent answers", async () => {
    const status = sampleStatus(3, Date.now());
    const stage = await serveStatus(status);
    const { page } = await browsing.open(stage.url, stage.url);
    await page.locator("#live").getByText("LIVE").waitFor();
    const loaded = page.waitForEvent("load");
    stage.change({ ...status, tool: { ...status.tool, version: "99.0.0" } });
    await loaded;
    await page.locator("#foot").getByText("99.0.0").waitFor();
  });

  it("says since when, how the last votes went, and when the next run is due", async () => {
    const { url } = await serveStatus(sampleStatus(3, Date.now()));
    const { page } = await browsing.open(url, url);
    const cell = page.getByRole("button", { name: /^FAIL: Kerberos udp\/88 on dc02/ }).first();
    expect(await cell.innerText()).toMatch(/FAIL\s+38 min/);
    const bars = await cell.locator("rect.vote").evaluateAll((found) => found.map((bar) => bar.getAttribute("class")));
    expect(bars).toEqual(["vote pass", "vote fail"]);
    expect(await page.locator("#runs").innerText()).toMatch(
      new RegExp(`^default completed ${CLOCK}, took 6\\.1 s, next ${CLOCK}$`),
    );
  });

  it("follows the agent: the cell, the counts, the title, and a word for ears", async () => {
    const status = sampleStatus(3, Date.now());
    const stage = await serveStatus(status);
    const { page, complaints } = await browsing.open(stage.url, stage.url);
    const cell = page.locator(`button.cell[data-cell*="kerberos/tcp/88 dc01"]`);
    await cell.focus();
    const fails = Number(await page.locator("#counts .fail b").innerText());
    stage.change(withCell(status, KERBEROS, (one) => ({ ...one, outcome: "fail", since: new Date().toISOString() })));
    await page.locator(`button.cell.fail[data-cell*="kerberos/tcp/88 dc01"]`).waitFor();
    expect(await page.locator("#counts .fail b").innerText()).toBe(`${fails + 1}`);
    expect(await page.title()).toContain(`${fails + 1} FAIL`);
    expect(await page.locator("#announcer").innerText()).toBe(
      "Kerberos tcp/88 on dc01.example.com 10.20.1.10: now FAIL",
    );
    expect(await cell.evaluate((button) => button.matches(":focus"))).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("keeps the focus on a row of what does not pass, and does not say a banner twice", async () => {
    const status = sampleStatus(3, Date.now());
    const offline = { ...status, runs: status.runs.map((run) => ({ ...run, status: "agent-offline" as const })) };
    const stage = await serveStatus(offline);
    const { page } = await browsing.open(stage.url, stage.url);
    const banner = await page.locator("#banners .banner").elementHandle();
    await page.locator("#causes .row-link").nth(1).focus();
    const key = await page.evaluate("document.activeElement.dataset.cell");
    stage.change(withCell(offline, KERBEROS, (one) => ({ ...one, outcome: "fail" })));
    await page.locator(`button.cell.fail[data-cell*="kerberos/tcp/88 dc01"]`).waitFor();
    expect(await page.evaluate("[document.activeElement.className, document.activeElement.dataset.cell]")).toEqual([
      "row-link",
      key,
    ]);
    expect(await banner!.evaluate((element) => element.isConnected)).toBe(true);
  });

  it("keeps open details up to date, with the focus in them", async () => {
    const status = sampleStatus(3, Date.now());
    const stage = await serveStatus(status);
    const { page } = await browsing.open(stage.url, stage.url);
    await page.locator(`button.cell[data-cell*="kerberos/tcp/88 dc01"]`).press("Enter");
    stage.change(
      withCell(status, KERBEROS, (one) => ({
        ...one,
        result: { ...one.result, outcome: "fail", detail: "it is silent now" },
      })),
    );
    await page.locator("#details").getByText("it is silent now").waitFor();
    expect(await page.locator("#details").innerText()).toContain("PASS stands until enough runs agree");
    expect(await page.locator("#details-title").evaluate((title) => title.matches(":focus"))).toBe(true);
  });

  it("says that it is stale when the agent is gone, and goes on when it is back", async () => {
    const stage = await serveStatus(sampleStatus(3, Date.now()));
    const { page } = await browsing.open(stage.url, stage.url);
    await page.locator("#live").getByText("LIVE").waitFor();
    await stage.leave();
    await page.locator("#silence").getByText("STALE").waitFor();
    expect(await page.locator("#silence").innerText()).toMatch(
      new RegExp(`the agent does not answer\\. What is shown was heard ${CLOCK}`),
    );
    expect(await page.title()).toMatch(/^STALE/);
    await stage.comeBack();
    await page.locator("#live").getByText("LIVE").waitFor();
    expect(await page.locator("#silence").innerText()).toBe("");
  });

  it("says that the agent is cut off, and that a run is overdue", async () => {
    const status = sampleStatus(1, Date.now());
    const [run] = status.runs;
    const offline = "the default gateway 10.10.4.1 does not answer";
    const nextAt = new Date(Date.now() - 60_000).toISOString();
    const { url } = await serveStatus({
      ...status,
      runs: [{ ...run!, status: "agent-offline", offline, nextAt, missed: 2 }],
    });
    const { page } = await browsing.open(url, url);
    expect(await page.locator("#banners").innerText()).toContain(`AGENT OFFLINE ${offline}`);
    expect(await page.locator("#runs").innerText()).toMatch(new RegExp(`OVERDUE since ${CLOCK}, 2 runs missed`));
  });

  it("says of an agent that has just started that it has not asked yet", async () => {
    const before = sampleStatus(1, Date.now());
    const earlier = before.cells.map((cell) => ({ ...cell, earlier: true as const }));
    const stage = await serveStatus({ ...before, cells: earlier });
    const { page } = await browsing.open(stage.url, stage.url);
    expect(await page.locator("#banners").innerText()).toMatch(
      /^NOT ASKED YET since the agent started: \d+ cells as seen/,
    );
    expect(await page.title()).toMatch(/^STALE/);
    const greyOf = (place: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector("${place}")).filter`);
    expect([await greyOf(".summary"), await greyOf("button.cell")]).toEqual(["grayscale(1)", "grayscale(1)"]);
    stage.change(before);
    await page.locator("#banners").getByText("NOT ASKED YET").waitFor({ state: "detached" });
    expect(await page.title()).not.toMatch(/^STALE/);
    expect([await greyOf(".summary"), await greyOf("button.cell")]).toEqual(["none", "none"]);
  });

  it("marks what flaps, what the last run saw, and what is older than the last run", async () => {
    const status = withCell(sampleStatus(3, Date.now()), KERBEROS, (one) => ({
      ...one,
      unsettled: true,
      flapping: true,
      resultAt: "2026-01-02T03:04:05.000Z",
      result: { ...one.result, outcome: "inconclusive" },
    }));
    const { url } = await serveStatus(status);
    const { page } = await browsing.open(url, url);
    const cell = page.locator(`button.cell[data-cell*="kerberos/tcp/88 dc01"]`);
    expect(await cell.innerText()).toMatch(/PASS\s+not settled\s+flapping\s+last INCONCLUSIVE\s+seen 2026-01-02/);
    expect(await cell.getAttribute("aria-label")).toMatch(
      /not settled, flapping, the last run saw INCONCLUSIVE, .*asked last 2026-01-02/,
    );
  });

  it("draws a thousand cells, and of a thousand hosts those that do not pass", async () => {
    const { url } = await serveStatus(sampleStatus(84, Date.now()));
    const { page, complaints } = await browsing.open(url, url);
    expect(await page.locator("#shown").innerText()).toBe("416 of 1092 cells");
    expect(await page.getByText(/^32 of 84 addresses are shown/).isVisible()).toBe(true);
    await page.locator("#filter-host").selectOption("dc077.example.com");
    expect(await page.locator(".vector.list").count()).toBe(1);
    expect(complaints).toEqual([]);
  });
});
