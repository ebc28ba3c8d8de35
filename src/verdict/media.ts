/** What the streams to the ports of a row amount to, in numbers and in words. They warn; only the loss of all decides. */
import type { DscpCount, MediaSeen, MediaWay, NoStream, StreamSeen, StreamWay } from "../model/media-stream.ts";
import { formatPorts } from "../model/ports.ts";

/**
 * What voice takes without harm: one-way delay by ITU-T G.114 (05/2003), all three by Cisco's Wireless IPT Design Guide
 * for the 7920 IP Phone. That guide does not say how it measures jitter; RFC 3550's is a smoothed mean, and peaks are
 * higher.
 */
const MOST = { lossPercent: 1, jitterMs: 30, delayMs: 150 } as const;
/** Of fewer packets it does not say much that all were lost. */
const ALL_LOST_LEAST = 10;

type Ways = "out" | "back";

/** Streams by port, as one. Undefined where there was not even an attempt. */
export function mediaSeen(streams: ReadonlyMap<number, StreamSeen | NoStream>): MediaSeen | undefined {
  const seen: { readonly port: number; readonly stream: StreamSeen }[] = [];
  const without: Partial<Record<NoStream["why"], number[]>> = {};
  for (const [port, stream] of [...streams].sort(([a], [b]) => a - b)) {
    if ("why" in stream) without[stream.why] = [...(without[stream.why] ?? []), port];
    else seen.push({ port, stream });
  }
  if (streams.size === 0) return undefined;
  const wayOf = (way: Ways): MediaWay => ({
    ...sumOf(seen.map(({ stream }) => stream[way])),
    allLost: seen.filter(({ stream }) => isAllLost(stream[way])).map(({ port }) => port),
  });
  const roundTripMs = largest(seen.map(({ stream }) => stream.roundTripMs));
  const ports = seen.map(({ port }) => port);
  return { ports, out: wayOf("out"), back: wayOf("back"), without, ...(roundTripMs !== undefined && { roundTripMs }) };
}

/** Whether a way lost every packet of enough. */
export function isAllLost({ sent, received }: StreamWay): boolean {
  return received === 0 && sent >= ALL_LOST_LEAST;
}

function sumOf(ways: readonly StreamWay[]): Omit<MediaWay, "allLost"> {
  const sum = (count: (way: StreamWay) => number) => ways.reduce((total, way) => total + count(way), 0);
  const sent = sum((way) => way.sent);
  const received = sum((way) => way.received);
  const jitterMs = largest(ways.map((way) => way.jitterMs));
  const [first] = ways;
  const dscpSent = ways.every((way) => way.dscpSent === first?.dscpSent) ? first?.dscpSent : undefined;
  const heard = ways.filter((way) => way.received > 0);
  const isTold = heard.length > 0 && heard.every((way) => way.dscpSeen !== undefined);
  return {
    ...{ sent, received },
    duplicates: sum((way) => way.duplicates),
    reordered: sum((way) => way.reordered),
    ...(sent > 0 && { lossPercent: (100 * (sent - received)) / sent }),
    ...(jitterMs !== undefined && { jitterMs }),
    ...(dscpSent !== undefined && { dscpSent }),
    ...(isTold && { dscpSeen: countsOf(heard.flatMap((way) => way.dscpSeen ?? [])) }),
  };
}

/** The most frequent first. */
function countsOf(counts: readonly DscpCount[]): readonly DscpCount[] {
  const packetsOf = new Map<number, number>();
  for (const { dscp, packets } of counts) packetsOf.set(dscp, (packetsOf.get(dscp) ?? 0) + packets);
  return Array.from(packetsOf, ([dscp, packets]) => ({ dscp, packets })).sort(
    (a, b) => b.packets - a.packets || a.dscp - b.dscp,
  );
}

/** What a row's detail adds. Empty where nothing was sent. */
export function mediaHint(media: MediaSeen | undefined): string {
  if (media === undefined || media.out.sent === 0) return "";
  const { out, back, roundTripMs, ports } = media;
  const each = (text: (way: MediaWay) => string | undefined) => {
    const told = [text(out) && `${text(out)} out`, text(back) && `${text(back)} back`].filter(Boolean);
    return told.join(", ");
  };
  const loss = each(({ lossPercent }) => (lossPercent === undefined ? undefined : percent(lossPercent)));
  const jitter = each(({ jitterMs }) => (jitterMs === undefined ? undefined : milliseconds(jitterMs)));
  const reordered = each((way) => (way.reordered === 0 ? undefined : `${way.reordered}`));
  const duplicates = each((way) => (way.duplicates === 0 ? undefined : `${way.duplicates}`));
  return [
    `; stream of ${out.sent} packets to ${formatPorts(ports)}: `,
    `loss ${loss}`,
    jitter && `, jitter ${jitter}`,
    roundTripMs !== undefined && `, round trip ${milliseconds(roundTripMs)}`,
    reordered && `, reordered ${reordered}`,
    duplicates && `, duplicated ${duplicates}`,
    `, ${dscpText(out, back)}`,
  ]
    .filter(Boolean)
    .join("");
}

function dscpText(out: MediaWay, back: MediaWay): string {
  const fates = [dscpFate(out), dscpFate(back)] as const;
  const sent = out.dscpSent ?? back.dscpSent;
  const name = sent === undefined ? "DSCP" : `DSCP ${dscpName(sent)}`;
  return fates[0] === fates[1] ? `${name} ${fates[0]}` : `${name} ${fates[0]} out, ${fates[1]} back`;
}

function dscpFate({ dscpSent, dscpSeen, received }: MediaWay): string {
  if (received === 0) return "unknown";
  if (dscpSent === undefined) return "not set";
  if (dscpSeen === undefined) return "not visible";
  const others = dscpSeen.filter(({ dscp }) => dscp !== dscpSent);
  if (others.length === 0) return "kept";
  const to = others.map(({ dscp }) => dscpName(dscp)).join(" and ");
  return others.length === dscpSeen.length ? `changed to ${to}` : `changed to ${to} in part`;
}

/** What must be said of the streams beside the detail. */
export function mediaWarnings(media: MediaSeen | undefined): readonly string[] {
  if (media === undefined) return [];
  const { out, back, roundTripMs = 0, without } = media;
  const delayMs = roundTripMs / 2;
  const slow = `round trip ${milliseconds(roundTripMs)}, about ${milliseconds(delayMs)} each way: more than the ${MOST.delayMs} ms that ITU-T G.114 has for voice`;
  return [
    ...wayWarnings(out, "out"),
    ...wayWarnings(back, "back"),
    ...(delayMs > MOST.delayMs ? [slow] : []),
    ...Object.entries(HINDRANCES).flatMap(([why, text]) => {
      const ports = without[why as NoStream["why"]] ?? [];
      return ports.length === 0 ? [] : [`no stream to ${formatPorts(ports)}: ${text}`];
    }),
  ];
}

/** An interrupted run says so by itself. */
const HINDRANCES: Readonly<Record<Exclude<NoStream["why"], "interrupted">, string>> = {
  "in-use": "in use by a service there",
  busy: "held by somebody's session with the responder",
  "not-listed": "the responder was not started for that",
  "not-permitted": "below 1024 the responder needs CAP_NET_BIND_SERVICE",
  "no-resources": "nothing was left to bind it or to ask it with",
  unannounced: "without a control channel none can be announced",
  lost: "the responder was lost",
};

function wayWarnings(way: MediaWay, name: Ways): readonly string[] {
  const { lossPercent = 0, jitterMs = 0, allLost, dscpSent, dscpSeen = [] } = way;
  const changed = dscpSent === undefined ? [] : dscpSeen.filter(({ dscp }) => dscp !== dscpSent);
  const changes = changed.map(({ dscp, packets }) => `${dscpName(dscp)} in ${packets} of ${way.received} packets`);
  return [
    ...(allLost.length > 0
      ? [
          `${formatPorts(allLost)}: a single datagram came through, and of the stream nothing on the way ${name}: something there drops what looks like RTP, comes so often or is marked`,
        ]
      : []),
    ...(lossPercent > MOST.lossPercent && allLost.length === 0
      ? [`loss of ${percent(lossPercent)} on the way ${name}: more than the ${MOST.lossPercent} % that voice takes`]
      : []),
    ...(jitterMs > MOST.jitterMs
      ? [`jitter of ${milliseconds(jitterMs)} on the way ${name}: more than the ${MOST.jitterMs} ms that voice takes`]
      : []),
    ...(changes.length > 0
      ? [`DSCP ${dscpName(dscpSent ?? 0)} is not kept on the way ${name}: it arrives as ${changes.join(", ")}`]
      : []),
  ];
}

/** RFC 2474 section 4.2.2 (CS), RFC 2597 section 6 (AF), RFC 3246 section 2.7 (EF); others by number. */
export function dscpName(dscp: number): string {
  const [group, rest] = [dscp >> 3, dscp & 7];
  if (dscp === 46) return "EF";
  if (rest === 0) return `CS${group}`;
  const isAssured = group >= 1 && group <= 4 && (rest === 2 || rest === 4 || rest === 6);
  return isAssured ? `AF${group}${rest >> 1}` : `${dscp}`;
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
