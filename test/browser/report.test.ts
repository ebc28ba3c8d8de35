/** The file that `-o html` writes, as somebody opens it who was not there. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import { planDocument } from "../../src/report/plan-document.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { PLAN } from "../report/sample-plan.ts";
import { lyingNetwork, manyHosts, noSuchName, oneTarget, sampleRun, TOOL } from "../report/sample-run.ts";
import { withBrowser } from "./browser.ts";

const browsing = withBrowser();
const ONE = runDocument(oneTarget(), TOOL);
const MANY = runDocument(manyHosts(3), TOOL);
const details = (page: Page) => page.locator("#details");

describe("a report in a file", () => {
  it.each([
    ["one address", ONE],
    ["two addresses", runDocument(sampleRun(), TOOL)],
    ["several hosts", MANY],
    ["a name without address", runDocument(noSuchName(), TOOL)],
    ["a network that lies", runDocument(lyingNetwork(), TOOL)],
  ])("opens without a complaint: %s", async (_name, document) => {
    const { page, complaints } = await browsing.openReport(document);
    const shown = document.results.filter((result) => result.canary !== true || result.reason === "accept-unreliable");
    expect(await page.locator("button.cell").count()).toBe(shown.length);
    expect(await page.title()).toContain(document.source.host);
    expect(complaints).toEqual([]);
  });

  it("shows a plan as a plan: nothing failed, because nothing was sent", async () => {
    const document = planDocument(
      PLAN,
      {
        checks: PLAN.checks.map(() => ({ packets: 3, bytes: 120, worstMs: 6_000 })),
        total: { packets: 36, bytes: 1_440, worstMs: 6_000 },
      },
      { tool: TOOL, startedAtMs: Date.UTC(2026, 0, 2), source: { host: "unity2.example.com" } },
    );
    const { page, complaints } = await browsing.openReport(document);
    expect(await page.locator("#counts").innerText()).toContain(`${document.summary.planned}\nPLANNED`);
    expect(await page.locator("#runs").innerText()).toContain("nothing was sent; a run sends up to 36 packets");
    expect(await page.locator("#live").innerText()).toMatch(/^Plan of /);
    expect(await page.locator("#causes").isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it("says of an interrupted run that it is one", async () => {
    const { page } = await browsing.openReport({ ...ONE, summary: { ...ONE.summary, exitCode: 130 } });
    expect(await page.locator("#banners").innerText()).toMatch(/^INTERRUPTED/);
  });

  it("counts as the summary of the run does", async () => {
    const { page } = await browsing.openReport(ONE);
    const counts = await page.locator("#counts li").allInnerTexts();
    const { pass, fail, skipped, optional } = ONE.summary;
    expect(counts.map((text) => text.replace(/\s+/g, " "))).toEqual([
      `${fail} FAIL + ${optional.fail} not required`,
      `0 INCONCLUSIVE + ${optional.inconclusive} not required`,
      `${pass} PASS`,
      `${skipped} SKIPPED`,
    ]);
  });

  it("shows why a cell fails, who rejected it, and how it was asked", async () => {
    const { page, complaints } = await browsing.openReport(ONE);
    await page.getByRole("button", { name: "FAIL: Kerberos passwd tcp/464" }).first().click();
    const text = await details(page).innerText();
    expect(text).toContain("filtered: admin-prohibited by 10.10.4.1");
    expect(text).toContain("10.10.4.1 (not the address that was asked)");
    expect(text).toContain("ICMP type 3 code 13, communication administratively prohibited");
    expect(text).toMatch(/document\s+001 line/);
    expect(complaints).toEqual([]);
  });

  it("shows what was read, certificate and all", async () => {
    const ldaps = ONE.results.find(({ service }) => service === "LDAP over SSL")!;
    const evidence = {
      certificateSubject: "CN=dc01",
      certificateNotAfter: "2020-01-02T00:00:00.000Z",
      tlsVersion: "TLSv1.2",
    };
    const { page } = await browsing.openReport({ ...ONE, results: [{ ...ldaps, evidence }] });
    expect(await page.locator("#notes").innerText()).toMatch(/ended \d+ days ago\s+2020-01-02\s+CN=dc01/);
    await page.getByRole("button", { name: /^PASS: LDAP over SSL/ }).click();
    expect(await details(page).innerText()).toMatch(/certificate subject\s+CN=dc01\s/);
  });

  it("copies a cell as text for a ticket", async () => {
    const { page } = await browsing.openReport(ONE, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("button", { name: "FAIL: Kerberos passwd tcp/464" }).first().click();
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(/^FAIL tcp\/464 Kerberos passwd\ndc01/);
  });

  it("folds away rows that were not asked", async () => {
    const { page } = await browsing.openReport(ONE);
    const row = page.getByRole("row", { name: /could disturb a live call/ });
    expect(await row.isVisible()).toBe(false);
    await page.getByText("2 rows were not asked").click();
    expect(await row.isVisible()).toBe(true);
  });

  it("keeps what a peer said as text", async () => {
    const nasty = `</script><script>alert(1)</script><img src=x onerror=alert(2)><!-- \u202etxt\u2028`;
    const hostile = (result: ResultEntry): ResultEntry => ({
      ...result,
      service: nasty,
      detail: nasty,
      warnings: [nasty],
      evidence: { certificateSubject: nasty, certificateNotAfter: "2030-01-02T00:00:00.000Z", [nasty]: nasty },
    });
    const document: ReportDocument = {
      ...ONE,
      source: { host: nasty, role: nasty },
      findings: [{ check: "x", host: nasty, text: nasty }],
      profiles: ONE.profiles.map((profile) => ({ ...profile, title: nasty, caution: nasty })),
      results: ONE.results.map(hostile),
    };
    const { page, complaints } = await browsing.openReport(document);
    await page.locator("button.cell").first().click();
    const shown = String.raw`</script><script>alert(1)</script><img src=x onerror=alert(2)><!-- \u202etxt\u2028`;
    expect(await details(page).locator(".detail").innerText()).toBe(shown);
    expect(await page.locator("h1").innerText()).toBe(shown);
    expect(await page.locator("img, script:not([type]) ~ script").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("opens at the place that its address names, and keeps it there", async () => {
    const { page } = await browsing.openReport(MANY, { hash: "#failing=1&host=dc02.example.com&text=kerberos" });
    expect(await page.locator("#shown").innerText()).toMatch(/^2 of \d+ cells$/);
    expect(await page.locator("#filter-host").inputValue()).toBe("dc02.example.com");
    await page.locator("#failing").uncheck();
    await page.locator("button.cell:visible").first().click();
    const hash = new URLSearchParams(new URL(page.url()).hash.slice(1));
    expect([...hash.keys()].sort()).toEqual(["cell", "host", "text"]);
    await page.reload();
    expect(await details(page).isVisible()).toBe(true);
    expect(await page.locator("#shown").innerText()).toMatch(/^3 of \d+ cells$/);
  });
});

describe("a range as a picture", () => {
  const FIREWALL = { address: "10.10.4.1", icmpType: 3, icmpCode: 13 };
  const TOTAL = 9_968;
  const FILTERED = "22810-22815,24000,30000-30511,32765";
  const media: ResultEntry = {
    ...ONE.results.find(({ service }) => service === "DCOM RPC")!,
    service: "RTP",
    transport: "udp",
    ports: "22800-32767",
    check: "rtp/udp/22800-32767",
    outcome: "fail",
    detail: "some are blocked",
    range: {
      total: TOTAL,
      tested: TOTAL,
      open: 0,
      closed: TOTAL - 520,
      filtered: 520,
      openFiltered: 0,
      unknown: 0,
      ports: { closed: "22800-22809,22816-23999,24001-29999,30512-32764,32766-32767", filtered: FILTERED },
      offenders: [{ ...FIREWALL, ports: FILTERED }],
    },
  };

  it("marks exactly the blocked ports, and names them", async () => {
    const { page, complaints } = await browsing.openReport({ ...ONE, results: [media] });
    await page.locator("button.cell").click();
    const marks = await details(page)
      .locator("svg.ports rect.mark.filtered")
      .evaluateAll((found) =>
        found.map((mark) => [Number(mark.getAttribute("x")), Number(mark.getAttribute("width"))]),
      );
    const ports = marks.map(([at, length]) =>
      length === 1 ? `${22800 + at!}` : `${22800 + at!}-${22800 + at! + length! - 1}`,
    );
    expect(ports.join(",")).toBe(FILTERED);
    expect(await details(page).locator("svg.ports").getAttribute("viewBox")).toBe(`0 0 ${TOTAL} 12`);
    const names = await details(page).locator(".names span").allInnerTexts();
    expect(FILTERED.split(",")).toEqual(expect.arrayContaining(names));
    expect(names.length).toBeGreaterThan(1);
    expect(complaints).toEqual([]);
  });

  it("can be read without seeing it", async () => {
    const { page } = await browsing.openReport({ ...ONE, results: [media] });
    await page.locator("button.cell").click();
    const text = await details(page).innerText();
    expect(text).toContain("22810-22815, 24000, 30000-30511, 32765");
    expect(text).toContain("10.10.4.1 (not the address that was asked)");
    expect(text).toContain("9,968 of 9,968 ports asked");
  });

  it("shows a mark of one port wide enough to be seen", async () => {
    const { page } = await browsing.openReport({ ...ONE, results: [media] });
    await page.locator("button.cell").click();
    const stroke: string = await page.evaluate(
      `getComputedStyle(document.querySelectorAll("#details rect.mark.filtered")[1]).strokeWidth`,
    );
    expect(Number.parseFloat(stroke)).toBeGreaterThanOrEqual(1);
  });
});
