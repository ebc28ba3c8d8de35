/**
 * The far end at one address, before anything else is asked there: all ports of all its checks are proven by tokens,
 * which costs nobody an ICMP error. What it does not hold is asked as without it.
 */
import type { Check } from "../model/check.ts";
import type { FarEnd, FarEndTold, Proof, Unproven } from "../model/far-end.ts";
import { countPorts, portsOf } from "../model/ports.ts";
import { isForTokens } from "../model/tokens.ts";
import { type Direction, TRANSPORTS, type Transport } from "../model/words.ts";
import { mediaSeen } from "../verdict/media.ts";
import { type Ends, groupsOfProof } from "../verdict/proof.ts";
import type { RunContext } from "./context.ts";
import type { Located } from "./locate.ts";
import { proofWith, type Streams, streamMedia, streamsOf } from "./media.ts";
import type { Proven } from "./proven.ts";
import { SWEEP_PACE } from "./range.ts";

/** The checks of an address with what its far end told, and what it proved of them. */
export interface FarEndDone {
  readonly checks: readonly Check[];
  readonly proven: ReadonlyMap<Check, Proven>;
}

/** Opens a session where a far end was named, has it prove what it can at that rate, and ends it. */
export async function askFarEnd(
  { address, checks }: Located,
  context: RunContext,
  ratePerS: number,
): Promise<FarEndDone> {
  const { parts, signal } = context;
  const host = checks[0]?.host;
  if (host === undefined || signal.aborted) return { checks, proven: new Map() };
  const farEnd = await parts.farEnd?.(host, address, signal);
  if (farEnd === undefined) return { checks, proven: new Map() };
  if ("failure" in farEnd) {
    return { checks: checks.map((check) => ({ ...check, farEnd: { none: farEnd } })), proven: new Map() };
  }
  const forTokens = checks.filter(isForTokens);
  for (const check of forTokens) {
    const portsTotal = countPorts(check.ports);
    if (portsTotal > 1) context.onSweep({ check, portsDone: 0, portsTotal });
  }
  try {
    const [coming, going] = [forTokens.filter(isInward), forTokens.filter((check) => !isInward(check))];
    // A stateful firewall lets through what mirrors a flow that it has seen: what comes in is asked for first.
    const back = isTranslated(farEnd) ? NOTHING_PROVEN : await proveAll("in", coming, farEnd, context, ratePerS);
    const out = await proveAll("out", going, farEnd, context, ratePerS);
    const streams = await streamAll(going, farEnd, out, context, ratePerS);
    return withProofs(checks, farEnd, { in: back, out }, streams);
  } finally {
    await farEnd.end();
  }
}

/** What became of all ports of one transport, and how long it took. */
interface Proving extends Proof {
  readonly durationMs: number;
}

const NOTHING_ASKED: Proving = { fates: new Map(), errors: new Map(), packets: 0, durationMs: 0 };

type Proofs = Readonly<Record<Transport, Proving>>;

const NOTHING_PROVEN: Proofs = { tcp: NOTHING_ASKED, udp: NOTHING_ASKED };

function isInward({ direction }: Check): boolean {
  return direction === "in";
}

/** Behind address translation nothing that the far end sends by itself is meant for this machine. */
function isTranslated({ local, seenAs }: FarEnd): boolean {
  return seenAs !== local;
}

async function proveAll(
  direction: Direction,
  wanted: readonly Check[],
  farEnd: FarEnd,
  { parts, options, signal }: RunContext,
  ratePerS: number,
): Promise<Proofs> {
  const portsOver = (transport: Transport) => {
    const over = wanted.filter((check) => check.transport === transport);
    return Uint16Array.from(new Set(over.flatMap(({ ports }) => [...portsOf(ports)]))).sort();
  };
  const ports = { tcp: portsOver("tcp"), udp: portsOver("udp") };
  const total = Math.max(1, ports.tcp.length + ports.udp.length);
  const prove = async (transport: Transport): Promise<Proving> => {
    if (ports[transport].length === 0) return NOTHING_ASKED;
    const startedMs = parts.world.monotonicMs();
    const attempts = options.attempts ?? SWEEP_PACE[transport].attempts;
    // Both transports together keep to the rate, each by its part of the work.
    const share = ports[transport].length / total;
    const pace = { attempts, perSecond: Math.max(1, Math.floor(ratePerS * share)) };
    const proof = await farEnd.prove({ direction, transport, ports: ports[transport], pace }, signal);
    return { ...proof, durationMs: parts.world.monotonicMs() - startedMs };
  };
  const [tcp, udp] = await Promise.all(TRANSPORTS.map(prove));
  return { tcp: tcp!, udp: udp! };
}

/** Streams where they are wanted, once the ports are free again. */
async function streamAll(
  checks: readonly Check[],
  farEnd: FarEnd,
  { udp }: Proofs,
  { options, signal }: RunContext,
  ratePerS: number,
): Promise<Streams> {
  if (options.media !== true || udp.lost !== undefined) return new Map();
  return await streamMedia(checks, farEnd, udp.fates, ratePerS, signal);
}

function withProofs(
  checks: readonly Check[],
  farEnd: FarEnd,
  proofs: Readonly<Record<Direction, Proofs>>,
  streams: Streams,
): FarEndDone {
  const { seenAs, local } = farEnd;
  const all = [proofs.in.tcp, proofs.in.udp, proofs.out.tcp, proofs.out.udp];
  const lost = all.map((proof) => proof.lost).find((why) => why !== undefined);
  const proven = new Map<Check, Proven>();
  const told = checks.map((check): Check => {
    const known = { local, ...(seenAs !== undefined && { seenAs }), ...(lost !== undefined && { lost }) };
    const ports = [...portsOf(check.ports)];
    const askedFromOwn = check.sourcePort !== undefined && check.purpose === "row";
    if (askedFromOwn) return { ...check, farEnd: { ...known, unproven: { "own-port": ports } } };
    if (!isForTokens(check) || (isInward(check) && isTranslated(farEnd))) return { ...check, farEnd: known };
    const own: Streams = isInward(check) ? new Map() : streamsOf(check, streams);
    const media = mediaSeen(own);
    const tokens = proofs[check.direction][check.transport];
    const proof = own.size === 0 ? tokens : proofWith(tokens, own);
    const { groups, left } = groupsOfProof(endsOf(check, local), ports, proof);
    const told = { ...known, ...unprovenOf(left, proof), ...(media !== undefined && { media }) };
    const withTold = { ...check, farEnd: told };
    // Whether the far end sees every ICMP error that its own requests meet, it does not say.
    const errorQueue = !isInward(check) && farEnd.errorQueue[check.transport];
    // Another prober of ours would meet the same firewall's memory.
    const mayBeAsked = left.filter((port) => proof.fates.get(port) !== "mirrored");
    proven.set(withTold, { groups, left: mayBeAsked, errorQueue, durationMs: proof.durationMs });
    return withTold;
  });
  return { checks: told, proven };
}

/** Who is asked, and the address from which it is. */
function endsOf({ transport, direction, address = "" }: Check, local: string): Ends {
  return direction === "in" ? { transport, address: local, local: address } : { transport, address, local };
}

function unprovenOf(left: readonly number[], { fates }: Proof): Pick<FarEndTold, "unproven"> {
  const unproven: Partial<Record<Unproven, number[]>> = {};
  for (const port of left) {
    const fate = fates.get(port) as Unproven;
    unproven[fate] = [...(unproven[fate] ?? []), port];
  }
  return left.length === 0 ? {} : { unproven };
}
