import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listFiles } from "../../src/agent/history-file.ts";
import { readLines } from "../../src/agent/history-line.ts";
import { CellStates } from "../../src/agent/states.ts";
import { essence, folderIn, reopened } from "./kept.ts";
import { variedRun } from "./varied-run.ts";

const CHILD = join(import.meta.dirname, "writing-child.ts");
/** Small enough that files are begun and removed all the time. */
const MAX_BYTES = 40_000;

let parent: string;
let dir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "unity-history-"));
  dir = folderIn(parent);
});
afterEach(() => rm(parent, { recursive: true }));

/** What the cells are after so many runs. */
function cellsAfter(runs: number): unknown {
  const states = new CellStates({ need: 2, of: 3 });
  for (let run = 0; run < runs; run++) states.apply(variedRun(run));
  return essence(states.cells());
}

describe("a process that is killed while it writes", () => {
  it("has lost no run that was acknowledged, and has none by halves", { timeout: 400_000 }, async () => {
    let acknowledged = -1;
    for (let kill = 0; kill < 8; kill++) {
      const child = spawn(process.execPath, ["--import", "tsx", CHILD, dir, String(MAX_BYTES), "1000000"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      const wanted = acknowledged + 20 + 13 * kill;
      for await (const line of createInterface({ input: child.stdout })) {
        const [run, end] = line.split(" ");
        expect(end).toBe("kept");
        acknowledged = Number(run);
        // At another moment of a write each time; lines that are on their way still count.
        if (acknowledged >= wanted && !child.killed) setTimeout(() => child.kill("SIGKILL"), kill / 3);
      }
      expect((await exited)[1]).toBe("SIGKILL");
      const kept = await reopened(dir);
      expect(kept.said).toEqual([]);
      const last = Number(kept.history.runs[0]!.id.replace("run-", ""));
      // The last one may have reached the disk without a word about it.
      expect([acknowledged, acknowledged + 1]).toContain(last);
      expect(essence(kept.states.cells())).toEqual(cellsAfter(last + 1));
      acknowledged = last;
    }
  });
});

describe("a file that may not grow further", () => {
  it("is cut back to its whole lines; the run is refused, with the system's error, and the next one is kept", {
    timeout: 200_000,
  }, async () => {
    // dash counts blocks of 512 bytes: 16 KiB a file.
    const limited = 'ulimit -f 32; exec "$0" --import tsx "$@"';
    const { stdout } = await promisify(execFile)("/bin/sh", [
      "-c",
      limited,
      process.execPath,
      CHILD,
      dir,
      "1000000",
      "120",
    ]);
    const ends = stdout
      .trimEnd()
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ")[1]);
    expect(new Set(ends)).toEqual(new Set(["kept", "EFBIG"]));
    expect(ends.filter((end) => end === "EFBIG").length).toBeLessThan(20);
    const files = await listFiles(dir);
    expect(files.length).toBeGreaterThan(1);
    for (const { path } of files) {
      for await (const line of readLines(await readFile(path))) expect(line.text).toBeDefined();
    }
    // What was refused came with the run that was kept after it.
    const kept = await reopened(dir);
    expect(essence(kept.states.cells())).toEqual(cellsAfter(ends.lastIndexOf("kept") + 1));
  });
});
