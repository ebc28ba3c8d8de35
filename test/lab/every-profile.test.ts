/** All shipped profiles against a machine on which nothing listens: nothing is green but a path. */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { EMPTY } from "./addresses.ts";
import { askProfile } from "./ask-profile.ts";
import { run } from "./command.ts";
import { test } from "./lane.ts";
import { inside } from "./namespaces.ts";

const PROFILES = readdirSync("profiles", { recursive: true, encoding: "utf8" })
  .filter((file) => /.\/.*\.yaml$/.test(file))
  .map((file) => basename(file, ".yaml"))
  .sort();

/**
 * Of these nothing required is asked without further words: no port is known, it could disturb a call, or the row is
 * optional.
 */
const UNDECIDED = new Set([
  "snmp-to-unity",
  "cucm-to-unity",
  "lcs-to-messenger",
  "um-to-gateway",
  "unity-to-phones",
  "unity-to-workstation",
]);
/** These ask for a path alone, and a refusal shows that there is one. */
const PATHS_ALONE = new Set(["exchange-to-unity", "messenger-peer", "ocs-communicator", "ocs-live-meeting"]);

test("plan shows every row of each", async ({ lane }) => {
  const words = [...PROFILES.flatMap((profile) => ["--profile", profile]), "--host", EMPTY.v4, "-o", "json"];
  const argv = inside(lane.agent, [process.execPath, "bin/unity-probe.js", "plan", ...words]);
  const { exitCode, stdout } = await run(argv);
  expect(exitCode).toBe(0);
  const { profiles, results } = JSON.parse(stdout) as ReportDocument;
  expect(profiles.map(({ id }) => id).sort()).toEqual(PROFILES);
  for (const { profile, check, outcome, detail } of results) {
    expect(["planned", "skipped"], `${profile} ${check}`).toContain(outcome);
    expect(detail, `${profile} ${check}`).not.toBe("");
  }
  expect(new Set(results.map(({ profile }) => profile))).toEqual(new Set(PROFILES));
});

test.for(PROFILES)("%s", async (profile, { lane }) => {
  const asked = await askProfile(lane, profile, EMPTY.v4);
  for (const result of asked.results.filter(({ canary }) => canary !== true)) {
    const { check, outcome, expect: expected, transport, state, reason, offender } = result;
    if (outcome === "skipped") continue;
    expect(outcome, check).toBe(expected === "path" ? "pass" : "fail");
    expect([state, reason], check).toEqual(["closed", transport === "tcp" ? "conn-refused" : "port-unreach"]);
    if (transport === "udp" && result.range === undefined) {
      expect(offender, check).toEqual({ address: EMPTY.v4, icmpType: 3, icmpCode: 3 });
    }
  }
  const exitCode = UNDECIDED.has(profile) ? 3 : PATHS_ALONE.has(profile) ? 0 : 1;
  expect(asked.exitCode).toBe(exitCode);
});
