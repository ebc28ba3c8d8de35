/** How many ports of a range are asked: the engine keeps it, and `plan` counts by it. */
import type { Transport } from "./words.ts";

/** A range of more ports is sampled where nothing else was asked for. */
export const ASKED_IN_FULL_MAX = 1_024;

/**
 * The ports of a sample, both ends included. UDP: what a Linux host refuses in about half a minute, and it bounds what
 * is blocked to 10 %. TCP: enough to bound it to 1 %.
 */
export const SAMPLE_PORTS: Readonly<Record<Transport, number>> = { tcp: 305, udp: 31 };

/** A sample has both ends and something between them. */
export const SAMPLE_PORTS_MIN = 3;

/** A number of ports, or all of them. */
export type SampleWanted = number | "all";

/** How many of `total` ports to ask; undefined for all. `wanted` is what the user asked for, where he did. */
export function sampleSize(total: number, transport: Transport, wanted: SampleWanted | undefined): number | undefined {
  if (wanted === "all") return undefined;
  if (wanted !== undefined) return wanted < total ? wanted : undefined;
  return total > ASKED_IN_FULL_MAX ? SAMPLE_PORTS[transport] : undefined;
}
