/** `unity-probe agent` behind its flags: the configuration and the real parts, then an agent until a signal ends it. */
import { once, setMaxListeners } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { dirname, join, resolve } from "node:path";
import { openSockets, type Sockets } from "#node-dgram-ext";
import { Agent, type AgentParts, type Loaded } from "../agent/agent.ts";
import { whenChanged } from "../agent/config-change.ts";
import { parseAgentConfig } from "../agent/config-file.ts";
import { openLedger } from "../agent/disk-ledger.ts";
import { agentPlans } from "../agent/plans.ts";
import { openUndelivered } from "../agent/undelivered.ts";
import type { World } from "../model/prober.ts";
import { EXIT_CODES } from "../model/result.ts";
import { post } from "../net/post.ts";
import { ConfigError } from "../profile/config-error.ts";
import { farEndsOver } from "./far-ends.ts";
import { durationMs, type FlagValues, list, outputsOf, text } from "./flags.ts";
import { createAgentLog } from "./logger.ts";
import { openOutputs, renderOptions } from "./outputs.ts";
import { pageAssets } from "./page-assets.ts";
import { openParts, realWorld } from "./parts.ts";
import { knownProfiles, readText, shippedRoles } from "./profile-files.ts";
import { keyFrom } from "./responder-credentials.ts";
import { secretsFor, THIS_MACHINE } from "./secrets.ts";
import { endingSignals, reloadSignal } from "./signals.ts";
import { toolVersion } from "./version.ts";

const DEFAULT_GRACE = "8s";

/** Keeps an agent until SIGINT or SIGTERM; resolves to the exit code when all has ended. Throws ConfigError. */
export async function runAgent(flags: FlagValues): Promise<number> {
  const file = text(flags, "config");
  if (file === undefined) throw new ConfigError("--config is missing", "name the file: --config agent.yaml");
  const graceMs = durationMs(text(flags, "grace") ?? DEFAULT_GRACE, "--grace");
  const world = realWorld();
  const sockets = await openSockets();
  const load = () => loadConfig(file, flags, { world, sockets });
  const loaded = await load();
  if (flags["check-config"] === true) return tellConfig(loaded);
  const outputs =
    flags.once === true
      ? await openOutputs(outputsOf(flags), renderOptions(flags.color, flags.verbose === true, process.env))
      : undefined;
  const log = createAgentLog();
  const open = await openParts(world);
  const dir = loaded.config.history?.dir;
  const say = (sentence: string) => log.warn(sentence, {});
  const ledger = dir === undefined ? undefined : await openLedger(join(dir, "ledger.json"), { world, say });
  const undelivered = dir === undefined ? undefined : await openUndelivered(join(dir, "alarms.json"), say);
  const parts: AgentParts = {
    ...(undelivered !== undefined && { undelivered }),
    parts: ledger === undefined ? open : { ...open, ledger },
    tool: { name: "unity-probe", version: toolVersion() },
    host: hostname(),
    log,
    page: await pageAssets(),
    post,
    ownSide: {
      procNet: (name) => readFile(`/proc/net/${name}`, "utf8").catch(() => undefined),
      // Node leaves out those whose interface is down or has no link.
      linkedAddresses: () =>
        new Set(Object.values(networkInterfaces()).flatMap((all = []) => all.map((one) => one.address))),
    },
    load,
  };
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const interrupt = () => stop.abort();
  for (const signal of endingSignals()) process.once(signal, interrupt);
  try {
    if (outputs !== undefined) {
      const document = await Agent.once(loaded, parts, graceMs, stop.signal);
      await outputs.end(document);
      return document.summary.exitCode;
    }
    await keepAgent(await Agent.start(loaded, parts), { file, graceMs, world, signal: stop.signal });
    return EXIT_CODES.passed;
  } finally {
    await Promise.all([ledger?.flush(), undelivered?.flush()]);
    open.close();
    sockets.close();
  }
}

interface Keeping {
  readonly file: string;
  readonly graceMs: number;
  readonly world: World;
  readonly signal: AbortSignal;
}

async function keepAgent(agent: Agent, { file, graceMs, world, signal }: Keeping): Promise<void> {
  const reload = () => void agent.reload();
  // Where there is no such signal the file is watched all the same.
  const wish = reloadSignal();
  if (wish !== undefined) process.on(wish, reload);
  const watching = whenChanged(() => stampOf(file), reload, world, signal);
  if (!signal.aborted) await once(signal, "abort");
  await watching;
  if (wish !== undefined) process.removeListener(wish, reload);
  await agent.stop(graceMs);
}

/** Another one when the file may have changed; follows links, as a ConfigMap of Kubernetes has them. */
async function stampOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && `${found.dev} ${found.ino} ${found.size} ${found.mtimeMs}`;
}

interface LoadParts {
  readonly world: World;
  /** What responders are asked through. */
  readonly sockets: Sockets;
}

async function loadConfig(file: string, flags: FlagValues, { world, sockets }: LoadParts): Promise<Loaded> {
  const [roles, profiles] = await Promise.all([shippedRoles(), knownProfiles(text(flags, "profiles-dir"))]);
  const words = { roles, profiles };
  const config = await parseAgentConfig(await readText(file), file, words, {
    env: process.env,
    readText: (path) => readFile(resolve(dirname(file), path), "utf8"),
  });
  const plans = agentPlans(config, list(flags, "role"), words, world.randomBytes);
  const secrets = () => secretsFor(plans.whole, config.secrets, THIS_MACHINE);
  await secrets();
  const { responders = new Map() } = config.site;
  if (responders.size === 0) return { config, plans, secrets };
  const key = await keyFrom(config.keyFile, "a responder answers nobody without the key", THIS_MACHINE);
  return { config, plans, secrets, farEnd: farEndsOver({ responders, credentials: { key } }, { world, sockets }) };
}

/** One line about a configuration that can be used. */
function tellConfig({ config, plans }: Loaded): number {
  const rows = plans.whole.checks.filter(({ purpose, skip }) => purpose === "row" && skip === undefined).length;
  const hosts = new Set(plans.whole.checks.map(({ host }) => host)).size;
  for (const remark of plans.remarks) THIS_MACHINE.tell(remark);
  process.stdout.write(
    `${config.file} can be used: ${counted(config.schedules.length, "schedule")}, ` +
      `${counted(plans.whole.profiles.length, "vector")}, ${counted(hosts, "host")}, ${counted(rows, "check")}\n`,
  );
  return EXIT_CODES.passed;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
