import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Profile } from "../../src/profile/format.ts";
import { kinOf, type Roles } from "../../src/profile/roles.ts";
import { parseRoles } from "../../src/profile/roles-file.ts";
import { ownRoles, type Site, vectorsOf } from "../../src/profile/site.ts";
import { parseSite } from "../../src/profile/site-file.ts";
import { shippedProfiles } from "./shipped.ts";

const file = "profiles/roles.yaml";
const { roles, errors } = parseRoles(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file);
let profiles: readonly Profile[];
beforeAll(async () => {
  ({ profiles } = await shippedProfiles());
});

const SITE = `
role: unity-secondary
hosts:
  domain-controller: [dc01.example.com, dc02.example.com]
  global-catalog: gc01.example.com
  partner-exchange: {host: mail01.example.com, addresses: [192.0.2.9]}
  dns-server: 192.0.2.53
  cucm: cm1
  sip-endpoint: pimg1
  unity-primary: u1
  unity-secondary: u2
  snmp-station: sn1
set: {dcom-range: 6000-6050}
with: [sip]
`;
const siteOf = (text: string): Site => parseSite(text, "site.yaml", roles, profiles);
const planOf = (site: Site, given: readonly string[] = []) =>
  vectorsOf(site, ownRoles(given, site, roles), roles, profiles);
const targetsOf = (site: Site, given?: readonly string[]) =>
  Object.fromEntries(
    planOf(site, given).vectors.map(({ profile, hosts }) => [profile.id, hosts.map(({ host }) => host).join(" ")]),
  );

describe("the shipped roles", () => {
  it("are right, and every role of a profile is one of them", () => {
    expect(errors).toEqual([]);
    const named = profiles.flatMap(({ from, to, rows }) => [from, to, ...rows.flatMap((row) => row.from ?? [])]);
    expect([...new Set(named)].filter((role) => !Object.hasOwn(roles, role))).toEqual([]);
  });

  it("are each used by a profile, or are what such a role also is", () => {
    const named = profiles.flatMap(({ from, to, rows }) => [from, to, ...rows.flatMap((row) => row.from ?? [])]);
    const kin = Object.keys(roles).filter((role) => kinOf(role, roles).some((one) => named.includes(one)));
    expect(kin).toEqual(Object.keys(roles));
  });

  it("may go round in a circle without end to it", () => {
    const role = (isA: readonly string[]) => ({ about: "", isA, single: false });
    const circle: Roles = { a: role(["b"]), b: role(["a"]) };
    expect(kinOf("a", circle)).toEqual(["a", "b"]);
  });
});

describe("a site", () => {
  it("asks every vector of the secondary, and of a Unity server, at the hosts of the role and of what is one", () => {
    expect(targetsOf(siteOf(SITE))).toEqual({
      "failover-secondary": "dc01.example.com dc02.example.com gc01.example.com",
      "unity-secondary-to-gc": "gc01.example.com",
      "unity-secondary-to-exchange": "mail01.example.com",
      "unity-to-dns": "192.0.2.53",
      "unity-to-cucm": "cm1",
      "unity-to-sip": "pimg1",
      "unity-failover-pair": "u1",
    });
  });

  it("names vectors without a host, and hosts that no vector reaches", () => {
    expect(planOf(siteOf(SITE)).remarks).toEqual([
      "unity-to-phones is not asked: no host is named for phone",
      "unity-to-workstation is not asked: no host is named for workstation",
      "sn1 (snmp-station): no vector from unity-secondary goes there",
    ]);
  });

  it("serves every machine: the role given counts", () => {
    expect(targetsOf(siteOf(SITE), ["unity-primary"])).toMatchObject({ "unity-failover-pair": "u2" });
    expect(targetsOf(siteOf(SITE), ["snmp-station"])).toEqual({ "snmp-to-unity": "u1 u2" });
    expect(Object.keys(targetsOf(siteOf(SITE), ["partner-exchange"]))).toEqual(
      expect.arrayContaining(["exchange-to-dc", "exchange-to-dns", "exchange-to-unity"]),
    );
  });

  it("gives vectors only the settings that they know", () => {
    expect(planOf(siteOf(SITE), ["snmp-station"]).settings).toEqual({ set: [], with: [], without: [] });
    expect(planOf(siteOf(SITE)).settings).toEqual({ set: ["dcom-range=6000-6050"], with: ["sip"], without: [] });
  });

  it("leaves rows to the machines that they start from", () => {
    const site = siteOf("hosts: {ocs-front-end: fe1}");
    const [vector] = planOf(site, ["conferencing-server"]).vectors;
    expect(vector).toMatchObject({ profile: { id: "ocs-front-end" }, roles: ["conferencing-server", "ocs-server"] });
  });

  it("keeps the further addresses of a host", () => {
    expect(siteOf(SITE).hosts.get("partner-exchange")).toEqual([
      { host: "mail01.example.com", addresses: ["192.0.2.9"] },
    ]);
  });
});

describe("a site that cannot be used", () => {
  it.each<readonly [string, string, string]>([
    [
      "an unknown role",
      "role: unity-secondry\nhosts: {cucm: a}",
      'site.yaml:1:7: there is no role "unity-secondry"; did you mean "unity-secondary"?',
    ],
    [
      "an unknown role of hosts",
      "hosts:\n  domain-controler: a",
      'site.yaml:2:3: there is no role "domain-controler"; did you mean "domain-controller"?',
    ],
    ["an empty list", "hosts:\n  cucm: []", 'site.yaml:2:9: "cucm" has no host; name one, or leave the role out'],
    [
      "one host under two spellings",
      "hosts:\n  domain-controller: DC01.example.com\n  global-catalog: dc01.example.com",
      'site.yaml:3:19: "dc01.example.com" is the host that is written "DC01.example.com" elsewhere; write it one way',
    ],
    ["one host twice", "hosts:\n  cucm: [a, a]", 'site.yaml:2:13: "a" stands twice under "cucm"; drop one'],
    [
      "a URL for a host",
      "hosts:\n  cucm: http://a/",
      'site.yaml:2:9: host "http://a/" is a URL; give the host only: a',
    ],
    [
      "a further address that is a name",
      "hosts:\n  cucm: {host: a, addresses: [b]}",
      'site.yaml:2:9: "b" is not an address; give for instance 10.0.0.2',
    ],
    ["an unknown key", "host: {cucm: a}", 'site.yaml:1:1: unknown key "host"; did you mean "hosts"?'],
    ["no hosts", "role: unity", 'site.yaml:1:1: "hosts" is missing'],
    [
      "a variable that no profile has",
      "hosts: {cucm: a}\nset: {dcom-rang: 1-2}",
      'site.yaml:2:18: no profile has a variable "dcom-rang"; did you mean "dcom-range"?',
    ],
    [
      "a switch that no profile has",
      "hosts: {cucm: a}\nwith: [spi]",
      'site.yaml:2:8: no profile has a switch "spi"; did you mean "sip"?',
    ],
    ["no YAML", "hosts: [", "site.yaml:1:9: not YAML:"],
    ["a list", "- a", "site.yaml:1:1: the file is not a site; it begins with keys such as role and hosts"],
  ])("%s", (_, text, message) => {
    expect(() => siteOf(text)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  });

  it.each<readonly [string, string, readonly string[], string]>([
    ["no role", "hosts: {cucm: a}", [], "site.yaml does not say what this machine is; add --role"],
    ["a role that nobody knows", "hosts: {cucm: a}", ["unty"], 'there is no role "unty"; did you mean "unity"?'],
    ["a role that nothing starts from", "hosts: {cucm: a}", ["dns-server"], "no vector starts from dns-server"],
    ["no host in reach", "hosts: {snmp-station: a}", ["unity"], "no host is named that a vector reaches from unity"],
  ])("%s", (_, text, given, message) => {
    expect(() => planOf(siteOf(text), given)).toThrow(
      expect.objectContaining({ name: "ConfigError", message: expect.stringContaining(message) }),
    );
  });
});
