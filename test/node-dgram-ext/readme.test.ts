import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hasNative } from "./loopback.ts";

const run = promisify(execFile);
const folder = new URL("../../src/node-dgram-ext/", import.meta.url);
const readme = readFileSync(new URL("README.md", folder), "utf8");

/** Each example with the output that is printed below it. */
const examples = [...readme.matchAll(/## (.+)\n+```js\n([\s\S]+?)```\n+```text\n([\s\S]+?)```/g)].map(
  ([, title, code, output]) => ({ title, code: code!, output: output! }),
);

describe.runIf(hasNative)("the README", () => {
  it("has two examples", () => {
    expect(examples).toHaveLength(2);
  });

  it.each(examples)("prints what it says: $title", async ({ code, output }) => {
    const own = code.replace(`"node-dgram-ext"`, JSON.stringify(new URL("node-dgram-ext.ts", folder).href));
    const { stdout } = await run(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", own]);
    expect(stdout).toBe(output);
  });
});
