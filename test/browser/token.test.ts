/** The page of an agent that wants a token, opened by an address that holds it. */
import { describe, expect, it } from "vitest";
import { serveStatus } from "./agent-stage.ts";
import { withBrowser } from "./browser.ts";
import { sampleStatus, withCell } from "./sample-status.ts";

const browsing = withBrowser();
const TOKEN = "b2f1c0ffee";
const isKerberos = ({ check, host }: { readonly check: string; readonly host: string }) =>
  check === "kerberos/tcp/88" && host === "dc01.example.com";

describe("the page of an agent with a token in its address", () => {
  it("opens and follows the agent", async () => {
    const status = sampleStatus(1, Date.now());
    const stage = await serveStatus(status, TOKEN);
    const { page } = await browsing.open(stage.url.replace("//", `//anybody:${TOKEN}@`), stage.url);
    await page.locator("#live").getByText("LIVE").waitFor();
    stage.change(withCell(status, isKerberos, (one) => ({ ...one, outcome: "fail" })));
    await page.locator(`button.cell.fail[data-cell*="kerberos/tcp/88 dc01"]`).waitFor();
    expect(await page.locator("#silence").innerText()).toBe("");
  });
});
