import { mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KeptLedger, openLedger } from "../../src/agent/disk-ledger.ts";
import { HeldClock } from "../engine/held-clock.ts";

let parent: string;
let path: string;
let clock: HeldClock;
let said: string[];
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "unity-ledger-"));
  path = join(parent, "history", "ledger.json");
  clock = new HeldClock();
  said = [];
});
afterEach(() => rm(parent, { recursive: true }));

const open = (): Promise<KeptLedger> =>
  openLedger(path, { world: clock.world, say: (sentence) => said.push(sentence) });
const nowMs = (): number => clock.world.wallMs();
const DAY_MS = 24 * 3_600_000;

describe("a ledger on disk", () => {
  it("knows after a restart when a port was asked", async () => {
    const ledger = await open();
    ledger.note("vnc tcp 10.0.0.1 5900", nowMs());
    ledger.note("ntp udp 10.0.0.1 123", nowMs() + 5);
    ledger.note("vnc tcp 10.0.0.1 5900", nowMs() + 9);
    await ledger.flush();
    const again = await open();
    expect(again.lastWallMs("vnc tcp 10.0.0.1 5900")).toBe(nowMs() + 9);
    expect(again.lastWallMs("ntp udp 10.0.0.1 123")).toBe(nowMs() + 5);
    expect(again.lastWallMs("vnc tcp 10.0.0.2 5900")).toBeUndefined();
    expect(said).toEqual([]);
  });

  it("writes by itself a second after the first note, once for all notes of that second", async () => {
    const ledger = await open();
    for (let port = 1; port <= 1_000; port++) ledger.note(`vnc tcp 10.0.0.1 ${port}`, nowMs());
    expect(await readdir(parent)).toEqual([]);
    await clock.passes(clock.sleep(1_001));
    await ledger.flush();
    expect((await open()).lastWallMs("vnc tcp 10.0.0.1 1000")).toBe(nowMs() - 1_001);
    const before = await readFile(path, "utf8");
    await unlink(path);
    await ledger.flush();
    expect(before.length).toBeGreaterThan(1_000);
    // Nothing new: nothing is written.
    expect(await readdir(join(parent, "history"))).toEqual([]);
  });

  it("forgets ports after a day, but not what a wrong clock wrote ahead, and never a refused secret", async () => {
    const ledger = await open();
    const keys = ["secret bind-password 1 refused", "old", "ahead", "new"];
    ledger.note(keys[0]!, nowMs());
    ledger.note("old", nowMs());
    ledger.note("ahead", nowMs() + 365 * DAY_MS);
    clock.wallOffsetMs = 2 * DAY_MS;
    ledger.note("new", nowMs());
    expect(keys.map((key) => ledger.lastWallMs(key) !== undefined)).toEqual([true, false, true, true]);
    await ledger.flush();
  });

  it("holds a hundred thousand notes at most, the newest", async () => {
    const ledger = await open();
    for (let note = 0; note <= 100_000; note++) ledger.note(`note ${note}`, nowMs());
    expect([0, 1, 100_000].map((note) => ledger.lastWallMs(`note ${note}`) !== undefined)).toEqual([false, true, true]);
    await ledger.flush();
    expect((await open()).lastWallMs("note 1")).toBe(nowMs());
  });

  it.each([
    ["cut off", '{"version":1,"notes":[["a",'],
    ["of another version", '{"version":2,"notes":[]}'],
    ["of another shape", '{"version":1,"notes":[["a"]]}'],
    ["not an object", "null"],
    ["empty", ""],
  ])("begins anew when the file is %s, and says so", async (_, text) => {
    await mkdir(join(parent, "history"));
    await writeFile(path, text);
    const ledger = await open();
    expect(said).toEqual([`the rate limits of before are lost: ${path} is damaged`]);
    ledger.note("a", nowMs());
    await ledger.flush();
    expect((await open()).lastWallMs("a")).toBe(nowMs());
  });

  it("says once that it cannot be written, leaves nothing behind, and is written when that is over", async () => {
    await writeFile(join(parent, "history"), "a file, where a folder should be");
    const ledger = await open();
    said.length = 0;
    for (const key of ["a", "b"]) {
      ledger.note(key, nowMs());
      await ledger.flush();
    }
    expect(said).toEqual([expect.stringMatching(/^the rate limits are not kept on disk: E/)]);
    await unlink(join(parent, "history"));
    await ledger.flush();
    const again = await open();
    expect(["a", "b"].map((key) => again.lastWallMs(key))).toEqual([nowMs(), nowMs()]);
    expect(await readdir(join(parent, "history"))).toEqual(["ledger.json"]);
  });
});
