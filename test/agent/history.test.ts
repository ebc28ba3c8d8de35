import { appendFile, mkdtemp, readdir, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listFiles } from "../../src/agent/history-file.ts";
import type { ResultEntry } from "../../src/report/document.ts";
import { essence, folderIn, LDAP, newestFile, noteAll, open, reopened, runOf, zcat } from "./kept.ts";
import { EPOCH_MS, entry, nameless, notDue, record } from "./sample-record.ts";

let parent: string;
let dir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "unity-history-"));
  dir = folderIn(parent);
});
afterEach(() => rm(parent, { recursive: true }));

describe("a history that is opened again", () => {
  it("has nothing to say of a folder that is not there", async () => {
    const kept = await reopened(dir);
    expect([kept.states.cells(), kept.history.runs, kept.said]).toEqual([[], [], []]);
    expect(await readdir(parent)).toEqual([]);
  });

  it("knows each cell: since when, last pass, its votes, what was published", async () => {
    const kept = await open(dir);
    await noteAll(kept, "PPFPFFSEP");
    await kept.history.close();
    const again = await reopened(dir);
    expect(essence(again.states.cells())).toEqual(essence(kept.states.cells()));
    expect(again.said).toEqual([]);
  });

  it("goes on in the same file, and as if it had never been closed", async () => {
    const whole = await open(join(parent, "whole"));
    await noteAll(whole, "PPFFPFPIIP");
    for (const [run, letter] of [..."PPFFPFPIIP"].entries()) {
      const kept = await open(dir);
      await kept.note(runOf(letter, run));
      await kept.history.close();
    }
    expect(essence((await reopened(dir)).states.cells())).toEqual(essence(whole.states.cells()));
    expect(await listFiles(dir)).toHaveLength(1);
    await whole.history.close();
  });

  it("knows that a lead is no longer announced, in whichever file that was written", async () => {
    const mapper = entry("pass", LDAP);
    const lead = entry("pass", { check: `${LDAP.check}/tcp/5000/drsuapi`, via: LDAP.check, required: false });
    const kept = await open(dir, 1);
    for (let run = 0; run < 41; run++) {
      await kept.note(record(run, run % 4 === 0 ? [mapper] : [mapper, lead]));
      const again = await reopened(dir);
      expect(essence(again.states.cells())).toEqual(essence(kept.states.cells()));
    }
    await kept.history.close();
    const [, again] = (await reopened(dir)).states.cells();
    expect(again).toMatchObject({ published: "skipped", settled: false, votes: [] });
    expect(again!.result.detail).toMatch(/^no longer announced by ldap/);
  });

  it("knows the last run of each schedule, and that one was cut off", async () => {
    const kept = await open(dir);
    await kept.note(record(0, [entry("pass"), entry("pass", { ...LDAP, canary: true })]));
    await kept.note(record(1, [entry("pass", LDAP)], { schedule: "quick" }));
    await kept.note(record(2, [entry("fail")], { status: "agent-offline", offline: "the gateway does not answer" }));
    await kept.history.close();
    const again = await reopened(dir);
    expect(again.history.runs.map(({ schedule, id, offline }) => [schedule, id, offline])).toEqual([
      ["default", "run-2", "the gateway does not answer"],
      ["quick", "run-1", undefined],
    ]);
    expect(again.history.runs[1]?.document).toEqual(record(1, [entry("pass", LDAP)]).document);
    expect(again.states.cells().map(({ published, votes }) => [published, votes.length])).toEqual([
      ["pass", 1],
      ["pass", 1],
    ]);
  });

  it("keeps a result with its age when nothing new was said, and shows the newest when there was", async () => {
    const kept = await open(dir);
    const seen = (run: number, more: Partial<ResultEntry>) => kept.note(record(run, [entry("pass", more)]));
    await seen(0, { detail: "clock +0.02 s" });
    await seen(1, { detail: "clock +0.03 s" });
    const [first] = (await reopened(dir)).states.cells();
    expect([first?.result.detail, first?.resultMs, first?.votes.length]).toEqual(["clock +0.02 s", EPOCH_MS, 2]);
    await seen(2, { detail: "clock +0.04 s", warnings: ["the certificate ends in 29 days"] });
    const [second] = (await reopened(dir)).states.cells();
    expect([second?.result.detail, second?.resultMs]).toEqual(["clock +0.04 s", EPOCH_MS + 120_000]);
    await kept.history.close();
  });

  it("keeps names without addresses, rows that are not due and addresses that left", async () => {
    const kept = await open(dir);
    const ldap = entry("pass", { ...LDAP, address: "2001:db8::10" });
    await kept.note(record(0, [entry("pass"), ldap, nameless({ host: "dc02.example.com" })]));
    await kept.note(record(1, [nameless(), notDue({ ...LDAP, address: "2001:db8::10" })]));
    for (let run = 2; run < 14; run++) await kept.note(record(run, [entry("pass", { address: "10.20.1.11" })]));
    await kept.history.close();
    const again = await reopened(dir);
    expect(essence(again.states.cells())).toEqual(essence(kept.states.cells()));
    expect(again.states.cells().map(({ result }) => result.address)).toEqual(["10.20.1.11"]);
  });

  it("is not confused by a clock that jumps back an hour", async () => {
    const kept = await open(dir);
    await noteAll(kept, "PPP");
    const back = EPOCH_MS - 3_600_000;
    for (const run of [3, 4]) await kept.note(record(run, [entry("fail")], { startedAtMs: back + run * 60_000 }));
    await kept.history.close();
    const again = await reopened(dir);
    expect(essence(again.states.cells())).toEqual(essence(kept.states.cells()));
    expect(again.states.cells()[0]).toMatchObject({ published: "fail", sinceMs: back + 180_000 });
  });

  it("can be read with zcat: a line of JSON for each run", async () => {
    const kept = await open(dir);
    await noteAll(kept, "PF");
    await kept.history.close();
    expect((await zcat(dir)).map(({ kind }) => kind)).toEqual([
      ...["segment", "results", "run", "cells", "ready"],
      ...["results", "run"],
    ]);
  });
});

describe("a bounded history", () => {
  const MAX_BYTES = 20_000;

  it("removes whole oldest files, and what began before them is still known", { timeout: 120_000 }, async () => {
    const kept = await open(dir, MAX_BYTES);
    await noteAll(kept, "PFF");
    for (let run = 3; run < 400; run++) {
      await kept.note(runOf("F", run));
      const bytes = (await listFiles(dir)).reduce((sum, file) => sum + file.bytes, 0);
      expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    }
    await kept.history.close();
    expect((await listFiles(dir))[0]?.number).toBeGreaterThan(1);
    const [cell] = (await reopened(dir)).states.cells();
    expect(cell).toMatchObject({ published: "fail", sinceMs: EPOCH_MS + 60_000, lastPassMs: EPOCH_MS });
    expect(cell?.votes).toHaveLength(120);
  });

  it("keeps what is known also when that alone is more than the bound", async () => {
    const kept = await open(dir, 100);
    await noteAll(kept, "PPFFPPFF".repeat(5));
    await kept.history.close();
    expect(essence((await reopened(dir)).states.cells())).toEqual(essence(kept.states.cells()));
    expect((await listFiles(dir)).length).toBeLessThanOrEqual(2);
  });

  it("leaves other files of the folder alone", async () => {
    const kept = await open(dir, 100);
    await noteAll(kept, "P");
    await writeFile(join(dir, "ledger.json"), "{}");
    await noteAll(kept, "PPPPPPPPPP", 1);
    await kept.history.close();
    expect(await readdir(dir)).toContain("ledger.json");
  });
});

describe("a folder that cannot be written to", () => {
  it("makes append reject with the system's error, and is written to again when it can be", async () => {
    await writeFile(dir, "a file, where a folder should be");
    const kept = await open(dir);
    expect(kept.said).toHaveLength(1);
    await expect(noteAll(kept, "P")).rejects.toMatchObject({ code: expect.stringMatching(/ENOTDIR|EEXIST/) });
    await unlink(dir);
    await noteAll(kept, "PFF", 1);
    await kept.history.close();
    const again = await reopened(dir);
    expect(again.states.cells()[0]?.votes).toHaveLength(4);
  });

  it("gets a new file when the one that is written to was removed or changed", async () => {
    const kept = await open(dir);
    await noteAll(kept, "PP");
    await unlink((await newestFile(dir)).path);
    await noteAll(kept, "FF", 2);
    await appendFile((await newestFile(dir)).path, "somebody else");
    await noteAll(kept, "PP", 4);
    await kept.history.close();
    const again = await reopened(dir);
    expect(essence(again.states.cells())).toEqual(essence(kept.states.cells()));
  });

  it("takes no line from another agent that writes to the same folder", async () => {
    const first = await open(dir);
    await noteAll(first, "PP");
    const second = await open(dir);
    await noteAll(first, "F", 2);
    await noteAll(second, "F", 3);
    await noteAll(first, "F", 4);
    await Promise.all([first.history.close(), second.history.close()]);
    expect((await zcat(dir)).flatMap((line) => line.run?.id ?? [])).toEqual([
      "run-0",
      "run-1",
      "run-2",
      "run-4",
      "run-3",
    ]);
  });

  it("refuses more than a few runs at once, and keeps those that it took", async () => {
    const kept = await open(dir);
    const runs = Array.from({ length: 20 }, (_, run) => runOf("P", run));
    const ends = await Promise.allSettled(runs.map((run) => kept.note(run)));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(8);
    await kept.history.close();
    const ids = (await zcat(dir)).flatMap((line) => line.run?.id ?? []);
    expect(ids).toEqual(runs.slice(0, 8).map(({ id }) => id));
  });
});
