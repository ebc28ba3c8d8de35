/**
 * Prometheus' text format 0.0.4, written piece by piece: a matrix of 30,000 cells is megabytes, and the probing must not
 * wait for them. prom-client writes what is small; it formats each metric in one go.
 */
import type { Family } from "./metric-families.ts";

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The labels as they stand between the braces, and a value; one that is not finite is left out. */
export interface Sample {
  readonly labels: string;
  readonly value: number;
}

/** After so many samples, written or left out, a piece ends, be it empty. */
const SAMPLES_A_PIECE = 256;

/** `host="dc01",check="ntp/udp/123"`; a label without a value is left out, as Prometheus takes the two for the same. */
export function writeLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** A family with its samples, in pieces between which others may work; no text at all where it has none. */
export function* writeFamily({ name, type, help }: Family, samples: Iterable<Sample | undefined>): Generator<string> {
  const head = `# HELP ${name} ${help.replaceAll("\\", "\\\\")}\n# TYPE ${name} ${type}\n`;
  let isBegun = false;
  let piece = "";
  let count = 0;
  for (const sample of samples) {
    if (sample !== undefined && Number.isFinite(sample.value)) {
      if (!isBegun) piece = head;
      isBegun = true;
      piece += sample.labels === "" ? `${name} ${sample.value}\n` : `${name}{${sample.labels}} ${sample.value}\n`;
    }
    if (++count % SAMPLES_A_PIECE !== 0) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}
