/**
 * Tries `npm run new:prober` on a copy of the tree: a prober of each kind is written, and the copy must still keep
 * types, lint, house rules and pass the probers' tests.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const copy = join(mkdtempSync(join(tmpdir(), "unity-probe-new-prober-")), "tree");

const COMMANDS = [
  "npm run new:prober -- trial-oneshot --kind oneshot",
  "npm run new:prober -- trial-dialogue --kind dialogue",
  "npm run new:prober -- trial-sweep --kind sweep",
  "npm run types",
  "npm run lint",
  "npm run build",
  "npx vitest run test/tidy test/probers test/scripts",
];

/** Runs them in the copy until one fails; gives that one. */
function firstFailure(): string | undefined {
  return COMMANDS.find((command) => spawnSync(command, { cwd: copy, shell: true, stdio: "inherit" }).status !== 0);
}

try {
  const left = new Set(["node_modules", "dist", ".git"]);
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
  const failed = firstFailure();
  if (failed !== undefined) {
    process.stderr.write(`in the copy with three new probers: ${failed} failed\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(join(copy, ".."), { recursive: true, force: true });
}
