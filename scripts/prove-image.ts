/**
 * `npm run prove:image`: where no container engine runs, proves the Dockerfile without one. Its steps are done in
 * folders, and the final stage runs as its comment says it is meant to be run: unprivileged, read-only, without
 * capabilities, network or shell. The base image is the one thing taken on trust: the Node that runs this script takes
 * its place.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildStages } from "./image/build.ts";
import { parseDockerfile, theOnly } from "./image/dockerfile.ts";
import { placeFiles, proofsOf, STATE } from "./image/proofs.ts";
import { addBase, assertSandboxPossible, runInside } from "./image/sandbox.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

function prove(scratch: string): void {
  const stages = parseDockerfile(readFileSync(join(root, "Dockerfile"), "utf8"));
  const image = stages.at(-1)!;
  process.stdout.write(`Node ${process.versions.node} takes the place of ${image.base}\n`);
  const dockerignore = readFileSync(join(root, ".dockerignore"), "utf8");
  const imageRoot = buildStages(stages, { folder: root, dockerignore }, scratch);
  addBase(imageRoot);
  const user = theOnly(image, "USER");
  placeFiles(imageRoot, user);
  for (const { what, argv, holds } of proofsOf(image, version)) {
    const startedMs = performance.now();
    const ended = runInside(imageRoot, user, argv, { writable: STATE });
    const holding = holds(ended);
    const ms = (performance.now() - startedMs).toFixed(0);
    process.stdout.write(`${holding ? "proven " : "FAILED "} ${what} (exit ${ended.exitCode}, ${ms} ms)\n`);
    if (holding) continue;
    process.stdout.write(ended.stdout + ended.stderr);
    process.exitCode = 1;
  }
}

const scratch = mkdtempSync(join(tmpdir(), "unity-probe-image-"));
try {
  assertSandboxPossible();
  prove(scratch);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
