/**
 * The demo: a whole run on this machine alone. The far end is a stand-in on loopback with three faults in it;
 * the demo has succeeded when the run showed these three and nothing else out of order.
 */
import type { Sweeper } from "../../model/parts.ts";
import { EXIT_CODES, type RunReport } from "../../model/result.ts";
import { findProfile } from "../../profile/catalogue.ts";
import { expandPlan } from "../../profile/expand.ts";
import type { ResultEntry } from "../../report/document.ts";
import { LAB } from "../../standin/lab-domain.ts";
import { runPlan } from "../commands/run.ts";
import type { FlagValues } from "../flags.ts";
import { openParts, realWorld } from "../parts.ts";
import { shippedProfiles } from "../profile-files.ts";
import { type FarEnd, LOOPBACK, startFarEnd } from "./far-end.ts";
import { FAULTS, faultyDoors, surprisesIn } from "./faults.ts";
import { mappedNet } from "./mapped-net.ts";

const PROFILE = "failover-secondary";
/** Runs it and resolves to the exit code. */
export async function runDemo(flags: FlagValues): Promise<number> {
  const world = realWorld();
  const profile = findProfile(await shippedProfiles(), PROFILE);
  const plan = expandPlan([profile], { hosts: [LAB.host], randomBytes: world.randomBytes });
  const farEnd = await startFarEnd(faultyDoors(plan, world));
  const parts = await openParts(world, {
    over: (net) => mappedNet(net, farEnd.whereIs, { [LAB.host]: LOOPBACK }),
  });
  try {
    tell(
      `The profile ${PROFILE} against stand-ins on ${LOOPBACK}, with three faults in it; nothing leaves this machine.\n`,
    );
    const { report } = await runPlan(plan, { ...parts, sweeper: unrationed(parts.sweeper) }, flags, {
      note: (result) => wayOf(result, farEnd),
    });
    return report.exitCode === EXIT_CODES.interrupted ? report.exitCode : conclude(report);
  } finally {
    parts.close();
    await farEnd.close();
  }
}

/** Where a result's packets really went; nothing where none were sent. */
function wayOf({ transport, ports, attempts }: ResultEntry, farEnd: FarEnd): string | undefined {
  if (attempts === 0) return undefined;
  const there = (port: string) => farEnd.whereIs({ transport, address: LOOPBACK, port: Number(port) }).port;
  return `via ${LOOPBACK}:${ports.replaceAll(/\d+/g, (port) => `${there(port)}`)}`;
}

/** Systems ration the ICMP errors that they send to others, not those to themselves: a sweep need not wait for them. */
function unrationed(sweeper: Sweeper): Sweeper {
  return {
    sweep: (job, onProgress, signal) =>
      sweeper.sweep({ ...job, icmpBudget: { tokens: job.ports.length, perS: job.ratePerS } }, onProgress, signal),
  };
}

/** Says what a run would have ended with, and whether the demo showed what it promised. */
function conclude({ results, exitCode }: RunReport): number {
  tell(`\nA run that sees this ends with exit code ${exitCode}.`);
  const surprises = surprisesIn(results);
  if (surprises.length === 0) {
    tell("The demo ends with 0: it showed exactly its three faults:");
    for (const [id, { what }] of Object.entries(FAULTS)) tell(`  ${id}: ${what}`);
    return EXIT_CODES.passed;
  }
  tell("The demo ends with 1: it did not show exactly its three faults:");
  for (const surprise of surprises) tell(`  ${surprise}`);
  return EXIT_CODES.failed;
}

/** Standard output is the report's alone. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
