/** The history on a disk of its own, that is small enough to fill and can be made read-only. */
import { mkdtemp, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLedger } from "../../src/agent/disk-ledger.ts";
import { listFiles } from "../../src/agent/history-file.ts";
import { readLines } from "../../src/agent/history-line.ts";
import { essence, folderIn, open, reopened } from "../agent/kept.ts";
import { variedRun } from "../agent/varied-run.ts";
import { HeldClock } from "../engine/held-clock.ts";
import { runOk } from "./command.ts";

const DISK_BYTES = 128 * 1024;

/** A disk for one case: cases run side by side. */
async function onDisk(ask: (disk: string, dir: string) => Promise<void>): Promise<void> {
  const disk = await mkdtemp(join(tmpdir(), "unity-lab-disk-"));
  await runOk(["mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]);
  try {
    await ask(disk, folderIn(disk));
  } finally {
    await runOk(["umount", "--lazy", disk]);
    await rm(disk, { recursive: true });
  }
}

/** Leaves so much of the disk. */
async function fill(disk: string, leftBytes: number): Promise<string> {
  const path = join(disk, "filler");
  await writeFile(path, "");
  const free = await runOk(["stat", "-f", "-c", "%a %S", disk]);
  const [blocks, bytes] = free.split(" ").map(Number) as [number, number];
  await writeFile(path, Buffer.alloc(blocks * bytes - leftBytes));
  return path;
}

async function wholeLines(dir: string): Promise<boolean> {
  for (const { path } of await listFiles(dir)) {
    for await (const { text } of readLines(await readFile(path))) if (text === undefined) return false;
  }
  return true;
}

describe("a disk that is full", () => {
  it("makes append reject, leaves whole lines, and is written again when there is room; nothing that was kept is lost", () =>
    onDisk(async (disk, dir) => {
      const kept = await open(dir);
      let run = 0;
      for (; run < 5; run++) await kept.note(variedRun(run));
      const filler = await fill(disk, 8_192);
      let refused: NodeJS.ErrnoException | undefined;
      for (; refused === undefined && run < 200; run++) {
        await kept.note(variedRun(run)).catch((error: NodeJS.ErrnoException) => {
          refused = error;
        });
      }
      expect(refused?.code).toBe("ENOSPC");
      expect(await wholeLines(dir)).toBe(true);
      const lastKept = Number((await reopened(dir)).history.runs[0]!.id.replace("run-", ""));
      expect(lastKept).toBe(run - 2);
      await expect(kept.note(variedRun(run++))).rejects.toMatchObject({ code: "ENOSPC" });
      await unlink(filler);
      await kept.note(variedRun(run++));
      await kept.history.close();
      const again = await reopened(dir);
      expect(again.said).toEqual([]);
      expect(essence(again.states.cells())).toEqual(essence(kept.states.cells()));
    }));

  it("leaves the ledger as it was, and says so", () =>
    onDisk(async (disk) => {
      const said: string[] = [];
      const parts = { world: new HeldClock().world, say: (sentence: string) => said.push(sentence) };
      const path = join(disk, "ledger.json");
      const ledger = await openLedger(path, parts);
      ledger.note("vnc tcp 10.0.0.1 5900", 1_000_000_000_000 + parts.world.wallMs());
      await ledger.flush();
      const before = await readFile(path, "utf8");
      await fill(disk, 0);
      for (let port = 0; port < 500; port++) ledger.note(`vnc tcp 10.0.0.2 ${port}`, parts.world.wallMs());
      await ledger.flush();
      expect(said).toEqual([expect.stringContaining("ENOSPC")]);
      expect(await readFile(path, "utf8")).toBe(before);
    }));
});

describe("a disk that is read-only", () => {
  it("makes append reject, is read all the same, and is written again when it can be", () =>
    onDisk(async (disk, dir) => {
      const kept = await open(dir);
      for (let run = 0; run < 3; run++) await kept.note(variedRun(run));
      await kept.history.close();
      await runOk(["mount", "-o", "remount,ro", disk]);
      const reader = await open(dir);
      expect(essence(reader.states.cells())).toEqual(essence(kept.states.cells()));
      await expect(reader.note(variedRun(3))).rejects.toMatchObject({ code: "EROFS" });
      await expect(reader.note(variedRun(4))).rejects.toMatchObject({ code: "EROFS" });
      await runOk(["mount", "-o", "remount,rw", disk]);
      await reader.note(variedRun(5));
      await reader.history.close();
      expect(essence((await reopened(dir)).states.cells())).toEqual(essence(reader.states.cells()));
    }));
});
