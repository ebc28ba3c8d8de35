/** One target as a list: a line for each row, the outcome first, the reason in words. */
import type { ResultEntry } from "./document.ts";
import type { RenderOptions } from "./renderer.ts";
import { detailText, endpointText, factsText, isShown, outcomeWord, rttText, WORD_WIDTH } from "./table-words.ts";
import { hanging, pad, shortPorts, widthOf, wrap } from "./text-layout.ts";

const MARGIN = 2;
const GAP = 2;
const GAP_TEXT = " ".repeat(GAP);
/** Where the columns behind the outcome begin. */
export const AFTER_WORD = MARGIN + WORD_WIDTH + GAP;
/** Longer port lists are wrapped at a comma. */
const ENDPOINT_WIDTH_MAX = 20;
/** A longer name of a service is wrapped, so that the detail has room. */
const SERVICE_SHARE_MAX = 0.22;

/** The lines of all rows that are to be shown; those that were not asked for one and the same reason stand last. */
export function rowLines(results: readonly ResultEntry[], options: RenderOptions): readonly string[] {
  const shown = results.filter((result) => isShown(result, options));
  const alike = [...notAsked(shown, options)].filter(([, group]) => group.length > 1);
  const told = new Set(alike.flatMap(([, group]) => group));
  const folded = alike.flatMap(([why, group]) => notAskedLines(why, group, options));
  return [
    ...ownLines(
      shown.filter((result) => !told.has(result)),
      options,
    ),
    ...folded,
  ];
}

/** Rows that were not asked and have nothing to say but why, by the reason. */
function notAsked(results: readonly ResultEntry[], options: RenderOptions): ReadonlyMap<string, ResultEntry[]> {
  const alike = new Map<string, ResultEntry[]>();
  for (const result of results.filter(({ outcome, warnings }) => outcome === "skipped" && warnings.length === 0)) {
    const why = detailText(result, options);
    alike.set(why, [...(alike.get(why) ?? []), result]);
  }
  return alike;
}

function notAskedLines(why: string, group: readonly ResultEntry[], options: RenderOptions): readonly string[] {
  const ports = [...new Set(group.map((result) => `${result.transport}/${result.ports}`))];
  const [head = "", ...rest] = hanging(" ".repeat(AFTER_WORD), `${why}: ${ports.join(", ")}`, options.width);
  return [" ".repeat(MARGIN) + outcomeWord("skipped", options) + GAP_TEXT + head.trimStart(), ...rest];
}

/** A line or more for each row. */
function ownLines(shown: readonly ResultEntry[], options: RenderOptions): readonly string[] {
  if (shown.length === 0) return [];
  const labels = labelWidths(shown, options.width);
  const detailWidth = options.width - labels.total;
  const naturalWidth = Math.max(...shown.map((result) => widthOf(firstLine(result, options))));
  const columns = { ...labels, detail: Math.min(detailWidth, naturalWidth) };
  return shown.flatMap((result) => [...mainLines(result, columns, options), ...remarkLines(result, options)]);
}

/** Detail and round trip as they stand where there is room enough. */
function firstLine(result: ResultEntry, options: RenderOptions): string {
  const rtt = rttText(result.rttMs);
  return detailText(result, options) + (rtt === "" ? "" : GAP_TEXT + rtt);
}

export interface LabelWidths {
  readonly endpoint: number;
  readonly service: number;
  /** Margin, outcome, both labels and the gaps. */
  readonly total: number;
}

/** Widths of the two label columns in a table of `width`, behind `before` columns. A port number is never cut. */
export function labelWidths(results: readonly ResultEntry[], width: number, before: number = AFTER_WORD): LabelWidths {
  const endpoints = results.map(endpointText);
  const uncut = Math.max(...endpoints.flatMap((text) => text.split(/(?<=,)/).map(widthOf)));
  const endpoint = Math.max(uncut, Math.min(ENDPOINT_WIDTH_MAX, Math.max(...endpoints.map(widthOf))));
  const longestService = Math.max(...results.map(({ service }) => widthOf(service)));
  const service = Math.min(longestService, Math.floor(width * SERVICE_SHARE_MAX));
  return { endpoint, service, total: before + endpoint + GAP + service + GAP };
}

function mainLines(
  result: ResultEntry,
  columns: LabelWidths & { readonly detail: number },
  options: RenderOptions,
): readonly string[] {
  const rtt = rttText(result.rttMs);
  const labels = labelLines(result, columns);
  const detail = detailLines(detailText(result, options), rtt, columns.detail);
  const height = Math.max(labels.length, detail.length);
  return Array.from({ length: height }, (_, at) => {
    const word = at === 0 ? outcomeWord(result.outcome, options) : " ".repeat(WORD_WIDTH);
    const label = labels[at] ?? " ".repeat(columns.total - AFTER_WORD);
    return (" ".repeat(MARGIN) + word + GAP_TEXT + label + (detail[at] ?? "")).trimEnd();
  });
}

/** Both label columns, wrapped each in its own width. */
export function labelLines(result: ResultEntry, { endpoint, service }: LabelWidths): readonly string[] {
  const endpoints = wrap(endpointText(result), endpoint);
  const services = wrap(result.service, service);
  return Array.from(
    { length: Math.max(endpoints.length, services.length) },
    (_, at) => pad(endpoints[at] ?? "", endpoint + GAP) + pad(services[at] ?? "", service + GAP),
  );
}

/** The wrapped detail, with the round trip at the right edge of its first line. */
function detailLines(detail: string, rtt: string, width: number): readonly string[] {
  if (rtt === "") return wrap(detail, width);
  const [first = "", ...rest] = wrap(detail, width, width - GAP - rtt.length);
  return [pad(first, width - rtt.length) + rtt, ...rest];
}

/** Below the row: warnings, what a range's detail has no room for, and with `--verbose` the facts. */
export function remarkLines(result: ResultEntry, options: RenderOptions): readonly string[] {
  const indent = " ".repeat(AFTER_WORD);
  return [
    ...result.warnings.flatMap((warning) => hanging(`${indent}warning: `, warning, options.width)),
    ...rangeRemarks(result).flatMap((remark) => hanging(indent, remark, options.width)),
    ...(options.verbose === true ? hanging(`${indent}  `, factsText(result), options.width) : []),
  ];
}

/** What is read on a screen; the JSON report has all of it. */
const OFFENDERS_SHOWN = 8;

/**
 * Who rejected which ports by ICMP, and the statement of a sample. That a target's own port-unreachable closes a UDP port
 * needs no word.
 */
function rangeRemarks({ range, address, transport }: ResultEntry): readonly string[] {
  const senders = range?.offenders?.filter((sender) => transport === "tcp" || sender.address !== address) ?? [];
  const others = senders.slice(0, OFFENDERS_SHOWN);
  return [
    ...others.map(
      ({ address: from, icmpType, icmpCode, ports }) =>
        `ICMP${from.includes(":") ? "v6" : ""} type ${icmpType} code ${icmpCode} from ${from}: ${shortPorts(ports)}`,
    ),
    ...(senders.length > others.length ? [`and ${senders.length - others.length} more who sent ICMP errors`] : []),
    ...Object.entries(range?.lost ?? {}).map(([way, ports]) => `${way} lost: ${shortPorts(ports)}`),
    ...(range?.confidence === undefined ? [] : [`sample: ${range.confidence}`]),
  ];
}
