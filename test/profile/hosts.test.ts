import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost, parseHosts } from "../../src/profile/hosts.ts";

describe("a host", () => {
  it.each([
    ["dc01", "dc01"],
    ["DC01.Example.COM", "dc01.example.com"],
    ["dc01.", "dc01."],
    ["dc_01", "dc_01"],
    ["münchen.example", "xn--mnchen-3ya.example"],
    ["1and1.example", "1and1.example"],
  ])("%s is a name", (word, host) => {
    expect(parseHost(word)).toEqual({ host });
  });

  it.each([
    ["10.20.1.10", "10.20.1.10"],
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["[2001:DB8:0::7]", "2001:db8::7"],
    ["2001:0db8:0000:0000:0000:0000:0000:0007", "2001:db8::7"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["fe80::1%eth0", "fe80::1%eth0"],
  ])("%s is an address", (word, address) => {
    expect(parseHost(word)).toEqual({ host: address, address });
  });

  it.each([
    ["https://dc01/", 'host "https://dc01/" is a URL; give the host only: dc01'],
    ["ldap://user:secret@DC01:389/x?y", "give the host only: DC01"],
    ["https://[2001:db8::7]:636", "give the host only: 2001:db8::7"],
    ["dc01:389", 'host "dc01:389" has a port, and the profile says the ports; give the host only: dc01'],
    ["10.0.0.1:389", "give the host only: 10.0.0.1"],
    ["[2001:db8::7]:389", "give the host only: 2001:db8::7"],
    ["dc01/path", 'host "dc01/path" has a path; give the host only: dc01'],
    ["\\\\dc01\\share", "give the host only: dc01"],
    ["admin@dc01", 'host "admin@dc01" has a user name; give the host only: dc01'],
    ["", "the host is empty; give a name or an address: --host dc01"],
    ["  ", "the host is empty"],
    [" dc01", "give the host only: dc01"],
    ["dc01 dc02", "give each by itself: --host dc01 --host dc02"],
    ["dc01,dc02:389", "give each by itself: --host dc01 --host dc02"],
    ["10.0.0.0/24", 'host "10.0.0.0/24" is a network; give each host by itself'],
    ["2001:db8::/64", "is a network"],
    ["256.1.1.1", 'host "256.1.1.1" is neither a name nor an address'],
    ["010.0.0.1", "is neither a name nor an address"],
    ["10.1", "is neither a name nor an address"],
    ["2001:db8::7::1", "is neither a name nor an address"],
    ["10.0.0.1%eth0", "is neither a name nor an address"],
    ["2001:db8::7%eth0", "is neither a name nor an address"],
    ["-dc01", "is neither a name nor an address"],
    ["dc..01", "is neither a name nor an address"],
    ["dc*", "is neither a name nor an address"],
    ["x".repeat(64), "is neither a name nor an address"],
    [".", "is neither a name nor an address"],
    ["0.0.0.0", "is not the address of one machine"],
    ["::", "is not the address of one machine"],
    ["224.0.0.1", "is not the address of one machine"],
    ["255.255.255.255", "is not the address of one machine"],
    ["ff02::1", "is not the address of one machine"],
  ])("%j is none", (word, message) => {
    expect(() => parseHost(word)).toThrow(
      expect.objectContaining({ name: "ConfigError", message: expect.stringContaining(message) }),
    );
  });

  it("is asked once, however it is spelled", () => {
    const words = ["dc01", "DC01", "[2001:db8::7]", "2001:DB8::0:7", "10.0.0.1", "::ffff:10.0.0.1"];
    expect(parseHosts(words).map(({ host }) => host)).toEqual(["dc01", "2001:db8::7", "10.0.0.1"]);
  });

  it("must be there", () => {
    expect(() => parseHosts([])).toThrow("no host is given; add --host NAME");
  });

  it("that was accepted is accepted again, unchanged", () => {
    const words = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string());
    fc.assert(
      fc.property(words, (word) => {
        let host: ReturnType<typeof parseHost>;
        try {
          host = parseHost(word);
        } catch (error) {
          expect(error).toMatchObject({ name: "ConfigError" });
          return;
        }
        expect(parseHost(host.host)).toEqual(host);
      }),
    );
  });
});
