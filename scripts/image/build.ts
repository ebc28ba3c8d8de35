/** Does what an image build would do, in folders: the RUN and COPY steps of a Dockerfile, one after the other. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { contextEntries, parseCopy, type Stage } from "./dockerfile.ts";

const RUN_TIMEOUT_MS = 10 * 60_000;

export interface Context {
  /** The folder that the build is started in, and its .dockerignore. */
  readonly folder: string;
  readonly dockerignore: string;
}

/** Builds each stage in a folder of its own below `scratch`, which stands for its root; gives the last one's. */
export function buildStages(stages: readonly Stage[], context: Context, scratch: string): string {
  const roots = new Map<string, string>();
  const source = join(scratch, "context");
  for (const entry of contextEntries(context.dockerignore)) {
    cpSync(join(context.folder, entry), join(source, entry), { recursive: true });
  }
  let root = "";
  for (const [at, stage] of stages.entries()) {
    root = join(scratch, `stage-${at}`);
    roots.set(stage.name ?? `${at}`, root);
    buildStage(stage, root, (from) => (from === undefined ? source : roots.get(from)!));
  }
  return root;
}

function buildStage(stage: Stage, root: string, rootOf: (from: string | undefined) => string): void {
  let folder = root;
  for (const { word, text } of stage.instructions) {
    if (word === "WORKDIR") {
      folder = join(root, text);
      mkdirSync(folder, { recursive: true });
    } else if (word === "COPY") {
      const { from, sources, target, owner } = parseCopy(text);
      const to = target.startsWith("/") ? join(root, target) : join(folder, target);
      for (const source of sources) copy(join(rootOf(from), source), to, target.endsWith("/"));
      if (owner !== undefined && spawnSync("chown", ["--recursive", owner, to]).status !== 0) {
        throw new Error(`COPY ${text}: the owner cannot be set`);
      }
    } else if (word === "RUN") {
      runStep(text, folder);
    } else if (word !== "USER" && word !== "ENTRYPOINT") {
      throw new Error(`${word} is not understood here`);
    }
  }
}

/** As COPY does it: the contents of a folder, or a file, which keeps its name where the target ends with a slash. */
function copy(source: string, target: string, keepsName: boolean): void {
  const file = statSync(source).isFile();
  cpSync(source, file && keepsName ? join(target, basename(source)) : target, { recursive: true });
}

function runStep(command: string, folder: string): void {
  process.stdout.write(`RUN ${command}\n`);
  const { status } = spawnSync("sh", ["-c", command], { cwd: folder, stdio: "inherit", timeout: RUN_TIMEOUT_MS });
  if (status !== 0) throw new Error(`RUN ${command}: exit ${status}`);
}
