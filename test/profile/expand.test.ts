import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Check } from "../../src/model/check.ts";
import { expandPlan } from "../../src/profile/expand.ts";
import type { Profile } from "../../src/profile/format.ts";
import { full, fullProfile, one, options, planned, profileOf } from "./fixtures.ts";

describe("a plan", () => {
  it("has each port word of each row once, in the order of the profile", () => {
    expect(full().map((check) => check.id)).toEqual([
      "kerberos/tcp/88",
      "kerberos/udp/88",
      "ldap-over-ssl/tcp/636",
      "ldap/tcp/389",
      "ntp/udp/123",
      "netbios-datagram/udp/138",
      "node-manager/tcp/3653",
      "display/tcp/5900",
      "dcom-rpc/tcp/5000-5020",
      "dcom-rpc/udp/80,5000-5020",
      "workstation/tcp/$lost-ports",
      "voice/udp/22800-32767",
      "telnet/tcp/23",
    ]);
  });

  it("carries what the row says", () => {
    const checks = full();
    expect(one(checks, "kerberos/udp/88")).toEqual({
      id: "kerberos/udp/88",
      row: {
        profile: "full-example",
        service: "Kerberos",
        required: true,
        seed: { document: "001", line: 80 },
      },
      host: "dc01",
      transport: "udp",
      ports: [{ first: 88, last: 88, step: 1 }],
      portsText: "88",
      direction: "out",
      prober: "kerberos",
      params: {},
      expect: "service",
      silence: "fail",
      purpose: "row",
    });
    expect(one(checks, "voice/udp/22800-32767").row).toEqual({
      profile: "full-example",
      service: "Voice",
      required: false,
      media: true,
      requiredIfProven: true,
      note: "only with voice; even ports carry RTP",
    });
    expect(one(checks, "ldap/tcp/389").row.group).toBe("directory");
    expect(one(checks, "ntp/udp/123").sourcePort).toBe(123);
  });

  it("names the profiles with their cautions", () => {
    expect(expandPlan([fullProfile()], options()).profiles).toEqual([
      {
        id: "full-example",
        title: "A → B",
        from: "role-a",
        to: "role-b",
        caution: "Two lines of advice that become one.",
      },
    ]);
  });

  it("holds the certificate against the host, unless the row names another", () => {
    const checks = full({ hosts: ["dc01.example.com."] });
    expect(one(checks, "ldap/tcp/389").tls).toEqual({ serverName: "dc01.example.com", strict: false });
    expect(one(checks, "ldap-over-ssl/tcp/636").tls).toEqual({
      serverName: "dc.example.com",
      strict: true,
      clientCertificate: "dc",
    });
  });

  it("is strict about TLS in every row that speaks it, where that is wished", () => {
    const strict = (strictTls: boolean) =>
      full({ strictTls }).flatMap(({ id, tls }) => (tls ? [[id, tls.strict]] : []));
    expect(strict(false)).toEqual([
      ["ldap-over-ssl/tcp/636", true],
      ["ldap/tcp/389", false],
    ]);
    expect(strict(true)).toEqual([
      ["ldap-over-ssl/tcp/636", true],
      ["ldap/tcp/389", true],
    ]);
  });

  it("repeats all rows for each host and sets the address of literals only", () => {
    const checks = full({ hosts: ["dc01", "[2001:db8::7]", "DC01"], source: "2001:DB8::1" });
    expect(checks).toHaveLength(26);
    expect([...new Set(checks.map((check) => `${check.host} ${check.address}`))]).toEqual([
      "dc01 undefined",
      "2001:db8::7 2001:db8::7",
    ]);
    expect(new Set(checks.map((check) => check.source))).toEqual(new Set(["2001:db8::1"]));
  });

  it("takes several profiles, each once", () => {
    const other = profileOf(["{service: NTP, ports: [udp/123], prober: ntp}"]);
    const plan = expandPlan([fullProfile(), other, fullProfile()], options());
    expect(plan.profiles.map((profile) => profile.id)).toEqual(["full-example", "example"]);
    expect(plan.checks.filter((check) => check.id === "ntp/udp/123").map((check) => check.row.profile)).toEqual([
      "full-example",
      "example",
    ]);
  });

  it("refuses two profiles of one id", () => {
    const [a, b] = [fullProfile(), { ...fullProfile(), file: "other.yaml" }];
    expect(() => expandPlan([a, b], options())).toThrow('other.yaml and full.yaml have the same id "full-example"');
  });

  it("refuses a source that is no address", () => {
    expect(() => full({ source: "eth0" })).toThrow("--source eth0 is not an address");
  });
});

describe("--set", () => {
  it("fills in a variable", () => {
    const checks = full({ set: ["dcom-range=6000-6010,7000", "lost-ports=8080"] });
    expect(one(checks, "dcom-rpc/tcp/6000-6010,7000").ports).toHaveLength(2);
    expect(one(checks, "workstation/tcp/8080").skip).toBeUndefined();
  });

  it("counts the last value of a name", () => {
    one(full({ set: ["dcom-range=6000", "dcom-range=7000"] }), "dcom-rpc/tcp/7000");
  });

  it("left out, leaves the row untested, and that is no pass", () => {
    expect(one(full(), "workstation/tcp/$lost-ports")).toMatchObject({
      ports: [],
      portsText: "$lost-ports",
      skip: { why: "not tested: ports unknown, set lost-ports", deliberate: false },
    });
  });

  it.each([
    ["dcom-rnage=1", 'there is no variable "dcom-rnage"; did you mean "dcom-range"?'],
    ["x=1", 'there is no variable "x"; there is static-port, dcom-range, lost-ports, base-dn, other-dn'],
    ["dcom-range", "--set dcom-range has no value; write for instance dcom-range=5000-5020"],
    ["dcom-range=", "--set dcom-range= has no value"],
    ["dcom-range=0", "--set dcom-range: there is no port 0; ports are 1-65535"],
    ["dcom-range=20-10", "--set dcom-range: the range 20-10 runs backwards; write 10-20"],
    ["dcom-range=tcp/88", '--set dcom-range: "tcp/88" is no port and no range; write 88'],
    ["base-dn=", "--set base-dn= has no value; write base-dn=TEXT"],
    ["base-dn=dc=a\u001b[2J", "--set base-dn: the text is not one line without control characters"],
    ["base-dn=dc=a\ndc=b", "--set base-dn: the text is not one line without control characters"],
    ["base-dn=dc=a,dc=longer,dc=than,dc=20", "--set base-dn: the text is above the limit of 20 characters"],
    ["static-port=1-2", "full.yaml:32: tcp/$static-port: 1-2 is more than one port, and ldap-bind asks one"],
    ["dcom-range=79-81", 'full.yaml:33: udp/80,$dcom-range: port 80 stands twice in "80,79-81"'],
  ])("refuses %s", (word, message) => {
    expect(() => full({ set: [word] })).toThrow(message);
  });

  it("fills in a parameter, and leaves it out while nobody says what it is", () => {
    const paramsWith = (...set: string[]) => {
      const checks = full({ set });
      return ["ldap-over-ssl/tcp/636", "ldap/tcp/389"].map((id) => one(checks, id).params);
    };
    expect(paramsWith()).toEqual([{ startTls: false, sizeLimit: 5, baseDn: "dc=example" }, { sizeLimit: 5 }]);
    expect(paramsWith("base-dn= dc=a=b ", "other-dn=$5")).toEqual([
      { startTls: false, sizeLimit: 5, baseDn: "dc=a=b" },
      { sizeLimit: 5, baseDn: "$5" },
    ]);
    expect(one(full(), "ldap/tcp/389").skip).toBeUndefined();
  });

  it("reaches every profile that has the variable, as each of them means it", () => {
    const row = "{service: LDAP, ports: [tcp/389], prober: ldap-bind, params: {baseDn: $a}}";
    const text = profileOf([row], "variables: {a: {type: text, about: A}}\n");
    const ports = { ...fullProfile(), variables: { a: { type: "ports", about: "A" } as const } };
    expect(planned([text], { set: ["a=5000"] })[0]!.params).toEqual({ baseDn: "5000" });
    expect(() => planned([text, ports], { set: ["a=x"] })).toThrow('--set a: "x" is no port and no range');
  });

  it("refuses a value that makes two rows the same", () => {
    const profile = profileOf(
      [
        "{service: RPC, ports: [tcp/$a], prober: port-sweep, expect: path}",
        "{service: RPC, ports: [tcp/$b], prober: port-sweep, expect: path}",
      ],
      "variables: {a: {default: 1, about: A}, b: {default: 2, about: B}}\n",
    );
    expect(() => planned([profile], { set: ["a=2"] })).toThrow('example.yaml: two rows are "rpc/tcp/2"');
  });

  it("says so when there is nothing to set", () => {
    const profile = profileOf(["{service: NTP, ports: [udp/123], prober: ntp}"]);
    expect(() => planned([profile], { set: ["a=2"] })).toThrow("the chosen profiles have no variables");
  });
});

describe("--expect path", () => {
  const expectations = (checks: readonly Check[]) =>
    Object.fromEntries(checks.map((check) => [check.row.service, [check.expect, check.row.required]]));

  it("lowers service and accept, keeps path and blocked, and requires rows whose silence is normal", () => {
    expect(expectations(full())).toMatchObject({
      NTP: ["service", true],
      "NetBIOS datagram": ["service", false],
      "Node manager": ["accept", true],
      "DCOM RPC": ["path", true],
      Voice: ["path", false],
      Telnet: ["blocked", false],
    });
    expect(expectations(full({ expectPath: true }))).toMatchObject({
      NTP: ["path", true],
      "NetBIOS datagram": ["path", true],
      "Node manager": ["path", true],
      "DCOM RPC": ["path", true],
      Voice: ["path", true],
      Telnet: ["blocked", false],
    });
  });

  it("leaves a row optional that is optional for another reason", () => {
    const profile = profileOf(["{service: LDAP, ports: [tcp/389], prober: ldap-bind, required: false}"]);
    expect(planned([profile], { expectPath: true })[0]!.row.required).toBe(false);
  });

  it("asks media ports, which nothing else does", () => {
    const voice = "voice/udp/22800-32767";
    expect(one(full(), voice).skip).toEqual({
      why: "could disturb a live call",
      deliberate: false,
      unlessProven: true,
    });
    expect(one(full({ expectPath: true }), voice).skip).toBeUndefined();
  });
});

describe("no row is lost", () => {
  const rows = fc.uniqueArray(fc.integer({ min: 1, max: 65_000 }), { minLength: 1, maxLength: 12 });
  const kinds = fc.array(fc.constantFrom("plain", "media", "unknown", "optional"), { minLength: 12, maxLength: 12 });

  it("whatever is set, left out or skipped: every row is in the plan once for each host", () => {
    fc.assert(
      fc.property(
        rows,
        kinds,
        fc.boolean(),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        (ports, kind, expectPath, only, skip, set) => {
          // What is left out may not be everything, so the last row is always asked.
          const profile = profileWith([...ports, 65_001], [...kind.slice(0, ports.length), "plain"]);
          const hosts = ["dc01", "10.0.0.2"];
          const pick = (at: number) => [`tcp/${ports[at % ports.length]}`];
          const plain = kind.slice(0, ports.length).every((one) => one !== "unknown");
          const checks = planned([profile], {
            hosts,
            expectPath,
            ...(plain && only % 2 === 0 && { only: [...pick(only), "tcp/65001"] }),
            ...(plain && skip % 2 === 0 && { skip: pick(skip) }),
            ...(set && { set: ["lost=9"] }),
          });
          for (const host of hosts) {
            const own = checks.filter((check) => check.host === host);
            expect(own.map((check) => check.row.service)).toEqual(profile.rows.map((row) => row.service));
            expect(new Set(own.map((check) => check.id)).size).toBe(own.length);
            expect(own.every((check) => check.ports.length > 0 || check.skip !== undefined)).toBe(true);
          }
        },
      ),
    );
  });

  function profileWith(ports: readonly number[], kind: readonly string[]): Profile {
    const base = fullProfile();
    const template = base.rows.find((row) => row.service === "DCOM RPC")!;
    return {
      ...base,
      variables: { lost: { type: "ports", about: "lost" } },
      rows: ports.map((port, at) => ({
        ...template,
        service: `Service ${at}`,
        ports: [kind[at] === "unknown" ? "tcp/$lost" : `tcp/${port}`],
        media: kind[at] === "media",
        required: kind[at] !== "optional",
      })),
    };
  }
});
