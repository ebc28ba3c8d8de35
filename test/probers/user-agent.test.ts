import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { USER_AGENT } from "../../src/probers/user-agent.ts";

it("names the product and its version, as package.json has them", () => {
  const { name, version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(USER_AGENT).toBe(`${name}/${version}`);
});

it("is none of the names that servers drop without a word", () => {
  expect(USER_AGENT).not.toMatch(/friendly|scanner|sipcli|sipvicious|sundayddr|VaxSIP|pplsip/i);
});
