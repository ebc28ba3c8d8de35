import { describe, expect, it } from "vitest";
import { proberIds } from "../../../src/probers/index.ts";
import { run } from "../command.ts";

describe("explain", () => {
  it("lists every prober with what it does", async () => {
    const { exitCode, stdout, stderr } = await run(["explain"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(proberIds);
    expect(stdout).toMatch(/^ntp +udp +NTP client request$/m);
  });

  it.each(["ntp", "rpc-bind"])("%s is as its golden file has it", async (id) => {
    const { exitCode, stdout, stderr } = await run(["explain", id]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    await expect(stdout).toMatchFileSnapshot(`../golden/explain-${id}.txt`);
  });

  it("says where nothing is said", async () => {
    const { stdout } = await run(["explain", "port-sweep"]);
    expect(stdout).toContain("Over TCP: a connection, and no byte in it before the peer speaks.");
    expect(stdout).toContain("Over UDP: an empty datagram.");
  });

  it.each([
    ["a prober that nobody knows", ["explain", "nt"], 'there is no prober "nt"; did you mean "ntp"?'],
    ["a word far from any", ["explain", "gopher"], 'there is no prober "gopher"; "explain" alone shows all'],
    ["a word too many", ["explain", "ntp", "udp"], '"udp" is one word too many'],
  ])("%s: one line and exit 2", async (_, args, words) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout, lines: stderr.split("\n").length - 1 }).toEqual({ exitCode: 2, stdout: "", lines: 1 });
    expect(stderr).toContain(words);
  });
});
