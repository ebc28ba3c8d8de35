import { describe, expect, it } from "vitest";
import type { Check } from "../../src/model/check.ts";
import type { PlanOptions } from "../../src/profile/expand.ts";
import { full, one } from "./fixtures.ts";

const skips = (checks: readonly Check[]): Record<string, string> =>
  Object.fromEntries(checks.flatMap((check) => (check.skip ? [[check.id, check.skip.why]] : [])));

describe("--only and --skip", () => {
  const asked = (more: Partial<PlanOptions>) =>
    full({ expectPath: true, set: ["lost-ports=1"], ...more })
      .filter((check) => check.skip === undefined)
      .map((check) => check.id);

  it.each([
    ["Kerberos", ["kerberos/tcp/88", "kerberos/udp/88"]],
    ["ldap over ssl", ["ldap-over-ssl/tcp/636"]],
    ["ldap-over-ssl", ["ldap-over-ssl/tcp/636"]],
    ["tcp/389", ["ldap/tcp/389"]],
    ["udp/22800-32767", ["voice/udp/22800-32767"]],
    ["kerberos/udp/88", ["kerberos/udp/88"]],
    ["UDP/80,5000-5020", ["dcom-rpc/udp/80,5000-5020"]],
  ])("--only %s", (word, ids) => {
    expect(asked({ only: [word] })).toEqual(ids);
  });

  it("adds up, and --skip wins", () => {
    expect(asked({ only: ["kerberos", "ntp"], skip: ["tcp/88"] })).toEqual(["kerberos/udp/88", "ntp/udp/123"]);
  });

  it("may not leave nothing to ask", () => {
    const message = "--only and --skip leave no row to ask";
    expect(() => asked({ only: ["ntp"], skip: ["udp/123"] })).toThrow(message);
    expect(() => full({ only: ["voice"] })).toThrow(message);
    expect(asked({ only: ["voice"] })).toEqual(["voice/udp/22800-32767"]);
  });

  it("keeps what is left out in the plan, as a deliberate skip", () => {
    const checks = full({ only: ["ntp", "workstation"], skip: ["workstation"] });
    expect(checks).toHaveLength(13);
    expect(skips(checks)).toMatchObject({
      "kerberos/tcp/88": "left out by --only",
      "voice/udp/22800-32767": "left out by --only",
      "workstation/tcp/$lost-ports": "left out by --skip",
    });
    expect(checks.every((check) => check.skip?.deliberate !== false)).toBe(true);
  });

  it.each([
    ["kerberso", '--only kerberso picks no row; did you mean "Kerberos"?'],
    ["tcp/398", '--only tcp/398 picks no row; did you mean "tcp/389"?'],
    ["tcp/5005", '--only tcp/5005 picks no row; did you mean "tcp/5000-5020"?'],
    ["tcp/123", "--only tcp/123 picks no row"],
    ["tcp/88,udp/88", "--only tcp/88,udp/88 picks no row; give the flag once for each: --only tcp/88 --only udp/88"],
    ["tcp/0", "--only tcp/0: there is no port 0"],
    ["quake", "--only quake picks no row"],
    ["", "--only  picks no row"],
  ])("--only %j is a mistake", (word, message) => {
    expect(() => asked({ only: [word] })).toThrow(message);
    expect(() => asked({ skip: [word] })).toThrow(message.replaceAll("--only", "--skip"));
  });
});

describe("--source-port", () => {
  it("sets the port that its rows are asked from", () => {
    const checks = full({ sourcePorts: ["udp/88=88", "udp/123=1123"] });
    expect(one(checks, "kerberos/udp/88").sourcePort).toBe(88);
    expect(one(checks, "kerberos/tcp/88").sourcePort).toBeUndefined();
    expect(one(checks, "ntp/udp/123").sourcePort).toBe(1123);
  });

  it.each([
    ["udp/88", "--source-port udp/88 is not understood; write for instance udp/137=137"],
    ["88=88", "is not understood"],
    ["udp/88=", "is not understood"],
    ["udp/88=0", "--source-port udp/88=0: there is no port 0"],
    ["udp/88=x", "--source-port udp/88=x: there is no port x"],
    ["udp/89=1", 'picks no row; did you mean "udp/88"?'],
    ["tcp/5000-5020=1", "picks a range; only rows of one port can have a source port"],
  ])("refuses %s", (word, message) => {
    expect(() => full({ sourcePorts: [word] })).toThrow(message);
  });
});
