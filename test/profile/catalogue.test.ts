import { describe, expect, it } from "vitest";
import { findProfile, nameClashes } from "../../src/profile/catalogue.ts";
import { packProfiles } from "../../src/profile/pack.ts";
import { fixtureText, fullProfile } from "./fixtures.ts";
import { heads } from "./heads.ts";

const other = { ...fullProfile(), file: "other.yaml", id: "other", aliases: ["b-to-a"] };

describe("a shipped profile", () => {
  it.each(["full-example", "a-to-b"])("is found as %s", (word) => {
    expect(findProfile([other, fullProfile()], word).id).toBe("full-example");
  });

  it.each([
    ["ful-example", 'there is no profile "ful-example"; did you mean "full-example"?'],
    ["a-to-c", 'there is no profile "a-to-c"; did you mean "a-to-b"?'],
    ["full", 'there is no profile "full"; did you mean "full-example"?'],
    ["kerberos", 'there is no profile "kerberos"; "unity-probe profiles list" shows all'],
  ])("is not found as %s", (word, message) => {
    expect(() => findProfile([other, fullProfile()], word)).toThrow(
      expect.objectContaining({ name: "ConfigError", message }),
    );
  });
});

describe("names of profiles", () => {
  it("belong to one profile each", () => {
    expect(nameClashes([fullProfile(), other])).toEqual([]);
  });

  it("clash, id or alias, within a profile or between two", () => {
    const clashing = { ...other, id: "a-to-b", aliases: ["x", "x", "full-example"] };
    expect(nameClashes([fullProfile(), clashing]).map((error) => error.message)).toEqual([
      'other.yaml: the name "a-to-b" already belongs to full.yaml',
      'other.yaml: the name "x" already belongs to other.yaml',
      'other.yaml: the name "full-example" already belongs to full.yaml',
    ]);
  });
});

describe("packing", () => {
  it("tells everything that is wrong, and keeps what is right", () => {
    const names = ["full.yaml", "invalid-port-0.yaml", "invalid-unknown-prober.yaml"];
    const files = names.map((file) => ({ file, text: fixtureText(file) }));
    const packed = packProfiles([...files, { file: "copy.yaml", text: fixtureText("full.yaml") }], heads);
    expect(packed.profiles.map((profile) => profile.file)).toEqual(["full.yaml", "copy.yaml"]);
    expect(packed.errors.map((error) => error.file ?? error.message)).toEqual([
      "invalid-port-0.yaml",
      "invalid-unknown-prober.yaml",
      'copy.yaml: the name "full-example" already belongs to full.yaml',
      'copy.yaml: the name "a-to-b" already belongs to full.yaml',
    ]);
  });
});
