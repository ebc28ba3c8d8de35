/** Samba's name server, asked by the shipped profile over UDP and TCP, and by rows of one's own. */
import { describe, expect } from "vitest";
import { DC, DUAL_STACK_NAME, EMPTY, SSH_BANNER } from "./addresses.ts";
import { askProfile, askRows } from "./ask-profile.ts";
import { loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { dissected } from "./tshark.ts";

describe.each(["v4", "v6"] as const)("Samba's DNS over IP%s", (family) => {
  test("tells who serves its domain, and both transports pass", async ({ lane }) => {
    const asked = await askProfile(lane, "unity-to-dns", DC[family], ["--set", "domain=lab.test"]);
    expect(asked.exitCode).toBe(0);
    for (const check of ["dns/udp/53", "dns/tcp/53"]) {
      expect(asked.of(check)).toMatchObject({
        state: "open",
        reason: "protocol-reply",
        serviceState: "confirmed",
        outcome: "pass",
        evidence: { zone: "lab.test", primary: "dc01.lab.test", rcode: "NOERROR", authoritative: true },
      });
    }
  });
});

test("the domain of the host's name is asked about where no other is set", async ({ lane }) => {
  const asked = await askProfile(lane, "unity-to-dns", DUAL_STACK_NAME);
  expect(asked.exitCode).toBe(0);
  const results = asked.results.filter(({ prober }) => prober === "dns");
  // Two transports at two addresses.
  expect(results).toHaveLength(4);
  for (const result of results) expect(result.evidence).toMatchObject({ question: "lab.test SOA" });
});

test("a root that Samba does not serve is a refusal, and a pass", async ({ lane }) => {
  const asked = await askProfile(lane, "unity-to-dns", DC.v4);
  expect(asked.exitCode).toBe(0);
  expect(asked.of("dns/udp/53")).toMatchObject({
    serviceState: "refused",
    outcome: "pass",
    evidence: { question: ". SOA", rcode: "FORMERR" },
  });
});

test("a domain's controllers, and a name that does not exist", async ({ lane }) => {
  const asked = await askRows(
    lane,
    [
      "{service: Controllers, ports: [udp/53, tcp/53], prober: dns, params: {name: lab.test, type: SRV}}",
      "{service: Nobody, ports: [udp/53], prober: dns, params: {name: nobody.lab.test, recursion: true}}",
    ],
    DC.v4,
  );
  expect(asked.exitCode).toBe(0);
  for (const check of ["controllers/udp/53", "controllers/tcp/53"]) {
    expect(asked.of(check).evidence).toMatchObject({ targets: ["dc01.lab.test:389"] });
  }
  expect(asked.of("nobody/udp/53")).toMatchObject({ outcome: "pass", evidence: { rcode: "NXDOMAIN" } });
});

test("tshark finds no fault in what is sent", async ({ lane }) => {
  const { frames, faults } = await dissected(lane, `ip.dst == ${DC.v4} && dns`, 2, () =>
    askProfile(lane, "unity-to-dns", DC.v4, ["--set", "domain=lab.test"]),
  );
  expect(frames).toHaveLength(2);
  for (const line of frames) expect(line).toMatch(/Standard query 0x[0-9a-f]{4} SOA lab\.test/i);
  expect(faults).toEqual([]);
});

describe("where there is no name server", () => {
  test("nobody listens: both transports are closed", async ({ lane }) => {
    const asked = await askProfile(lane, "unity-to-dns", EMPTY.v4);
    expect(asked.exitCode).toBe(1);
    for (const check of ["dns/udp/53", "dns/tcp/53"]) expect(asked.of(check)).toMatchObject({ state: "closed" });
  });

  test("another server on TCP 53 is a mismatch", async ({ lane }) => {
    const asked = await askRows(lane, ["{service: DNS, ports: [tcp/389], prober: dns}"], SSH_BANNER.v4);
    expect(asked.of("dns/tcp/389")).toMatchObject({ state: "open", serviceState: "mismatch", outcome: "fail" });
  });

  test("a dropped datagram is silence, and the answer over TCP explains it", async ({ lane }) => {
    await loadFirewall(lane, ["add rule inet lab forward udp dport 53 drop"]);
    const asked = await askProfile(lane, "unity-to-dns", DC.v4, ["--set", "domain=lab.test"]);
    expect(asked.of("dns/udp/53")).toMatchObject({ state: "open|filtered", outcome: "fail" });
    expect(asked.of("dns/udp/53").detail).toContain("tcp/53 answers: a UDP rule is missing?");
  });
});
