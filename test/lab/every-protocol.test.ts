/**
 * The shipped profiles against machines on which the documents' servers live together: every row with a server behind it
 * is proven by its own protocol, every other one gets the state that is there.
 */
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { UNITY } from "./addresses.ts";
import { askProfile, type Result } from "./ask-profile.ts";
import { VECTORS } from "./every-protocol-cells.ts";
import { FURTHER_VECTORS } from "./every-protocol-more-cells.ts";
import { test } from "./lane.ts";
import { type ServiceHosts, startServiceHosts } from "./service-hosts.ts";

let hosts: ServiceHosts;

beforeAll(async () => {
  hosts = await startServiceHosts(inject("lab"));
});

afterAll(() => hosts.stop());

function cellOf({ outcome, state, reason, serviceState, detail }: Result): string {
  return outcome === "skipped" ? `skipped: ${detail}` : `${outcome} ${state} ${reason} ${serviceState}: ${detail}`;
}

/** The words exactly, of the detail a part. */
function meant(cell: string): unknown {
  const [words, ...telling] = cell.split(": ");
  return expect.toSatisfy(
    (seen: string) => seen.startsWith(`${words}: `) && seen.includes(telling.join(": "), words!.length),
    cell,
  );
}

function keyOf({ check, via, transport, ports }: Result): string {
  return via === undefined ? check : `${via} > ${transport}/${ports}`;
}

const CASES = [...VECTORS, ...FURTHER_VECTORS].flatMap((vector) => {
  const families = vector.onlyIpv4 ? (["v4"] as const) : (["v4", "v6"] as const);
  return families.map((family) => ({ vector, family, words: vector.args?.join(" ") ?? "" }));
});

describe("every row is proven, or has the state that is there", () => {
  test.for(CASES)("$vector.profile $words over IP$family", async ({ vector, family }, { lane }) => {
    const { profile, host, args, cells, askedAlone, exitCode } = vector;
    const asked = await askProfile(lane, profile, host[family], args);
    const listed = asked.results.filter(
      ({ canary, outcome }) => canary !== true && !(askedAlone && outcome === "skipped"),
    );
    const seen = listed.map((one) => [keyOf(one), cellOf(one)]);
    const expected = Object.entries(cells).map(([check, cell]) => [check, meant(cell)]);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
    expect(asked.exitCode).toBe(exitCode);
  });
});

test("VNC is asked by one connection", async ({ lane }) => {
  const asked = await askProfile(lane, "vnc-to-unity", UNITY.v4, ["--attempts", "3"]);
  expect(cellOf(asked.of("vnc/tcp/5900"))).toBe("pass open protocol-reply confirmed: RFB 3.8");
  expect(asked.exitCode).toBe(0);
  expect(await hosts.vncConnections()).toBe(1);
});
