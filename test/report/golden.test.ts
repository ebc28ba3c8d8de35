/** What each format prints for the sample run, as files that a person can read; `npx vitest run -u` writes them anew. */
import { describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { createRenderer, type Format } from "../../src/report/index.ts";
import { planDocument } from "../../src/report/plan-document.ts";
import type { RenderOptions } from "../../src/report/renderer.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { PLAN } from "./sample-plan.ts";
import { lyingNetwork, manyHosts, noIpv6Route, noSuchName, oneTarget, sampleRun, TOOL } from "./sample-run.ts";

const ONE = runDocument(oneTarget(), TOOL);
const TWO = runDocument(sampleRun(), TOOL);

async function render(format: Format, document: ReportDocument, options: Partial<RenderOptions> = {}): Promise<string> {
  const renderer = await createRenderer(format, { color: false, width: 80, ...options });
  return renderer.end(document);
}

function golden(name: string): string {
  return `golden/${name}`;
}

describe("the table", () => {
  it.each([60, 80, 120])("lists the rows of one target in %i columns", async (width) => {
    await expect(await render("table", ONE, { width })).toMatchFileSnapshot(golden(`list-${width}.txt`));
  });

  it.each([60, 80, 120])("compares two addresses in %i columns", async (width) => {
    await expect(await render("table", TWO, { width })).toMatchFileSnapshot(golden(`grid-${width}.txt`));
  });

  it("does not give a column to an address that was not asked", async () => {
    const document = runDocument(noIpv6Route(), TOOL);
    await expect(await render("table", document)).toMatchFileSnapshot(golden("no-ipv6-route-80.txt"));
  });

  it("splits the grid into blocks where columns do not fit", async () => {
    const document = runDocument(manyHosts(5), TOOL);
    await expect(await render("table", document)).toMatchFileSnapshot(golden("grid-blocks-80.txt"));
  });

  it("colours words when asked, and says the same", async () => {
    for (const [name, document] of [
      ["list", ONE],
      ["grid", TWO],
    ] as const) {
      const colored = await render("table", document, { color: true });
      const visible = colored.replaceAll("\u001b", "␛");
      await expect(visible).toMatchFileSnapshot(golden(`${name}-color-80.txt`));
      expect(visible.replace(/␛\[\d+m/g, "")).toBe(await render("table", document));
    }
  });

  it("shows facts and canaries when verbose", async () => {
    await expect(await render("table", ONE, { verbose: true, width: 100 })).toMatchFileSnapshot(
      golden("list-verbose-100.txt"),
    );
  });

  it("shows where the demo really sent each row", async () => {
    const endpointNote = ({ ports }: { readonly ports: string }) =>
      ports.includes("-") ? undefined : `via 127.0.0.1:${40000 + Number(ports)}`;
    await expect(await render("table", ONE, { width: 100, endpointNote })).toMatchFileSnapshot(
      golden("list-note-100.txt"),
    );
  });

  it("names the cause when nothing could be asked", async () => {
    const document = runDocument(noSuchName(), TOOL);
    await expect(await render("table", document)).toMatchFileSnapshot(golden("no-such-name-80.txt"));
  });

  it("shows the canary where the network lies", async () => {
    const document = runDocument(lyingNetwork(), TOOL);
    await expect(await render("table", document)).toMatchFileSnapshot(golden("lying-network-80.txt"));
  });

  it("shows a plan with what it costs", async () => {
    await expect(await render("table", samplePlan(), { width: 100 })).toMatchFileSnapshot(golden("plan-100.txt"));
  });
});

describe.each(["json", "ndjson", "junit", "nagios"] as const)("%s", (format) => {
  it("prints the run", async () => {
    await expect(await render(format, TWO)).toMatchFileSnapshot(golden(`run-${format}.txt`));
  });

  it("prints the plan", async () => {
    await expect(await render(format, samplePlan())).toMatchFileSnapshot(golden(`plan-${format}.txt`));
  });
});

function samplePlan(): ReportDocument {
  const checks = PLAN.checks.map(({ skip }, at) =>
    skip === undefined ? { packets: at + 1, bytes: 120 * at, worstMs: 6000 + at } : undefined,
  );
  return planDocument(
    PLAN,
    { checks, total: { packets: 1234, bytes: 56_789, worstMs: 68_040 } },
    { tool: TOOL, startedAtMs: Date.UTC(2026, 0, 2), source: { host: "unity2.example.com" } },
  );
}
