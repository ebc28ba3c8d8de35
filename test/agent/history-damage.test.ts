import { appendFile, mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listFiles } from "../../src/agent/history-file.ts";
import { readLines, writeLine } from "../../src/agent/history-line.ts";
import { essence, folderIn, type Kept, newestFile, noteAll, open, reopened, runOf } from "./kept.ts";
import { EPOCH_MS } from "./sample-record.ts";

/** A file is opened thousands of times. */
const SLOW = { timeout: 400_000 };

let parent: string;
let dir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "unity-history-"));
  dir = folderIn(parent);
});
afterEach(() => rm(parent, { recursive: true }));

describe("a history file that is cut off", () => {
  it("loses what was torn and nothing else, at every byte, and goes on", SLOW, async () => {
    const kept = await open(dir);
    /** How long the file was when each run was acknowledged, and what was known then. */
    const acknowledged = [{ bytes: 0, cells: essence([]) }];
    for (const [run, letter] of [..."PPFF"].entries()) {
      await kept.note(runOf(letter, run));
      acknowledged.push({ bytes: (await newestFile(dir)).bytes.length, cells: essence(kept.states.cells()) });
    }
    await kept.history.close();
    const { path, bytes } = await newestFile(dir);
    for (let length = bytes.length; length >= 0; length--) {
      await writeFile(path, bytes.subarray(0, length));
      const torn = await open(dir);
      const runs = acknowledged.findLastIndex((at) => at.bytes <= length);
      // The first run is acknowledged with the cells; its own line stands before theirs.
      if (runs > 0) expect(essence(torn.states.cells())).toEqual(acknowledged[runs]!.cells);
      expect(torn.said).toEqual([]);
      if (length % 50 === 0 || runs === 4) {
        await torn.note(runOf("F", 9));
        await torn.history.close();
        expect(essence((await reopened(dir)).states.cells())).toEqual(essence(torn.states.cells()));
        for (const { path: other } of await listFiles(dir)) await unlink(other);
      }
    }
  });

  it("loses nothing to bytes that a crash left behind it", async () => {
    const kept = await open(dir);
    await noteAll(kept, "PPFF");
    await kept.history.close();
    const { path } = await newestFile(dir);
    await appendFile(path, Buffer.alloc(5_000));
    const torn = await open(dir);
    expect(essence(torn.states.cells())).toEqual(essence(kept.states.cells()));
    expect(torn.said).toEqual([]);
    await torn.note(runOf("P", 4));
    await torn.history.close();
    expect(essence((await reopened(dir)).states.cells())).toEqual(essence(torn.states.cells()));
  });
});

describe("a history file that is damaged", () => {
  const votesAt = ({ states }: Kept) => states.cells()[0]?.votes.map(({ atMs }) => (atMs - EPOCH_MS) / 60_000);

  it("loses the line that is damaged and says so; what follows is read", SLOW, async () => {
    const kept = await open(dir);
    await noteAll(kept, "PPFFPP");
    await kept.history.close();
    const { path, bytes } = await newestFile(dir);
    const lines = [];
    for await (const line of readLines(bytes)) lines.push(line);
    const third = lines.findIndex(({ text }) => text?.includes('"run-3"') === true);
    const { at, end } = lines[third]!;
    for (let place = at; place < end; place++) {
      const damaged = Buffer.from(bytes);
      damaged[place]! ^= 0x41;
      await writeFile(path, damaged);
      const read = await reopened(dir);
      // Some bytes of a gzip header mean nothing: then the line is whole.
      if (read.said.length === 0) expect(votesAt(read)).toEqual([0, 1, 2, 3, 4, 5]);
      else
        expect([votesAt(read), read.said]).toEqual([
          [0, 1, 2, 4, 5],
          [expect.stringContaining(`byte ${at} to ${end}`)],
        ]);
    }
  });

  it("reads what is left, wherever a byte is wrong, and begins a new file", SLOW, async () => {
    const kept = await open(dir);
    await noteAll(kept, "PPF");
    await kept.history.close();
    const { path, bytes } = await newestFile(dir);
    for (let place = 0; place < bytes.length; place += 7) {
      const damaged = Buffer.from(bytes);
      damaged[place]! ^= 0x80;
      await writeFile(path, damaged);
      const read = await open(dir);
      await read.note(runOf("F", 3));
      await read.history.close();
      const again = await open(dir);
      await again.history.close();
      expect(essence(again.states.cells())).toEqual(essence(read.states.cells()));
      for (const file of await listFiles(dir)) if (file.path !== path) await unlink(file.path);
    }
  });

  it("falls back to the file before when the beginning is damaged", async () => {
    const kept = await open(dir, 8_000);
    for (let run = 0; (await listFiles(dir).catch(() => [])).length < 3; run++) await kept.note(runOf("F", run));
    await noteAll(kept, "PP", 500);
    await kept.history.close();
    const { path, bytes } = await newestFile(dir);
    bytes[60]! ^= 0xff;
    await writeFile(path, bytes);
    const read = await reopened(dir);
    expect(read.states.cells()[0]).toMatchObject({ published: "pass", sinceMs: EPOCH_MS + 500 * 60_000 });
    expect(read.states.cells()[0]?.votes[0]?.atMs).toBe(kept.states.cells()[0]?.votes[0]?.atMs);
    expect(read.said[0]).toContain("is damaged from byte 0");
  });

  it("leaves a file of another version alone, and says so", async () => {
    const kept = await open(dir);
    await noteAll(kept, "PP");
    await kept.history.close();
    const foreign = join(dir, "00000002.jsonl.gz");
    await writeFile(foreign, await writeLine(JSON.stringify({ kind: "segment", version: 99 })));
    const read = await open(dir);
    expect(read.said).toEqual([`${foreign} was written by another version and is left out`]);
    expect(essence(read.states.cells())).toEqual(essence(kept.states.cells()));
    await read.note(runOf("P", 2));
    await read.history.close();
    expect((await listFiles(dir)).map(({ number }) => number)).toEqual([1, 2, 3]);
  });
});
