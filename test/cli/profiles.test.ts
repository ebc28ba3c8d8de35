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
  it.each([[["profiles"]], [["profiles", "list"]]])(
    "%j lists every shipped profile under its product",
    async (args) => {
      const { exitCode, stdout, stderr } = await run(args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(/^Cisco Unity\n( {2}\S.*\n)* {2}failover-secondary +Unity secondary → DC$/m);
      expect(stdout.match(/^ {2}\S/gm)).toHaveLength(55);
    },
  );

  it.each([
    [
      ["--from", "unity-secondary", "--to", "global-catalog"],
      ["failover-secondary", "unity-secondary-to-gc"],
    ],
    [
      ["--port", "udp/123"],
      ["exchange-to-dc", "failover-secondary"],
    ],
    [["--port", "22801", "--from", "cucm"], ["cucm-to-unity"]],
    [["--service", "t 120"], ["messenger-peer"]],
    [["--port", "7"], []],
  ])("list %j lists those that fit", async (args, ids) => {
    const { exitCode, stdout, stderr } = await run(["profiles", "list", ...args]);
    expect(exitCode).toBe(0);
    expect([...stdout.matchAll(/^ {2}(\S+)/gm)].map((match) => match[1])).toEqual(ids);
    expect(stderr).toBe(ids.length === 0 ? "unity-probe: no profile fits\n" : "");
  });

  it.each(["failover-secondary", "unity-to-dc"])("show %s prints every row of it", async (word) => {
    const { exitCode, stdout } = await run(["profiles", "show", word]);
    const shipped = parse(readFileSync(SHIPPED, "utf8")) as { rows: { service: string; line: number }[] };
    expect(exitCode).toBe(0);
    for (const { service, line } of shipped.rows) expect(stdout).toMatch(new RegExp(`${service} .*line ${line}\\)`));
    expect(stdout).toContain("tcp/5000-5020, udp/5000-5020");
    expect(stdout).toContain("dcom-range = 5000-5020");
  });

  it("show prints switches with their defaults, and what is odd", async () => {
    const { stdout } = await run(["profiles", "show", "unity-to-cucm"]);
    expect(stdout).toContain("asked when not sccp-tls");
    expect(stdout).toContain("sccp-tls = (both sides asked): SCCP is secured");
    expect(stdout).toContain("cucm5 = on: ");
    expect(stdout).toContain('- "TCP 2000 or 2443": one of the two');
  });

  it("roles names every role and what it also is", async () => {
    const { exitCode, stdout } = await run(["profiles", "roles"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^unity-secondary +The secondary Unity server of a failover pair \(is a unity\)$/m);
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
