import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { replaceFile } from "../../src/agent/replace-file.ts";

async function oldFile(): Promise<{ readonly dir: string; readonly path: string }> {
  const dir = await mkdtemp(join(tmpdir(), "unity-probe-replace-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = join(dir, "ledger.json");
  await replaceFile(path, "old");
  return { dir, path };
}

/** As Windows refuses to rename over a file that another program has open, so many times. */
function held(times: number, code: string) {
  const tries: string[] = [];
  const move = async (from: string, to: string) => {
    tries.push(to);
    if (tries.length <= times) throw Object.assign(new Error(code), { code });
    await rename(from, to);
  };
  return { tries, move };
}

describe("a file that is replaced", () => {
  it.each(["EPERM", "EACCES", "EBUSY"])("waits for who has it open for a moment: %s", async (code) => {
    const { dir, path } = await oldFile();
    const { tries, move } = held(3, code);
    await replaceFile(path, "new", move);
    expect(tries).toHaveLength(4);
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(dir)).toEqual(["ledger.json"]);
  });

  it.each([
    ["EBUSY", 5],
    ["ENOSPC", 1],
  ])("stays as it was when it cannot be, with the system's word: %s", async (code, count) => {
    const { dir, path } = await oldFile();
    const { tries, move } = held(99, code);
    await expect(replaceFile(path, "new", move)).rejects.toMatchObject({ code });
    expect(tries).toHaveLength(count);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(dir)).toEqual(["ledger.json"]);
  });
});
