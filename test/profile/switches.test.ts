import { describe, expect, it } from "vitest";
import { expandPlan } from "../../src/profile/expand.ts";
import { fixtureText, one, options, planned, profileFrom, profileOf } from "./fixtures.ts";

it("every key of a profile survives", () => {
  const choices = profileFrom(fixtureText("choices.yaml"), "choices.yaml");
  const [web, , rtp] = choices.rows;
  expect(choices).toMatchObject({ symmetric: true, oddities: ["A row is odd."] });
  expect(web).toMatchObject({ when: ["used", "https", "interface=internal"], stated: "assumed" });
  expect(rtp).toMatchObject({ from: ["role-c"], stated: "lookup", cites: [{ document: "002", line: 4 }] });
  expect(expandPlan([choices], options()).profiles[0]?.caution).toMatch(/both ends/);
});

const SWITCHES = `
variables:
  interface: {type: text, choices: [internal, external], about: Which side}
  range: {default: 5000-5020, at-least: 20, about: The range}
  static: {apart-from: range, about: Static ports}
switches:
  https: {default: true, about: HTTPS}
  tls: {about: TLS}
  pca: {default: false, about: PCA}
  viewmail: {default: false, about: ViewMail}
`;
const profile = profileOf(
  [
    "{service: Secure, ports: [tcp/443], prober: ldap-bind, when: https}",
    "{service: Clear, ports: [tcp/80], prober: ldap-bind, when: not https}",
    "{service: SIP, ports: [tcp/5060], prober: ldap-bind, group: sip, when: not tls}",
    "{service: SIP, ports: [tcp/5061], prober: ldap-bind, group: sip, when: tls}",
    "{service: Inside, ports: [tcp/8057], prober: ldap-bind, when: interface=internal}",
    "{service: Outside, ports: [tcp/5269], prober: ldap-bind, when: [interface=external, https]}",
    "{service: Either, ports: [tcp/700], prober: ldap-bind, when: pca or viewmail}",
    "{service: Range, ports: [tcp/$range], prober: port-sweep, expect: path}",
    "{service: Static, ports: [tcp/$static], prober: port-sweep, expect: path}",
    "{service: Voice, ports: [udp/6000-6003/even], prober: port-sweep, expect: path, media: true, required: false}",
  ],
  SWITCHES,
);
const skipsOf = (more = {}) =>
  Object.fromEntries(planned([profile], more).flatMap(({ id, skip }) => (skip ? [[id, skip.why]] : [])));
const LOST = { "static/tcp/$static": "not tested: ports unknown, set static" };
const QUIET = { "voice/udp/6000-6002/even": "could disturb a live call" };
const UNSET = {
  "inside/tcp/8057": "not tested: set interface to internal or external",
  "outside/tcp/5269": "not tested: set interface to internal or external",
};

describe("rows that depend on a switch", () => {
  it("are skipped with the reason, and stay in the plan", () => {
    expect(planned([profile])).toHaveLength(10);
    expect(skipsOf()).toEqual({
      "clear/tcp/80": "https on",
      "either/tcp/700": "pca off and viewmail off",
      ...UNSET,
      ...LOST,
      ...QUIET,
    });
  });

  it("are asked on both sides of a switch that nobody turned", () => {
    expect(skipsOf({ with: ["tls"] })).toHaveProperty(["sip/tcp/5060"], "tls on");
    expect(skipsOf({ without: ["tls"] })).toHaveProperty(["sip/tcp/5061"], "tls off");
  });

  it("need one of several, or a choice", () => {
    expect(skipsOf({ with: ["viewmail"], without: ["https"], set: ["interface=external"] })).toEqual({
      "secure/tcp/443": "https off",
      "inside/tcp/8057": "interface is external",
      "outside/tcp/5269": "https off",
      ...LOST,
      ...QUIET,
    });
  });

  it("count as undecided where a choice is missing, and as left out where a switch is off", () => {
    const checks = planned([profile]);
    expect(one(checks, "clear/tcp/80").skip?.deliberate).toBe(true);
    expect(one(checks, "inside/tcp/8057").skip?.deliberate).toBe(false);
  });

  it.each(["media-probe"])("every profile knows %s", (name) => {
    const voice = one(planned([profile], { with: [name] }), "voice/udp/6000-6002/even");
    expect(voice.skip).toBeUndefined();
    expect(voice.ports).toEqual([{ first: 6000, last: 6002, step: 2 }]);
  });

  it.each([
    [{ with: ["htps"] }, '--with htps: there is no such switch; did you mean "https"?'],
    [
      { without: ["interface"] },
      "--without interface: there is no such switch; it is a variable: --set interface=VALUE",
    ],
    [{ with: ["tls"], without: ["tls"] }, '"tls" is both on and off; give it once'],
    [{ set: ["interface=intern"] }, '--set interface: "intern" is no choice; did you mean "internal"?'],
  ])("%j is refused", (more, message) => {
    expect(() => planned([profile], more)).toThrow(expect.objectContaining({ name: "ConfigError", message }));
  });
});

describe("values of variables", () => {
  const warningsOf = (id: string, set: readonly string[]) => one(planned([profile], { set }), id).row.warnings ?? [];

  it("are warned of where they are too few ports", () => {
    expect(warningsOf("range/tcp/5000-5018", ["range=5000-5018"])).toEqual([
      "range has 19 ports: with fewer than 20 some services do not start",
    ]);
    expect(warningsOf("range/tcp/5000-5019", ["range=5000-5019"])).toEqual([]);
  });

  it("are warned of where two of them share a port", () => {
    expect(warningsOf("static/tcp/4999,5001,5002", ["static=4999,5001,5002"])).toEqual([
      "static and range share 5001-5002: who comes first takes the port from the other",
    ]);
  });
});

describe("rows that ask the same question", () => {
  const rows = [
    "{service: LDAP, ports: [tcp/389], prober: ldap-bind}",
    "{service: NTP, ports: [udp/123], prober: ntp}",
  ];
  const first = profileOf(rows);
  const second = { ...profileOf(["{service: Directory, ports: [tcp/389], prober: ldap-bind}"]), id: "second" };

  it("name the first of them, on each host by itself", () => {
    const checks = expandPlan([first, second], options({ hosts: ["a", "b"] })).checks;
    const twins = checks.filter(({ sameAs }) => sameAs !== undefined);
    expect(twins.map(({ host, id, sameAs }) => [host, id, sameAs])).toEqual([
      ["a", "directory/tcp/389", { profile: "example", check: "ldap/tcp/389" }],
      ["b", "directory/tcp/389", { profile: "example", check: "ldap/tcp/389" }],
    ]);
  });

  it("are asked themselves where the first is left out", () => {
    const checks = planned([first, second], { skip: ["ldap/tcp/389"] });
    expect(one(checks, "directory/tcp/389").sameAs).toBeUndefined();
  });
});

describe("further addresses of a target", () => {
  it.each([
    [["dc01"], ["10.0.0.2"]],
    [["dc01", "dc02"], ["DC01=10.0.0.2"]],
  ])("of %j are %j", (hosts, ownAddresses) => {
    const [check] = expandPlan([profile], options({ hosts, ownAddresses })).checks;
    expect(check).toMatchObject({ host: "dc01", addresses: ["10.0.0.2"] });
  });

  it.each([
    [["dc01", "dc02"], "10.0.0.2", "--own-address 10.0.0.2 names no host; write dc01=10.0.0.2, the host being one"],
    [["dc01"], "dc03=10.0.0.2", "--own-address dc03=10.0.0.2 names no host"],
    [["dc01"], "ten", '"ten" is not an address; give for instance 10.0.0.2'],
  ])("%j with %s is refused", (hosts, word, message) => {
    const given = options({ hosts, ownAddresses: [word] });
    expect(() => expandPlan([profile], given)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });
});
