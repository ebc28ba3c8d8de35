/** examples/prometheus and examples/grafana: they speak of nothing that the agent cannot give. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import {
  AGENT_FAMILIES,
  CELL_FAMILIES,
  type Family,
  HOST_FAMILIES,
  PROBE_FAMILIES,
  PROCESS_METRICS,
} from "../../src/agent/metric-families.ts";

const folder = fileURLToPath(new URL("../../examples/", import.meta.url));
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

const FAMILIES = new Map<string, readonly string[]>([
  ...Object.values<Family>({ ...CELL_FAMILIES, ...HOST_FAMILIES }).map(({ name, labels }) => [name, labels] as const),
  ...Object.values<Family>(AGENT_FAMILIES).map(({ name, labels }) => [name, labels] as const),
  ...Object.values<Family>(PROBE_FAMILIES).map(({ name, labels }) => [name, labels] as const),
  ...PROCESS_METRICS.map((name) => [name, []] as const),
  // Prometheus' own.
  ["up", []],
]);

/** Prometheus puts these on every series. */
const SCRAPE_LABELS = ["job", "instance"];

/** Metrics, or labels of a metric, that an expression names and the agent does not give. */
function unknownIn(expression: string): string[] {
  const used = [...expression.matchAll(/\b((?:unity_probe|probe|process|nodejs)_\w+|up)\b(?:\{([^}]*)\})?/g)];
  expect(used.length, expression).toBeGreaterThan(0);
  return used.flatMap(([, name = "", matchers = ""]) => {
    const labels = FAMILIES.get(name);
    if (labels === undefined) return [name];
    const asked = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = ""]) => label);
    return asked.filter((label) => ![...labels, ...SCRAPE_LABELS].includes(label)).map((label) => `${name}{${label}}`);
  });
}

/** Runs promtool; skips where there is none, and throws with what it says against the files. */
function promtool(args: readonly string[], skip: (why: string) => void): void {
  try {
    execFileSync("promtool", args, { stdio: "pipe", cwd: join(folder, "prometheus") });
  } catch (error) {
    const { code, stdout, stderr } = error as NodeJS.ErrnoException & { stdout?: Buffer; stderr?: Buffer };
    if (code === "ENOENT") skip("promtool is not installed");
    throw new Error(`promtool ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}

const rules: readonly Rule[] = parse(read("prometheus/unity-probe.rules.yml")).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);

describe("the alert rules", () => {
  it.each(rules)("$alert names what there is, and says what is wrong", ({ expr, annotations }) => {
    expect(unknownIn(expr)).toEqual([]);
    expect(annotations.summary.length).toBeGreaterThan(10);
  });

  it("would be caught naming what there is not", () => {
    expect(unknownIn(`unity_probe_check_sucess == 0 and up{host="a"} == 1`)).toEqual([
      "unity_probe_check_sucess",
      "up{host}",
    ]);
  });

  it("fire when they should, says promtool", ({ skip }) => {
    promtool(["check", "rules", "unity-probe.rules.yml"], skip);
    promtool(["test", "rules", "unity-probe.rules.test.yml"], skip);
  });
});

describe("the scrape configuration", () => {
  it("is one, says promtool", ({ skip }) => {
    const copy = mkdtempSync(join(tmpdir(), "prometheus-"));
    onTestFinished(() => rmSync(copy, { recursive: true }));
    for (const name of ["prometheus.yml", "unity-probe.rules.yml"])
      writeFileSync(join(copy, name), read(`prometheus/${name}`));
    writeFileSync(join(copy, "unity-probe-token"), "token");
    promtool(["check", "config", join(copy, "prometheus.yml")], skip);
  });

  it("has the jobs that the rules speak of", () => {
    const jobs = parse(read("prometheus/prometheus.yml")).scrape_configs.map(
      (job: { job_name: string }) => job.job_name,
    );
    const named = rules.flatMap(({ expr }) => [...expr.matchAll(/job="([^"]+)"/g)].map(([, job]) => job));
    expect(jobs).toEqual(expect.arrayContaining(named));
  });
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(read("grafana/dashboard.json"));
const panels: readonly Panel[] = dashboard.panels;
const variables: readonly { name: string; definition?: string }[] = dashboard.templating.list;

describe("the dashboard", () => {
  it.each(panels)("$title names what there is", ({ targets }) => {
    for (const { expr, legendFormat } of targets) {
      expect(unknownIn(expr)).toEqual([]);
      const used = [...`${expr}`.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
      expect(variables.map(({ name }) => name)).toEqual(expect.arrayContaining(used));
      const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      const [metric = ""] = /\bunity_probe_\w+/.exec(expr) ?? [];
      if (labels.length > 0) expect(FAMILIES.get(metric)).toEqual(expect.arrayContaining(labels));
    }
  });

  it("fills its variables from what there is", () => {
    for (const { definition } of variables) if (definition !== undefined) expect(unknownIn(definition)).toEqual([]);
  });

  it("has each panel once, and none on top of another", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  it("asks in PromQL, says promtool", ({ skip }) => {
    const copy = mkdtempSync(join(tmpdir(), "dashboard-"));
    onTestFinished(() => rmSync(copy, { recursive: true }));
    const asRules = panels.flatMap(({ targets }) =>
      targets.map(({ expr }, at) => ({ record: `panel_${at}`, expr: expr.replace(/\$\w+/g, "x") })),
    );
    writeFileSync(join(copy, "rules.json"), JSON.stringify({ groups: [{ name: "dashboard", rules: asRules }] }));
    promtool(["check", "rules", "--lint=none", join(copy, "rules.json")], skip);
  });
});
