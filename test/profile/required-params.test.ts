import { expect, it } from "vitest";
import { loadProber, proberIds } from "../../src/probers/index.ts";
import { parseProfile } from "../../src/profile/parse.ts";

const heads = new Map(await Promise.all(proberIds.map(async (id) => [id, await loadProber(id)] as const)));

function complaintsOf(params: string): readonly string[] {
  const row = `  - {service: Replication, ports: [tcp/5000], prober: rpc-bind${params}}`;
  const text = ["id: example", "title: A → B", "product: Example", "from: a", "to: b", "rows:", row, ""].join("\n");
  const parsed = parseProfile(text, "mine.yaml", heads);
  return parsed.ok ? [] : parsed.errors.map(({ message }) => message);
}

it("a prober that cannot do without a parameter has it, or the profile is refused", () => {
  expect(
    complaintsOf(", params: {interface: e3514235-4b06-11d1-ab04-00c04fc2dcd2, major: 4, minor: 0, name: x}"),
  ).toEqual([]);
  expect(complaintsOf(", params: {major: 4, minor: 0, name: x}")).toEqual(['mine.yaml:7:73: "interface" is missing']);
  expect(complaintsOf("")).toHaveLength(4);
});
