/**
 * Everything that a change must pass, step by step; .ci/run calls it after installing what it needs. A failed step
 * does not end the run: one look at the log shows all that is wrong.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closingLine, type StepResult, summarise, type VitestReport } from "./ci-summary.ts";

/** The newest line of Node with long-term support; the npm package `node` brings its binary. */
const NEWEST_LTS = 26;
const STEP_TIMEOUT_S = 35 * 60;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "unity-probe-ci-"));

interface Step {
  readonly name: string;
  readonly command: string;
  readonly folder?: string;
  readonly skipsFail?: boolean;
  /** What the command prints is shown only when it fails: it would bury what failed elsewhere. */
  readonly quiet?: boolean;
  /** The command takes vitest's reporter options. */
  readonly tests?: boolean;
}

const fresh = join(scratch, "fresh-clone");

/** The first command that the README shows, as it is printed there. */
function firstCommand(): string {
  const line = /^ *(npm ci && .*)$/m.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1];
  return line ?? `echo "README.md shows no line that begins with npm ci &&" >&2; exit 1`;
}

const STEPS: readonly Step[] = [
  { name: "lint", command: "npm run lint" },
  { name: "types", command: "npm run types" },
  { name: `tests on Node ${process.versions.node}`, command: "npm test --", tests: true },
  {
    name: `tests on Node ${NEWEST_LTS}`,
    command: `npm exec --yes --package=node@${NEWEST_LTS} -- npm test --`,
    tests: true,
  },
  { name: "lab", command: "npm run test:lab --", tests: true, skipsFail: true },
  { name: "the image, without a container engine", command: "npm run prove:image" },
  { name: "the page in Chromium and Firefox", command: "npm run test:browser --", tests: true, skipsFail: true },
  { name: "fresh clone", command: `git clone --quiet . "${fresh}"` },
  { name: "the README's first command", command: firstCommand(), folder: fresh, quiet: true },
  { name: "a new prober of each kind", command: "npx tsx scripts/try-new-prober.ts", quiet: true },
];

function run(step: Step, number: number): StepResult {
  const reportFile = join(scratch, `report-${number}.json`);
  const reporters = step.tests ? ` --reporter=default --reporter=json --outputFile.json="${reportFile}"` : "";
  process.stdout.write(`\n== ${step.name}: ${step.command}\n`);
  // timeout(1) ends all processes of the step; spawnSync's own would end only the shell.
  const argv = ["--kill-after=10", `${STEP_TIMEOUT_S}`, "bash", "-c", step.command + reporters];
  const output = step.quiet ? "pipe" : "inherit";
  const ended = spawnSync("timeout", argv, {
    cwd: step.folder ?? root,
    stdio: ["ignore", output, output],
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  const succeeded = ended.status === 0;
  if (!succeeded && step.quiet) process.stdout.write(`${ended.stdout}${ended.stderr}`);
  if (!step.tests) return { name: step.name, succeeded };
  const skipsFail = step.skipsFail ?? false;
  const report = readReport(reportFile);
  return { name: step.name, succeeded, tests: report === undefined ? { skipsFail } : { report, skipsFail } };
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

const summary = summarise(STEPS.map(run));
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`\n${summary.wrong.map((text) => `FAILED  ${text}\n`).join("")}${closingLine(summary)}\n`);
process.exitCode = summary.failed === 0 ? 0 : 1;
