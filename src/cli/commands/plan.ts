/** `unity-probe plan`: what a run would ask, and about what that costs. Sends nothing and resolves no name. */
import type { RunOptions } from "../../engine/context.ts";
import { ICMP_ERRORS_PER_S } from "../../engine/icmp-budget.ts";
import { CHECKS_PER_ADDRESS } from "../../engine/limits.ts";
import { CANARY_ATTEMPTS, SWEEP_PACE } from "../../engine/range.ts";
import type { Check, Plan } from "../../model/check.ts";
import { EXIT_CODES } from "../../model/result.ts";
import { isForTokens } from "../../model/tokens.ts";
import { loadProber } from "../../probers/index.ts";
import { estimatePlan, type Pace } from "../../profile/estimate.ts";
import type { Responders } from "../../profile/responders.ts";
import { planDocument } from "../../report/plan-document.ts";
import type { Command } from "../command.ts";
import { list, outputsOf, RUN_FLAGS, runOptionsOf } from "../flags.ts";
import { openOutputs, renderOptions } from "../outputs.ts";
import { realWorld } from "../parts.ts";
import { planFor, tell } from "../planning.ts";
import { secretsFor, THIS_MACHINE } from "../secrets.ts";
import { toolVersion } from "../version.ts";

export const planCommand: Command = {
  words: ["plan"],
  about: "Show what a run would ask, about how many packets and how long; sends nothing",
  flags: RUN_FLAGS,
  async run(flags) {
    const world = realWorld();
    const { plan: asked, source, remarks, responders } = await planFor(flags, world.randomBytes);
    const plan = withFarEnds(asked, responders);
    await secretsFor(plan, list(flags, "secret"), THIS_MACHINE);
    const outputs = await openOutputs(
      outputsOf(flags),
      renderOptions(flags.color, flags.verbose === true, process.env),
    );
    const probers = new Map(
      await Promise.all(plan.checks.map(async ({ prober }) => [prober, await loadProber(prober)] as const)),
    );
    const estimates = estimatePlan(plan, probers, world, paceOf(runOptionsOf(flags)));
    const tool = { name: "unity-probe", version: toolVersion() };
    tell(remarks);
    await outputs.end(planDocument(plan, estimates, { tool, startedAtMs: world.wallMs(), source }));
    return EXIT_CODES.passed;
  },
};

/** The plan as it is where each responder that was named serves us. */
function withFarEnds(plan: Plan, responders: Responders): Plan {
  const checks = plan.checks.map((check): Check => {
    if (!responders.has(check.host) || !isForTokens(check)) return check;
    const { skip: _lifted, row, ...rest } = check;
    return { ...rest, row: { ...row, required: row.required || row.requiredIfProven === true }, farEnd: {} };
  });
  return { ...plan, checks };
}

/** What the engine would do with these options, as the estimate wants it. */
function paceOf({ concurrency, ratePerS, timeoutMs, attempts, sample }: RunOptions): Pace {
  return {
    checksPerHost: CHECKS_PER_ADDRESS,
    concurrency,
    sweep: {
      tcp: { ...SWEEP_PACE.tcp, asksPerS: ratePerS },
      udp: { ...SWEEP_PACE.udp, asksPerS: Math.min(ratePerS, ICMP_ERRORS_PER_S) },
    },
    canaryAttempts: CANARY_ATTEMPTS,
    tokensPerS: ratePerS,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(sample === undefined ? {} : { sample }),
  };
}
