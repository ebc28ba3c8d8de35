import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseProfile } from "../../src/profile/parse.ts";
import { profileJsonSchema } from "../../src/profile/schema.ts";
import { siteJsonSchema } from "../../src/profile/site-schema.ts";
import { fixtureNames, fixtureText } from "./fixtures.ts";
import { heads } from "./heads.ts";

const validate = new Ajv({ allErrors: true }).compile(profileJsonSchema([...heads.values()]));

describe("the JSON Schema of site files", () => {
  const site = new Ajv({ allErrors: true }).compile(siteJsonSchema(["unity", "cucm"]));

  it.each([
    ["hosts: {cucm: cm1}", true],
    ["role: unity\nhosts: {cucm: [cm1, {host: cm2, addresses: [10.0.0.2]}]}\nset: {a: 5}\nwith: [sip]", true],
    ["role: [unity, cucm]\nhosts: {}", true],
    ["hosts: {cucmm: cm1}", false],
    ["role: unty\nhosts: {}", false],
    ["hosts: {cucm: {name: cm1}}", false],
    ["role: unity", false],
  ])("%s", (text, valid) => {
    expect(site(parse(text)), JSON.stringify(site.errors)).toBe(valid);
  });
});

describe("the JSON Schema of profiles", () => {
  it.each(["full.yaml", "choices.yaml"])("accepts every key there is: %s", (name) => {
    expect(validate(parse(fixtureText(name))), JSON.stringify(validate.errors)).toBe(true);
  });

  it("wants less of a profile that extends another one", () => {
    const variables = { "dcom-range": { default: "6000-6050" } };
    expect(validate({ id: "ours", extends: "failover-secondary", variables })).toBe(true);
    expect(validate({ id: "ours" })).toBe(false);
  });

  it("describes every key, for editors", () => {
    const undescribed: string[] = [];
    const look = (schema: Record<string, unknown>, path: string): void => {
      for (const [key, value] of Object.entries(schema.properties ?? {})) {
        if (!value.description) undescribed.push(`${path}/${key}`);
        look(value, `${path}/${key}`);
      }
      for (const part of ["items", "additionalProperties"]) {
        if (typeof schema[part] === "object") look(schema[part] as Record<string, unknown>, `${path}/${part}`);
      }
    };
    look(profileJsonSchema([...heads.values()]), "");
    expect(undescribed).toEqual([]);
  });

  it("knows the parameters of each prober", () => {
    const withParams = (prober: string, params: unknown) => ({
      ...(parse(fixtureText("full.yaml")) as object),
      rows: [{ service: "Any", ports: ["tcp/88"], prober, params }],
    });
    expect(validate(withParams("ldap-bind", { startTls: true }))).toBe(true);
    expect(validate(withParams("ldap-bind", { startTLS: true }))).toBe(false);
    expect(validate(withParams("kerberos", { startTls: true }))).toBe(false);
  });

  it("refuses nothing that the parser accepts, and every unknown key, word and type that it refuses", () => {
    const shape = /unknown key|unknown prober|unknown expect|is missing|wants|is empty/;
    for (const name of fixtureNames.filter((file) => file.endsWith(".yaml"))) {
      const parsed = parseProfile(fixtureText(name), name, heads);
      if (parsed.ok) expect(validate(parse(fixtureText(name))), name).toBe(true);
      else if (parsed.errors.some((error) => shape.test(error.problem) && !/not YAML/.test(error.problem))) {
        expect(validate(parse(fixtureText(name))), name).toBe(false);
      }
    }
  });
});
