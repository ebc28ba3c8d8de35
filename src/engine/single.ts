/** One check of one port, from the prober's manners to what was seen. */
import type { Check } from "../model/check.ts";
import type { Ask, Dialogue, Oneshot, World } from "../model/prober.ts";
import type { CheckSeen } from "../model/result.ts";
import { withAttempts } from "../model/schedule.ts";
import { judge } from "../verdict/state.ts";
import type { AddressContext } from "./context.ts";
import { withDeadline } from "./deadline.ts";
import { CONNECT_TIMEOUT_MS, converse, type Exchanged, exchangeTcp, exchangeUdp } from "./exchange.ts";
import { claimTurn } from "./manners.ts";
import { failed, interrupted, notDue } from "./seen.ts";
import { unlessWayLost } from "./way-lost.ts";

/** Asks one port once (with the resends of its transaction). Never throws for what the peer or the network does. */
export function askSingle(
  check: Check,
  prober: Oneshot<unknown> | Dialogue<unknown>,
  context: AddressContext,
  turn: Turn = "first",
): Promise<CheckSeen> {
  return context.secrets.ask(check, prober, (world) => askNow(check, prober, context, world, turn));
}

/** `again`: the same transaction once more, because its answer may have been withheld; no new one for its manners. */
type Turn = "first" | "again";

async function askNow(
  check: Check,
  prober: Oneshot<unknown> | Dialogue<unknown>,
  context: AddressContext,
  world: World,
  turn: Turn,
): Promise<CheckSeen> {
  const { parts, options, signal } = context;
  if (signal.aborted) return interrupted(check);
  const early = options.force || turn === "again" ? undefined : claimTurn(check, prober, parts.ledger, world);
  if (early !== undefined) return notDue(check, early, options.keepsEarlier === true);
  const learned = await context.facts.wait(prober.wants?.(check.params, check.host) ?? [], world, signal);
  const ask: Ask = {
    host: check.host,
    remote: { transport: check.transport, address: check.address!, port: check.ports[0]!.first },
    ...(check.tls === undefined ? {} : { tls: check.tls }),
    learned,
    world,
  };
  const startedMs = world.monotonicMs();
  const timeoutMs = options.timeoutMs ?? giveUpMsOf(prober, check, options.attempts);
  const outcome = await withDeadline(world, timeoutMs, signal, (over) =>
    exchange(prober, check, ask, context, over).catch((error: unknown) => ({ failure: error })),
  );
  if (signal.aborted) return interrupted(check);
  const durationMs = world.monotonicMs() - startedMs;
  if ("failure" in outcome) return { ...failed(check, outcome.failure), durationMs, timeoutMs };
  const timing = { durationMs, timeoutMs: effectiveMs(outcome, timeoutMs, context) };
  return unlessWayLost(seenOf(check, outcome, timing, context), context);
}

function exchange(
  prober: Oneshot<unknown> | Dialogue<unknown>,
  check: Check,
  ask: Ask,
  { parts, options }: AddressContext,
  signal: AbortSignal,
): Promise<Exchanged> {
  const reach = { net: parts.net, signal, connectTimeoutMs: connectTimeoutMs(options) };
  if (prober.kind === "dialogue") return converse(prober, check, ask, reach);
  if (check.transport === "udp") {
    return exchangeUdp(prober, withAttempts(prober.schedule, options.attempts), check, ask, reach);
  }
  const { conversation } = prober;
  return conversation === undefined
    ? exchangeTcp(prober, check, ask, reach)
    : converse(conversation, check, ask, reach);
}

function giveUpMsOf(prober: Oneshot<unknown> | Dialogue<unknown>, check: Check, attempts?: number): number {
  if (prober.kind === "dialogue") return prober.giveUpMs;
  if (check.transport === "udp") return withAttempts(prober.schedule, attempts).giveUpMs;
  return (prober.conversation ?? prober.schedule).giveUpMs;
}

function connectTimeoutMs({ timeoutMs }: AddressContext["options"]): number {
  return timeoutMs ?? CONNECT_TIMEOUT_MS;
}

/** How long the check could last: where TCP never connected, as long as that was waited for. */
function effectiveMs({ observations }: Exchanged, timeoutMs: number, { options }: AddressContext): number {
  const last = observations.at(-1);
  const connecting = last?.remote.transport === "tcp" && last.connectedMs === undefined;
  return connecting && observations.length === 1 ? Math.min(timeoutMs, connectTimeoutMs(options)) : timeoutMs;
}

function seenOf(
  check: Check,
  { reading, observations }: Exchanged,
  timing: { readonly durationMs: number; readonly timeoutMs: number },
  context: AddressContext,
): CheckSeen {
  const source = observations.at(-1)?.local?.address ?? context.route;
  const udpSends = observations.reduce((sum, seen) => sum + seen.sentMs.length, 0);
  return {
    check,
    verdict: judge(observations, reading, check.addresses),
    observations,
    attempts: check.transport === "udp" ? udpSends : observations.length,
    errorQueue: observations.at(-1)?.errorQueue ?? false,
    warnings: reading?.warnings ?? [],
    ...timing,
    ...(reading === undefined ? {} : { reading }),
    ...(source === undefined ? {} : { source }),
  };
}
