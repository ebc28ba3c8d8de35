/** `unity-probe run`, the default verb: plan, ask, report. */
import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import { run } from "../../engine/run.ts";
import type { Plan } from "../../model/check.ts";
import type { Net, Parts } from "../../model/parts.ts";
import type { RunReport } from "../../model/result.ts";
import { ConfigError } from "../../profile/config-error.ts";
import type { Responders } from "../../profile/responders.ts";
import type { ReportDocument } from "../../report/document.ts";
import { nagiosState } from "../../report/nagios.ts";
import type { RenderOptions } from "../../report/renderer.ts";
import { resultEntry, runDocument } from "../../report/run-document.ts";
import { whyNot } from "../../sweep/engine-choice.ts";
import type { Engine } from "../../sweep/worker-messages.ts";
import type { Command } from "../command.ts";
import type { FarEnds } from "../far-ends.ts";
import { engineOf, type FlagValues, isPlugin, list, outputsOf, RUN_FLAGS, runOptionsOf, text } from "../flags.ts";
import { longSweepRemarks } from "../long-sweeps.ts";
import { type Outputs, openOutputs, renderOptions } from "../outputs.ts";
import { openParts, realWorld } from "../parts.ts";
import { planFor, tell } from "../planning.ts";
import { createProgress } from "../progress.ts";
import { dataSourceOf } from "../respond-addresses.ts";
import { credentialsFrom } from "../responder-credentials.ts";
import { secretsFor, THIS_MACHINE } from "../secrets.ts";
import { endingSignals } from "../signals.ts";
import { toolVersion } from "../version.ts";

export const runCommand: Command = {
  words: ["run", "$0"],
  about: "Ask every row of the profiles and report the matrix",
  flags: RUN_FLAGS,
  async run(flags) {
    const world = realWorld();
    const { plan, source, remarks, responders } = await planFor(flags, world.randomBytes);
    const secret = await secretsFor(plan, list(flags, "secret"), THIS_MACHINE);
    const engine = engineOf(flags);
    await refuseImpossibleEngine(engine);
    const farEnds = await farEndsOf(responders, flags);
    const parts = await openParts({ ...world, secret }, { engine, ...(farEnds !== undefined && { farEnds }) });
    try {
      await refuseForeignSource(text(flags, "source"), parts.net);
      const long = longSweepRemarks(plan, runOptionsOf(flags).sample, new Set(responders.keys()));
      tell([...remarks, ...mediaRemarks(plan, flags), ...long]);
      const { report, document } = await runPlan(plan, parts, flags, { source });
      return isPlugin(flags) ? nagiosState(document) : report.exitCode;
    } finally {
      parts.close();
    }
  },
};

/** The responders with what they and we show each other. Throws ConfigError. */
async function farEndsOf(responders: Responders, flags: FlagValues): Promise<FarEnds | undefined> {
  if (responders.size === 0) {
    if (flags.media === true)
      throw new ConfigError("--media without a responder", "streams go to one only: --responder HOST");
    return undefined;
  }
  const without = "a responder answers nobody without the key";
  const credentials = await credentialsFrom(flags, without, THIS_MACHINE);
  const source = text(flags, "source");
  const dataSource = dataSourceOf(list(flags, "data-source"));
  const isStatic = flags.static === true;
  return { responders, credentials, dataSource, isStatic, ...(source !== undefined && { source }) };
}

/** A wish for streams that no row can have is told, not refused: a site has vectors of all kinds. */
function mediaRemarks({ checks }: Plan, flags: FlagValues): readonly string[] {
  const isMedia = checks.some(({ row, transport, direction }) => {
    return row.media === true && transport === "udp" && direction === "out";
  });
  return flags.media === true && !isMedia ? ["--media: no row that is asked carries media over UDP"] : [];
}

/** An address of another machine would only show as missing routes. Nothing is sent to find out. */
async function refuseForeignSource(source: string | undefined, net: Net): Promise<void> {
  if (source === undefined || (await net.route(source, source)).code !== "EADDRNOTAVAIL") return;
  throw new ConfigError(`--source ${source} is no address of this machine`);
}

/** An engine that was asked for by name, and that this machine does not allow, is no reason to take another. */
async function refuseImpossibleEngine(engine: Engine): Promise<void> {
  const why = await whyNot(engine);
  if (why !== undefined) throw new ConfigError(`--engine ${engine} is not possible here: ${why}`);
}

/** What a run gives, as it is and as it was printed. */
export interface Ran {
  readonly report: RunReport;
  readonly document: ReportDocument;
}

export interface RunAbout {
  /** Where the run is made from; this machine, without a role, unless said. */
  readonly source?: RunReport["source"];
  /** Printed behind each row of a table. */
  readonly note?: RenderOptions["endpointNote"];
}

/** Runs a plan, writes its report and gives it. */
export async function runPlan(plan: Plan, parts: Parts, flags: FlagValues, about: RunAbout = {}): Promise<Ran> {
  const { source = { host: hostname() }, note } = about;
  const options = runOptionsOf(flags);
  const rendering = renderOptions(flags.color, flags.verbose === true, process.env);
  const outputs: Outputs = await openOutputs(outputsOf(flags), {
    ...rendering,
    ...(note === undefined ? {} : { endpointNote: note }),
  });
  // On a terminal the table is to be read, and log lines would stand before it.
  const logs = flags.verbose === true && process.stderr.isTTY !== true;
  const log = logs ? (await import("../logger.ts")).createLog() : undefined;
  const progress = createProgress(plan, flags.quiet !== true);
  const stop = new AbortController();
  // Every check that runs listens to it, which is no leak.
  setMaxListeners(0, stop.signal);
  const interrupt = () => stop.abort();
  const signals = endingSignals();
  for (const signal of signals) process.once(signal, interrupt);
  const tool = { name: "unity-probe", version: toolVersion() };
  try {
    const report = await run(plan, parts, options, source, stop.signal, {
      onSeen: (seen) => {
        progress.seen(seen);
        log?.(seen);
      },
      onSweep: (sweep) => progress.sweep(sweep),
      onResult: (result) => outputs.result(resultEntry(result, plan)),
    });
    progress.end();
    const document = runDocument(report, tool);
    await outputs.end(document);
    return { report, document };
  } finally {
    for (const signal of signals) process.removeListener(signal, interrupt);
  }
}
