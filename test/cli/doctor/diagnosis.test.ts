import { describe, expect, it } from "vitest";
import type { Feature, Features } from "#node-dgram-ext";
import { diagnose } from "../../../src/cli/doctor/diagnosis.ts";
import type { Machine } from "../../../src/cli/doctor/machine.ts";
import { doctorDocument, doctorText } from "../../../src/cli/doctor/pages.ts";

const yes: Feature = { has: true, detail: "tried" };
const no = (detail: string): Feature => ({ has: false, detail });

const ABLE: Features = {
  native: { has: true, detail: "koffi 3.3.4" },
  eventLoop: yes,
  udpErrorQueue4: yes,
  udpErrorQueue6: yes,
  tcpErrorQueue: yes,
  rawSockets: yes,
  largeBuffers: yes,
  descriptors: 20_000,
  ephemeralPorts: { from: 32_768, to: 60_999 },
};

const LINUX: Machine = {
  platform: "linux",
  release: "6.12.0",
  architecture: "x64",
  node: "20.19.0",
  features: ABLE,
  ways: { ipv4: { source: "10.1.2.3" }, ipv6: { source: "fd00::3" } },
};

const unable = (why: string): Features => {
  const none = no("needs system calls");
  return {
    native: no(why),
    eventLoop: none,
    udpErrorQueue4: none,
    udpErrorQueue6: none,
    tcpErrorQueue: none,
    rawSockets: none,
    largeBuffers: none,
  };
};

const WINDOWS: Machine = {
  ...LINUX,
  platform: "win32",
  release: "10.0.26100",
  features: unable("win32: only Linux keeps the ICMP errors of a socket"),
  ways: { ipv4: { source: "10.1.2.3" }, ipv6: { code: "ENETUNREACH" } },
};

const linux = (features: Partial<Features>): Machine => ({ ...LINUX, features: { ...ABLE, ...features } });

const about = (id: string, machine: Machine) => diagnose(machine).find((finding) => finding.id === id)!;

describe("what a machine can do", () => {
  it("is all but one thing where nothing is missing: its own firewall shows when it is met", () => {
    expect(diagnose(LINUX).filter(({ can }) => can !== "yes")).toEqual([
      expect.objectContaining({ id: "own-firewall", can: "unknown" }),
    ]);
  });

  it.each([
    ["syn-sweep", linux({ rawSockets: no("socket EPERM: needs CAP_NET_RAW") }), /Run with CAP_NET_RAW/],
    ["receive-buffers", linux({ largeBuffers: no("at most 212992 bytes") }), /asked again/],
    ["icmp-tcp", linux({ tcpErrorQueue: no("Linux 4.19.0: needs 5.8") }), /cannot be told from a firewall's reject/],
    ["icmp-udp-ipv6", linux({ udpErrorQueue6: no("::1: EADDRNOTAVAIL") }), /refusals are doubted/],
    ["descriptors", linux({ descriptors: 256 }), /ulimit -n/],
    ["ephemeral-ports", linux({ ephemeralPorts: { from: 40_000, to: 40_099 } }), /use them up/],
    ["system-calls", WINDOWS, /Node's own sockets/],
    ["route-ipv6", WINDOWS, /skipped/],
    ["route-ipv4", { ...LINUX, ways: { ...LINUX.ways, ipv4: { code: "EPERM" } } }, /policy of this machine/],
  ] as const)("%s is missing, and it is said what follows", (id, machine, words) => {
    expect(about(id, machine)).toMatchObject({ can: "no", means: expect.stringMatching(words) });
  });

  it("says why an error queue is of no use that nothing watches", () => {
    const machine = linux({ eventLoop: no("epoll_create1 EPERM") });
    for (const id of ["icmp-udp-ipv4", "icmp-udp-ipv6", "icmp-tcp"]) {
      expect(about(id, machine)).toMatchObject({ can: "no", seen: "epoll_create1 EPERM" });
    }
  });

  it.each(["descriptors", "ephemeral-ports"])("%s are unknown where the system does not tell", (id) => {
    expect(about(id, WINDOWS)).toMatchObject({ can: "unknown", seen: "the system does not say" });
  });

  it("promises no more of an own firewall than a run can tell", () => {
    expect(about("own-firewall", LINUX).means).toMatch(/rejects.*over TCP looks like/);
    expect(about("own-firewall", linux({ tcpErrorQueue: no("") })).means).toMatch(
      /rejects looks refused by the target/,
    );
    expect(about("own-firewall", WINDOWS).means).toBe("What it drops looks like a firewall on the way.");
  });
});

describe("its pages", () => {
  it.each([
    ["linux", LINUX],
    ["windows", WINDOWS],
  ])("for people, on %s", async (name, machine) => {
    await expect(doctorText(machine, diagnose(machine))).toMatchFileSnapshot(`../golden/doctor-${name}.txt`);
  });

  it("for programs", () => {
    expect(doctorDocument(LINUX, diagnose(LINUX), "1.2.3")).toMatchObject({
      schemaVersion: 1,
      tool: { name: "unity-probe", version: "1.2.3" },
      machine: { platform: "linux", release: "6.12.0", architecture: "x64", node: "20.19.0" },
      findings: expect.arrayContaining([
        {
          id: "syn-sweep",
          title: "SYN sweep",
          can: "yes",
          seen: "tried",
          means: "TCP ranges are asked by single SYNs, and the TTL (IPv6: hop limit) of each reset is seen.",
        },
      ]),
    });
  });
});
