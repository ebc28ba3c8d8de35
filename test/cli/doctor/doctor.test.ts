import { platform } from "node:os";
import { describe, expect, it } from "vitest";
import { run } from "../command.ts";

describe("doctor", () => {
  it("tells people what this machine can do", async () => {
    const { exitCode, stdout, stderr } = await run(["doctor"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^${platform()} .* Node ${process.versions.node}\n`));
    expect(stdout).toMatch(/^ {2}(?:yes|no) +ICMP errors, TCP /m);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  it("tells programs the same", async () => {
    const { exitCode, stdout } = await run(["doctor", "-o", "json"]);
    expect(exitCode).toBe(0);
    const { findings } = JSON.parse(stdout) as { findings: readonly { readonly id: string }[] };
    expect(findings.map(({ id }) => id)).toEqual([
      ...["system-calls", "icmp-udp-ipv4", "icmp-udp-ipv6", "icmp-tcp", "syn-sweep", "receive-buffers"],
      ...["descriptors", "ephemeral-ports", "route-ipv4", "route-ipv6", "own-firewall"],
    ]);
  });

  it.each([
    [["doctor", "-o", "jsn"], 'doctor has no format "jsn"; did you mean "json"?'],
    [["doctor", "--host", "dc01"], "--host"],
  ])("does not understand %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(words);
  });
});
