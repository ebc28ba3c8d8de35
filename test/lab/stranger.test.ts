/** The shipped profile against a machine that is no domain controller: empty, deaf, or with other servers on its ports. */
import { describe, expect } from "vitest";
import { ACCEPTS_ALL, CLOSES, DEAF, EMPTY, RESETS, SILENT, SSH_BANNER, WEB_SERVER } from "./addresses.ts";
import { byTransport, expectedMatrix, expectedPathMatrix } from "./expectations.ts";
import { test } from "./lane.ts";
import { expectRun, probe } from "./probe.ts";

/** The kernel closes the UDP ports; TCP ports meet this. */
const OTHER_SERVERS = [
  { what: "nobody listens", address: EMPTY, tcp: "reset" },
  { what: "a web server on every port", address: WEB_SERVER, tcp: "foreign" },
  { what: "a server that speaks first, on every port", address: SSH_BANNER, tcp: "foreign" },
  { what: "accepts and stays silent", address: SILENT, tcp: "silent" },
  { what: "a load balancer that accepts and closes", address: CLOSES, tcp: "hung-up" },
  { what: "a load balancer that accepts and resets", address: RESETS, tcp: "hung-up" },
  { what: "accepts ports that no row lists as well", address: ACCEPTS_ALL, tcp: "accepts-all" },
] as const;

describe.each(["v4", "v6"] as const)("IP%s", (family) => {
  test.for(OTHER_SERVERS)("$what", async ({ address, tcp }, { lane }) => {
    const run = await probe(lane, address[family]);
    expectRun(run, expectedMatrix(address[family], byTransport(tcp, "closed")));
    const lies = run.document.findings.filter(({ text }) =>
      text.includes("accepts TCP connections on ports that no row"),
    );
    expect(lies).toHaveLength(tcp === "accepts-all" ? 1 : 0);
  });

  test("its own firewall drops everything", async ({ lane }) => {
    expectRun(await probe(lane, DEAF[family]), expectedMatrix(DEAF[family], byTransport("black-hole", "black-hole")));
  });

  describe("--expect path, before anything is installed", () => {
    test("an empty host", async ({ lane }) => {
      const run = await probe(lane, EMPTY[family], "--expect", "path");
      expectRun(run, expectedPathMatrix(EMPTY[family], byTransport("reset", "closed")));
      expect(run.exitCode).toBe(0);
    });

    test("an empty host that drops everything", async ({ lane }) => {
      const run = await probe(lane, DEAF[family], "--expect", "path");
      expectRun(run, expectedPathMatrix(DEAF[family], byTransport("black-hole", "black-hole")));
      expect(run.exitCode).toBe(3);
    });
  });
});
