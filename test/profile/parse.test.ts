import { describe, expect, it } from "vitest";
import { parseProfile } from "../../src/profile/parse.ts";
import { fixtureNames, fixtureText, fullProfile, profileOf } from "./fixtures.ts";
import { heads } from "./heads.ts";

describe("a profile that cannot be used", () => {
  const invalid = fixtureNames.filter((name) => /^invalid-.*\.yaml$/.test(name));

  it.each(invalid)("%s says where, what is wrong and what was meant", (name) => {
    const parsed = parseProfile(fixtureText(name), name, heads);
    const said = parsed.ok ? [] : parsed.errors.map((error) => error.message);
    expect(`${said.join("\n")}\n`).toBe(fixtureText(name.replace(".yaml", ".txt")));
  });

  it("carries the place apart from the words", () => {
    const parsed = parseProfile(fixtureText("invalid-unknown-prober.yaml"), "site/a.yaml", heads);
    expect(parsed.ok ? [] : parsed.errors).toMatchObject([
      {
        name: "ConfigError",
        file: "site/a.yaml",
        line: 10,
        column: 47,
        problem: 'unknown prober "ldap-bnd"',
        meant: 'did you mean "ldap-bind"?',
      },
    ]);
  });

  it("is refused unread when it is too long", () => {
    const parsed = parseProfile(`# ${"x".repeat(300_000)}`, "long.yaml", heads);
    expect(parsed.ok ? [] : parsed.errors.map((error) => error.message)).toEqual([
      "long.yaml:1:1: the file is above 256 KiB",
    ]);
  });

  it("is refused at once, however long a text is that breaks a rule at its end", () => {
    const text = fixtureText("full.yaml").replace("A → B", `"A${" ".repeat(100_000)}\\e"`);
    const before = process.cpuUsage();
    const note = text.replace("note: never answered", `note: "a${" ".repeat(100_000)}\\e"`);
    expect([parseProfile(text, "a.yaml", heads).ok, parseProfile(note, "a.yaml", heads).ok]).toEqual([false, false]);
    // Of this process' own time: what others do on the machine is not the parser's.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });
});

describe("a profile that can be used", () => {
  it("is plain data that survives JSON", () => {
    const profile = fullProfile();
    expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
  });

  it("keeps what the head of the file says, prose on one line", () => {
    expect(fullProfile()).toMatchObject({
      file: "full.yaml",
      id: "full-example",
      aliases: ["a-to-b"],
      caution: "Two lines of advice that become one.",
      source: { document: "001", section: "Network traffic from A to B" },
      variables: {
        "static-port": { type: "ports", default: "5900" },
        "dcom-range": { type: "ports", default: "5000-5020" },
        "base-dn": { type: "text", default: "dc=example", maxLength: 20 },
      },
    });
  });

  it("keeps the line of each row", () => {
    expect(
      fullProfile()
        .rows.map((row) => [row.service, row.at])
        .slice(0, 3),
    ).toEqual([
      ["Kerberos", 20],
      ["LDAP over SSL", 21],
      ["LDAP", 28],
    ]);
  });

  it("fills in what a row leaves out, silence from the prober", () => {
    const [fails, undecided] = profileOf([
      "{service: NTP, ports: [udp/123], prober: ntp}",
      "{service: NetBIOS datagram, ports: [udp/138], prober: netbios-datagram}",
    ]).rows;
    expect(fails).toMatchObject({ expect: "service", silence: "fail", required: true, media: false, sweeps: false });
    expect(undecided).toMatchObject({ silence: "inconclusive" });
  });

  it("lets a row overrule the prober's silence", () => {
    expect(fullProfile().rows.find((row) => row.service === "NTP")).toMatchObject({ silence: "inconclusive" });
  });

  it("speaks TLS where a parameter of the prober begins it, by the row's own wish if there is one", () => {
    const tlsOf = (params: string, more = "") =>
      profileOf([`{service: LDAP, ports: [tcp/389], prober: ldap-bind, params: {${params}}${more}}`]).rows[0]!.tls;
    expect(tlsOf("startTls: true")).toEqual({ strict: false });
    expect(tlsOf("startTls: true", ", tls: {strict: true}")).toEqual({ strict: true });
    expect(tlsOf("startTls: false")).toBeUndefined();
  });

  it("may name a secret where it speaks TLS, for somebody whom a variable names", () => {
    const login = "bindDn: $bind-dn, password: bind-password";
    const { rows } = profileOf(
      [
        `{service: LDAP, ports: [tcp/389], prober: ldap-bind, params: {startTls: true, ${login}}}`,
        `{service: LDAP, ports: [tcp/636], prober: ldap-bind, tls: {}, params: {${login}}}`,
      ],
      "variables: {bind-dn: {type: text, about: Who binds}}\n",
    );
    expect(rows.map(({ params }) => params.password)).toEqual(["bind-password", "bind-password"]);
  });

  it("keeps TLS, parameters and source port", () => {
    const rows = fullProfile().rows;
    expect(rows[1]).toMatchObject({
      tls: { strict: true, serverName: "dc.example.com", clientCertificate: "dc" },
      params: { startTls: false, sizeLimit: 5, baseDn: "$base-dn" },
    });
    expect(rows[2]).toMatchObject({ tls: { strict: false } });
    expect(rows[3]).toMatchObject({ sourcePort: 123 });
  });
});
