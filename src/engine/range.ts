/** One check of many ports: the job for the sweeper, and what its codes mean. */
import type { Check } from "../model/check.ts";
import type { PortGroup, SweepJob } from "../model/observation.ts";
import { countPorts, portsOf } from "../model/ports.ts";
import type { Sweep, SweepAsk } from "../model/prober.ts";
import type { CheckSeen } from "../model/result.ts";
import { sampleSize } from "../model/sample.ts";
import { rangeOf, verdictOfRange } from "../verdict/range.ts";
import type { AddressContext } from "./context.ts";
import { withDeadline } from "./deadline.ts";
import { failed, interrupted } from "./seen.ts";
import { unlessWayLost } from "./way-lost.ts";

/**
 * How each port is asked. TCP: long enough for the first SYN resend of every system, and for a router that looks three
 * seconds for its neighbour before it says host-unreachable (RFC 4861 7.2.2). UDP: for a slow WAN and back.
 */
export const SWEEP_PACE = {
  tcp: { attempts: 2, replyTimeoutMs: 3_500 },
  udp: { attempts: 3, replyTimeoutMs: 1_000 },
} as const;

/** A canary is a port that nobody cares for: one ask is enough to see whether the network lies. */
export const CANARY_ATTEMPTS = 1;

/** Asks every port of a range and groups what was seen. */
export async function askRange(check: Check, prober: Sweep<unknown>, context: AddressContext): Promise<CheckSeen> {
  try {
    return await unlessWayLost(await sweepRange(check, prober, context), context);
  } catch (error) {
    return failed(check, error);
  }
}

async function sweepRange(check: Check, prober: Sweep<unknown>, context: AddressContext): Promise<CheckSeen> {
  const { parts, signal, budget } = context;
  const { world } = parts;
  if (signal.aborted) return interrupted(check);
  const job = jobOf(check, prober, context);
  const startedMs = world.monotonicMs();
  const timeoutMs = longestMs(job, context.sweepsAtOnce);
  const portsTotal = job.sample ?? job.ports.length;
  const onProgress = (portsDone: number, remainingMs?: number): void =>
    context.onSweep({ check, portsDone, portsTotal, ...(remainingMs !== undefined && { remainingMs }) });
  const seen = await withDeadline(world, timeoutMs, signal, (over) => parts.sweeper.sweep(job, onProgress, over));
  if (signal.aborted) return interrupted(check);
  const range = rangeOf(check, job.ports, seen);
  const verdict = verdictOfRange(range, seen.errorQueue);
  noteErrors(check, range.groups, context);
  if (seen.icmpBudget !== undefined && check.transport === "udp") budget.learn(seen.icmpBudget, world.monotonicMs());
  const source = seen.source ?? context.route;
  return {
    check,
    range,
    observations: [],
    attempts: seen.sent,
    errorQueue: seen.errorQueue,
    durationMs: world.monotonicMs() - startedMs,
    timeoutMs,
    warnings: [],
    ...(verdict === undefined ? {} : { verdict }),
    ...(source === undefined ? {} : { source }),
  };
}

/** Media ports may carry live calls: few of them are asked a second. */
export const MEDIA_RATE_PER_S = 50;

function jobOf(check: Check, prober: Sweep<unknown>, context: AddressContext): SweepJob {
  const { parts, options, budget } = context;
  const remote = { transport: check.transport, address: check.address!, port: check.ports[0]!.first };
  const media = check.row.media === true;
  const ask: SweepAsk = { host: check.host, remote, learned: {}, world: parts.world, media };
  const canary = check.purpose === "canary";
  const sample = sampleSize(countPorts(check.ports), check.transport, options.sample);
  return {
    transport: check.transport,
    direction: check.direction,
    address: check.address!,
    ports: Uint16Array.from(portsOf(check.ports)),
    payload: check.transport === "udp" ? prober.payload(check.params, ask) : new Uint8Array(0),
    ratePerS: check.row.media === true ? Math.min(options.ratePerS, MEDIA_RATE_PER_S) : options.ratePerS,
    attempts: canary ? CANARY_ATTEMPTS : (options.attempts ?? SWEEP_PACE[check.transport].attempts),
    icmpBudget: budget.allowance(parts.world.monotonicMs()),
    replyTimeoutMs: options.timeoutMs ?? SWEEP_PACE[check.transport].replyTimeoutMs,
    ...(check.source === undefined ? {} : { source: check.source }),
    ...(sample === undefined ? {} : { sample }),
  };
}

/** A sweeper holds at least so many sockets open at once, of which each sweep has 64 at most. */
const SOCKETS_AT_ONCE = { allSweeps: 256, eachSweep: 64 };
/** The longest that a timer of JavaScript can wait, 24 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** What a sweeper may add to make sure of a silence: further rounds with a control port, a margin on its pace. */
const CONFIRMATION_MS = 15_000;
/** A target may be seen to answer more slowly than was thought. */
const SLOWER_AT_WORST = 3;
/** A sample asks more ports to find the edges of what is blocked, some at a time. */
const EDGE_ROUNDS = 10;
const EDGE_PORTS = { tcp: 1_440, udp: 200 };

/**
 * No sweep lasts longer than this: every port asked as often as allowed at the slowest pace, beside so many other sweeps
 * with which it shares rate and sockets, and then some.
 */
function longestMs(job: SweepJob, sweepsAtOnce: number): number {
  const ports = job.sample === undefined ? job.ports.length : job.sample + EDGE_PORTS[job.transport];
  const sockets = Math.min(SOCKETS_AT_ONCE.eachSweep, SOCKETS_AT_ONCE.allSweeps / sweepsAtOnce);
  const rateMs = (1_000 / job.ratePerS) * sweepsAtOnce;
  const asksMs = ports * job.attempts * Math.max(rateMs, job.replyTimeoutMs / sockets);
  // A port is refused once: silence costs the target nothing.
  const errorsMs = job.transport === "udp" ? ports * (1_000 / job.icmpBudget.perS) * SLOWER_AT_WORST : 0;
  const rounds = job.sample === undefined ? 1 : EDGE_ROUNDS;
  const waitMs = rounds * ((job.attempts + 1) * job.replyTimeoutMs + CONFIRMATION_MS);
  return Math.min(TIMER_MAX_MS, Math.ceil(Math.max(asksMs, errorsMs) + waitMs));
}

/** Refusals over UDP are ICMP errors; over TCP they are resets, which no ICMP budget limits. */
function noteErrors(check: Check, groups: readonly PortGroup[], { budget, parts }: AddressContext): void {
  for (const { state, reason, offender, ports } of groups) {
    const isError =
      (state === "filtered" && reason !== "no-response") || (check.transport === "udp" && state === "closed");
    if (isError) budget.note(parts.world.monotonicMs(), offender, ports.length);
  }
}
