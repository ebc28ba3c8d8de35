import { expect, it } from "vitest";
import { loadProber, proberIds } from "../../src/probers/index.ts";
import { parseProfile } from "../../src/profile/parse.ts";

const heads = new Map(await Promise.all(proberIds.map(async (id) => [id, await loadProber(id)] as const)));

function complaintsOf(row: string): readonly string[] {
  const text = ["id: example", "title: A → B", "product: Example", "from: a", "to: b", "rows:", `  - ${row}`, ""];
  const parsed = parseProfile(text.join("\n"), "mine.yaml", heads);
  return parsed.ok ? [] : parsed.errors.map(({ message }) => message);
}

it("a community needs no TLS, which SNMP has not; a password of LDAP does", () => {
  expect(complaintsOf("{service: SNMP, ports: [udp/161], prober: snmp, params: {community: snmp-community}}")).toEqual(
    [],
  );
  const withPassword = "params: {bindDn: cn=probe, password: bind-password}";
  expect(complaintsOf(`{service: LDAP, ports: [tcp/389], prober: ldap-bind, ${withPassword}}`)).toEqual([
    expect.stringContaining('"password" is sent inside TLS only'),
  ]);
});

it("a community is named, never written", () => {
  expect(complaintsOf('{service: SNMP, ports: [udp/161], prober: snmp, params: {community: "Pub lic!"}}')).toHaveLength(
    1,
  );
});
