import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fixtureText } from "../profile/fixtures.ts";
import { run } from "./command.ts";

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SHIPPED = pathOf("profiles/cisco-unity/failover-secondary.yaml");

describe("profiles", () => {
  it.each([[["profiles"]], [["profiles", "list"]]])("%j lists every shipped profile, one a line", async (args) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^failover-secondary +Unity secondary → DC \(Cisco Unity\)$/m);
  });

  it.each(["failover-secondary", "unity-to-dc"])("show %s prints every row of it", async (word) => {
    const { exitCode, stdout } = await run(["profiles", "show", word]);
    const shipped = parse(readFileSync(SHIPPED, "utf8")) as { rows: { service: string; line: number }[] };
    expect(exitCode).toBe(0);
    for (const { service, line } of shipped.rows) expect(stdout).toMatch(new RegExp(`${service} .*line ${line}\\)`));
    expect(stdout).toContain("dcom-range = 5000-5020");
  });

  it("validate says of a good file what is in it", async () => {
    const { exitCode, stdout, stderr } = await run(["profiles", "validate", SHIPPED]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/failover-secondary, \d+ rows\n$/);
  });

  it("validate names every mistake of a bad file, and goes on to the next", async () => {
    const bad = pathOf("test/fixtures/profiles/invalid-several.yaml");
    const { exitCode, stdout, stderr } = await run(["profiles", "validate", bad, SHIPPED]);
    const mistakes = fixtureText("invalid-several.txt").trimEnd().split("\n");
    expect(exitCode).toBe(2);
    expect(stderr.trimEnd().split("\n")).toEqual(
      mistakes.map((mistake) => bad.replace(/invalid-several\.yaml$/, mistake)),
    );
    expect(stdout).toContain("failover-secondary, ");
  });

  it("schema prints a JSON Schema that takes the shipped profile", async () => {
    const { exitCode, stdout } = await run(["profiles", "schema"]);
    const validate = new Ajv({ strict: false }).compile(JSON.parse(stdout));
    expect(exitCode).toBe(0);
    expect(validate(parse(readFileSync(SHIPPED, "utf8"))), JSON.stringify(validate.errors)).toBe(true);
  });
});
