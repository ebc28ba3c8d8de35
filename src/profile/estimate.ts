/**
 * What a plan costs at worst, for `plan`: sends, bytes and time of each check, from the prober's own schedule. A send
 * is a datagram, a TCP connection request, or one write into a connection. Not counted: what the system adds
 * (acknowledgements, retransmissions, headers, TLS handshakes), what replies bring about, which nobody can foresee (leads,
 * and what a prober undoes; ports that a responder finds in use, which are asked by their own protocol), the second ask of UDP ports whose silence may be a withheld ICMP error, and the ports that a
 * sample adds to find the edges of what is blocked. A name counts as one address.
 */
import type { Check, Plan } from "../model/check.ts";
import { countPorts } from "../model/ports.ts";
import type { Ask, Conversation, Oneshot, Prober, Sweep, World } from "../model/prober.ts";
import { type SampleWanted, sampleSize } from "../model/sample.ts";
import { withAttempts } from "../model/schedule.ts";
import { isForTokens, TOKEN_BYTES } from "../model/tokens.ts";
import type { Transport } from "../model/words.ts";

export interface Estimate {
  readonly packets: number;
  /** What we say, without headers. */
  readonly bytes: number;
  /** When nothing answers; over UDP when every port of a range is refused, as fast as a target may refuse. */
  readonly worstMs: number;
  /** How many ports of a longer range are asked. */
  readonly sample?: number;
}

export interface PlanEstimate {
  /** In the order of `plan.checks`; undefined for a check that is skipped. */
  readonly checks: readonly (Estimate | undefined)[];
  readonly total: Estimate;
}

/** How engine and sweeper go about it. */
export interface Pace {
  /** Checks of single ports at once, per host and over all. */
  readonly checksPerHost: number;
  readonly concurrency: number;
  /** How a range is asked; `asksPerS` is the slowest pace. */
  readonly sweep: Readonly<Record<Transport, SweepPace>>;
  readonly canaryAttempts: number;
  /** New flows a second to ports that a far end holds. */
  readonly tokensPerS: number;
  /** How many ports of a longer range the user wants to ask. */
  readonly sample?: SampleWanted;
  /** The user's own time-out and number of attempts, in place of the prober's and the sweeper's. */
  readonly timeoutMs?: number;
  readonly attempts?: number;
}

export interface SweepPace {
  readonly attempts: number;
  readonly asksPerS: number;
  readonly replyTimeoutMs: number;
}

/**
 * The cost of every check and of the whole plan. `heads` holds the prober of each check. Probers build their requests
 * as in a run, with `world`'s randomness; nothing is sent.
 */
export function estimatePlan(plan: Plan, heads: ReadonlyMap<string, Prober>, world: World, pace: Pace): PlanEstimate {
  const checks = plan.checks.map((check) =>
    check.skip === undefined && check.sameAs === undefined
      ? estimateCheck(check, heads.get(check.prober)!, world, pace)
      : undefined,
  );
  const sum = (pick: (estimate: Estimate) => number) =>
    checks.reduce((total, estimate) => total + (estimate === undefined ? 0 : pick(estimate)), 0);
  const total = {
    packets: sum((one) => one.packets),
    bytes: sum((one) => one.bytes),
    worstMs: runMs(plan, checks, pace),
  };
  return { checks, total };
}

function estimateCheck(check: Check, prober: Prober, world: World, pace: Pace): Estimate {
  if (check.farEnd !== undefined && isForTokens(check)) return estimateTokens(check, pace);
  const ask: Ask = { host: check.host, remote: endpointOf(check), learned: {}, world };
  if (prober.kind === "sweep") return estimateSweep(check, prober, ask, pace);
  const connects = check.transport === "tcp" ? 1 : 0;
  if (prober.kind === "dialogue") return estimateConversation(prober, pace);
  const { conversation } = prober;
  if (connects === 1 && conversation !== undefined) return estimateConversation(conversation, pace);
  return estimateOneshot(check, prober, ask, connects, pace);
}

/** Over UDP a token is sent again to a port that is silent; over TCP a connection and one write. */
function estimateTokens({ transport, ports }: Check, pace: Pace): Estimate {
  const { attempts, replyTimeoutMs } = pace.sweep[transport];
  const total = countPorts(ports);
  const sends = total * (transport === "udp" ? (pace.attempts ?? attempts) : 2);
  return {
    packets: sends,
    bytes: (transport === "udp" ? sends : total) * TOKEN_BYTES,
    worstMs: Math.ceil((sends / pace.tokensPerS) * 1000 + replyTimeoutMs),
  };
}

function estimateOneshot(check: Check, prober: Oneshot<unknown>, ask: Ask, connects: number, pace: Pace): Estimate {
  const transaction = prober.start(check.params, ask, { ...ask.remote, port: 49_152 });
  const schedule = connects === 1 ? prober.schedule : withAttempts(prober.schedule, pace.attempts);
  const sends = connects === 1 ? 1 : schedule.sendsAtMs.length;
  const requests = Array.from({ length: sends }, (_, send) => transaction.request(send)?.length);
  const said = requests.filter((length) => length !== undefined);
  return {
    packets: said.length + connects,
    bytes: said.reduce((sum, length) => sum + length, 0),
    worstMs: pace.timeoutMs ?? schedule.giveUpMs,
  };
}

function estimateConversation({ cost, giveUpMs }: Conversation<unknown>, pace: Pace): Estimate {
  return { packets: cost.packets + 1, bytes: cost.bytes, worstMs: pace.timeoutMs ?? giveUpMs };
}

function estimateSweep(check: Check, prober: Sweep<unknown>, ask: Ask, pace: Pace): Estimate {
  const sweep = pace.sweep[check.transport];
  const attempts = check.purpose === "canary" ? pace.canaryAttempts : (pace.attempts ?? sweep.attempts);
  const replyTimeoutMs = pace.timeoutMs ?? sweep.replyTimeoutMs;
  const total = countPorts(check.ports);
  const sample = sampleSize(total, check.transport, pace.sample);
  const ports = sample ?? total;
  const packets = ports * attempts;
  // Over UDP only refusals are limited, and a port is refused once.
  const paced = check.transport === "udp" ? ports : packets;
  return {
    packets,
    bytes:
      check.transport === "tcp"
        ? 0
        : packets * prober.payload(check.params, { ...ask, media: check.row.media === true }).length,
    worstMs: Math.ceil((paced / sweep.asksPerS) * 1000 + attempts * replyTimeoutMs),
    ...(sample !== undefined && { sample }),
  };
}

/** An endpoint to build requests for. A name has no address yet: one from the range for documentation (RFC 5737). */
function endpointOf(check: Check): Ask["remote"] {
  return { transport: check.transport, address: check.address ?? "192.0.2.1", port: check.ports[0]!.first };
}

/**
 * Hosts run side by side, save what shares an own port. On one host, single ports share the slots (no schedule of theirs is longer than all work
 * evenly spread and then the longest queue at one port), then the ranges follow one by one.
 */
function runMs(plan: Plan, estimates: readonly (Estimate | undefined)[], pace: Pace): number {
  const hosts = new Map<string, { spreadMs: number; queuesMs: Map<string, number>; rangesMs: number }>();
  const ownPortsMs = new Map<string, number>();
  const slots = Math.min(pace.checksPerHost, pace.concurrency);
  let allMs = 0;
  for (const [at, check] of plan.checks.entries()) {
    const worstMs = estimates[at]?.worstMs ?? 0;
    const host = hosts.get(check.host) ?? { spreadMs: 0, queuesMs: new Map(), rangesMs: 0 };
    hosts.set(check.host, host);
    allMs += worstMs;
    if (check.purpose !== "canary" && countPorts(check.ports) > 1) {
      host.rangesMs += worstMs;
      continue;
    }
    if (check.sourcePort !== undefined) addTo(ownPortsMs, `${check.transport} ${check.sourcePort}`, worstMs);
    const port = `${check.transport}/${check.portsText}`;
    host.spreadMs += worstMs / slots;
    addTo(host.queuesMs, port, worstMs);
  }
  const each = [...hosts.values()].map(
    (host) => host.spreadMs + Math.max(0, ...host.queuesMs.values()) + host.rangesMs,
  );
  const crowded = hosts.size * pace.checksPerHost > pace.concurrency ? allMs / pace.concurrency : 0;
  return Math.ceil(Math.max(0, ...each) + Math.max(0, ...ownPortsMs.values()) + crowded);
}

function addTo(queuesMs: Map<string, number>, key: string, ms: number): void {
  queuesMs.set(key, (queuesMs.get(key) ?? 0) + ms);
}
