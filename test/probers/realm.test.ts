import { describe, expect, it } from "vitest";
import { chooseRealm } from "../../src/probers/realm.ts";

const unknown = { learned: {} };

describe("the realm", () => {
  it.each([
    ["dc01.example.com", "EXAMPLE.COM"],
    ["DC01.Sub.Example.com.", "SUB.EXAMPLE.COM"],
    ["dc01.3com.example", "3COM.EXAMPLE"],
  ])("of %s is its domain in capitals", (host, realm) => {
    expect(chooseRealm(undefined, { host, ...unknown })).toEqual({ realm, realmFrom: "host name" });
  });

  it.each(["10.20.1.10", "2001:db8::7", "::ffff:10.20.1.10", "fe80::1%eth0", "dc01", "dc01.", "localhost", ""])(
    "is not made of %j",
    (host) => {
      expect(chooseRealm(undefined, { host, ...unknown })).toEqual({
        realm: "UNITY-PROBE.INVALID",
        realmFrom: "made up",
      });
      const learned = { realm: "Lab.Test" };
      expect(chooseRealm("", { host, learned })).toEqual({ realm: "Lab.Test", realmFrom: "learned" });
    },
  );

  it("that was given stays as it was written", () => {
    const ask = { host: "dc01.example.com", learned: { realm: "LEARNED" } };
    expect(chooseRealm("Mixed.Case", ask)).toEqual({ realm: "Mixed.Case", realmFrom: "parameter" });
  });

  it.each([{ realm: "" }, { realm: 5 }, { realm: null }])("is not learned from %j", (learned) => {
    expect(chooseRealm(undefined, { host: "dc01", learned }).realmFrom).toBe("made up");
  });
});
