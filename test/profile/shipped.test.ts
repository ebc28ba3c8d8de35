/** What holds for every profile in profiles/, with the probers that exist. */
import { describe, expect, it } from "vitest";
import { planned } from "./fixtures.ts";
import { shippedFiles as files, shippedProfiles as pack } from "./shipped.ts";

describe("the shipped profiles", () => {
  it("are all valid, and no two share an id or alias", async () => {
    const { profiles, errors } = await pack();
    expect(errors.map((error) => error.message)).toEqual([]);
    expect(profiles).toHaveLength(files.length);
    expect(files.length).toBeGreaterThan(0);
  });

  it("are files called by their ids, with the comment that editors find the schema by", async () => {
    for (const { id, file } of (await pack()).profiles) expect(file).toMatch(new RegExp(`^[a-z0-9-]+/${id}\\.yaml$`));
    for (const { text } of files) {
      expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../../schema/profile.schema.json");
    }
  });

  it("cite the document and line of every row, or say in a note why there is none", async () => {
    for (const profile of (await pack()).profiles) {
      expect(profile.source, profile.file).toBeDefined();
      for (const row of profile.rows) expect(row.line ?? row.note, `${profile.file}:${row.at}`).toBeDefined();
    }
  });

  it("become plans that lose no row", async () => {
    for (const profile of (await pack()).profiles) {
      expect(planned([profile])).toHaveLength(profile.rows.flatMap((row) => row.ports).length);
    }
  });
});

describe("failover-secondary", () => {
  it("asks the domain controller what the vendor's table says", async () => {
    const profile = (await pack()).profiles.find(({ id }) => id === "failover-secondary")!;
    expect(planned([profile]).map((check) => [check.id, check.prober, check.expect, check.row.seed?.line])).toEqual([
      ["kerberos/tcp/88", "kerberos", "service", 80],
      ["kerberos/udp/88", "kerberos", "service", 80],
      ["kerberos-passwd/tcp/464", "kpasswd", "service", 84],
      ["kerberos-passwd/udp/464", "kpasswd", "service", 84],
      ["ldap/tcp/389", "ldap-bind", "service", 88],
      ["ldap/udp/389", "ldap-ping", "service", 88],
      ["ldap-over-ssl/tcp/636", "ldap-bind", "service", 92],
      ["netbios-name/udp/137", "netbios-name", "service", 96],
      ["netbios-datagram/udp/138", "netbios-datagram", "service", 97],
      ["netbios-session/tcp/139", "netbios-session", "service", 98],
      ["smb/tcp/445", "smb-negotiate", "service", 99],
      ["ntp/udp/123", "ntp", "service", 103],
      ["winrpc-endpoint-locator/tcp/135", "endpoint-mapper", "service", 107],
      ["dcom-rpc/tcp/5000-5020", "port-sweep", "path", 111],
      ["dcom-rpc/udp/5000-5020", "port-sweep", "path", 111],
    ]);
    expect(profile.rows.filter((row) => !row.required).map((row) => row.service)).toEqual(["NetBIOS datagram"]);
    expect(profile.aliases).toEqual(["unity-secondary-to-dc", "unity-to-dc"]);
  });
});
