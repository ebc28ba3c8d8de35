import { expect, it } from "vitest";
import type { Plan } from "../../src/model/check.ts";
import type { CheckSeen } from "../../src/model/result.ts";
import { settle } from "../../src/verdict/settle.ts";
import { ANSWERED, type CheckOver, check, seen, TARGET, unconnected } from "./support.ts";

const PLAN: Plan = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks: [] };
const OTHER = "192.0.2.11";

function settled(all: readonly CheckSeen[], anyAddress: boolean) {
  return settle(PLAN, all, { anyAddress, strict: false, interrupted: false, wallMs: 0 });
}

const row = (id: string, over: CheckOver = {}) => check({ id, ...over });
const passing = (of: ReturnType<typeof row>) => seen({ check: of, reading: ANSWERED });
const refusing = (of: ReturnType<typeof row>) =>
  seen({ check: of, observation: unconnected({ code: "ECONNREFUSED" }) });

it("a row is covered by another address of the host under --any-address only", () => {
  const both = [passing(row("r")), refusing(row("r", { address: OTHER }))];
  expect(settled(both, false).exitCode).toBe(1);
  expect(settled(both, true).exitCode).toBe(0);
});

it("an any-of group is covered by another address as a row is", () => {
  const member = (id: string, address: string) => row(id, { address, row: { group: "sip" } });
  const here = [passing(member("a", TARGET)), refusing(member("b", TARGET))];
  const there = [refusing(member("a", OTHER)), refusing(member("b", OTHER))];
  expect(settled([...here, ...there], false).exitCode).toBe(1);
  expect(settled([...here, ...there], true)).toMatchObject({ exitCode: 0, summary: { pass: 1, fail: 0 } });
  expect(settled(there, true).exitCode).toBe(1);
});
