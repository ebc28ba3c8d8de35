/** Several targets as a grid of words, rows × addresses; what is not a plain pass is explained below it. */
import type { ResultEntry } from "./document.ts";
import type { RenderOptions } from "./renderer.ts";
import { labelLines, labelWidths, remarkLines } from "./table-rows.ts";
import { detailText, endpointText, isShown, isUncounted, outcomeWord } from "./table-words.ts";
import { type Target, targetKey, targetsOf, targetText } from "./targets.ts";
import { hanging, pad, widthOf, wrap } from "./text-layout.ts";

const MARGIN = 2;
const GAP_TEXT = "  ";
/** Room for a bracketed word. */
const COLUMN_WIDTH_MIN = 6;

/** The grid, in blocks of as many columns as fit the width, then the explanations. */
export function gridLines(results: readonly ResultEntry[], options: RenderOptions): readonly string[] {
  const shown = results.filter((result) => isShown(result, options));
  const targets = targetsOf(results);
  const rows = rowsOf(shown.filter((result) => result.via === undefined));
  const labels = labelWidths(rows.map(firstOf), options.width, MARGIN);
  const columns = targets.map((target) => columnOf(target, targets, options.width - labels.total));
  const blocks = inBlocks(columns, options.width - labels.total);
  const explained = explanationLines(byRow(shown), targets, options);
  return [
    ...blocks.flatMap((block, at) => [
      ...(at === 0 ? [] : [""]),
      ...headerLines(block, labels.total),
      ...rows.flatMap((row) => gridRowLines(row, block, labelLines(firstOf(row), labels), options)),
    ]),
    ...(explained.length === 0 ? [] : ["", ...explained]),
  ];
}

/** The results of one row by target. */
type Row = ReadonlyMap<string, ResultEntry>;

function rowsOf(results: readonly ResultEntry[]): readonly Row[] {
  const rows = new Map<string, Map<string, ResultEntry>>();
  for (const result of results) {
    const row = rows.get(result.check) ?? new Map<string, ResultEntry>();
    row.set(targetKey(result), result);
    rows.set(result.check, row);
  }
  return [...rows.values()];
}

/** Results of one row, and its leads, side by side whatever host they are of. */
function byRow(results: readonly ResultEntry[]): readonly ResultEntry[] {
  const order = [...new Set(results.map(({ check, via }) => via ?? check))];
  const place = new Map(order.map((check, at) => [check, at]));
  const placeOf = ({ check, via }: ResultEntry) => place.get(via ?? check) ?? 0;
  return [...results].sort(
    (a, b) => placeOf(a) - placeOf(b) || Number(a.via !== undefined) - Number(b.via !== undefined),
  );
}

function firstOf(row: Row): ResultEntry {
  return row.values().next().value!;
}

interface Column {
  readonly key: string;
  readonly header: readonly string[];
  readonly width: number;
}

/** A host that all columns share stands in the title, not in each header. */
function columnText(target: Target, targets: readonly Target[]): string {
  const sameHost = targets.every(({ host }) => host === target.host);
  return sameHost ? (target.address ?? target.host) : targetText(target);
}

function columnOf(target: Target, targets: readonly Target[], room: number): Column {
  const names = columnText(target, targets).split(" ");
  const width = Math.min(room, Math.max(COLUMN_WIDTH_MIN, ...names.map(widthOf)));
  return { key: targetKey(target), header: names.flatMap((name) => wrap(name, width)), width };
}

function inBlocks(columns: readonly Column[], room: number): readonly (readonly Column[])[] {
  const blocks: Column[][] = [];
  let left = 0;
  for (const column of columns) {
    if (blocks.length === 0 || column.width > left) {
      blocks.push([]);
      left = room;
    }
    blocks.at(-1)!.push(column);
    left -= column.width + GAP_TEXT.length;
  }
  return blocks;
}

function headerLines(block: readonly Column[], indent: number): readonly string[] {
  const height = Math.max(...block.map(({ header }) => header.length));
  return Array.from({ length: height }, (_, at) =>
    (" ".repeat(indent) + block.map(({ header, width }) => pad(header[at] ?? "", width)).join(GAP_TEXT)).trimEnd(),
  );
}

function gridRowLines(
  row: Row,
  block: readonly Column[],
  labels: readonly string[],
  options: RenderOptions,
): readonly string[] {
  const cells = block.map(({ key, width }) => {
    const result = row.get(key);
    return result === undefined ? pad("-", width) : outcomeWord(result.outcome, options, width, isUncounted(result));
  });
  return labels.map((label, at) => (" ".repeat(MARGIN) + label + (at === 0 ? cells.join(GAP_TEXT) : "")).trimEnd());
}

/** What a word alone does not say: everything that is not a pass, and passes with a remark. */
function explanationLines(
  results: readonly ResultEntry[],
  targets: readonly Target[],
  options: RenderOptions,
): readonly string[] {
  const alike = new Map<string, ResultEntry[]>();
  for (const result of results) {
    const remarks = remarkLines(result, options);
    if (result.outcome === "pass" && remarks.length === 0) continue;
    const key = JSON.stringify([result.check, result.outcome, detailText(result, options), remarks]);
    alike.set(key, [...(alike.get(key) ?? []), result]);
  }
  return withoutRepeats([...alike.values()], options).flatMap((group) => {
    const first = group[0]!;
    const rows = [...new Set(group.map((result) => `${endpointText(result)} ${result.service}`))];
    const columns = [...new Set(group.map((result) => columnText(result, targets)))];
    const where = columns.length === targets.length ? "all columns" : columns.join(", ");
    const [head = "", ...rest] = hanging(" ".repeat(8), `${rows.join(", ")}, ${where}`, options.width);
    return [
      `  ${outcomeWord(first.outcome, options)}  ${head.trimStart()}`,
      ...rest,
      ...hanging(" ".repeat(8), detailText(first, options), options.width),
      ...remarkLines(first, options),
    ];
  });
}

/** Rows that were not asked in the same columns and for the same reason are told of together. */
function withoutRepeats(groups: readonly ResultEntry[][], options: RenderOptions): readonly ResultEntry[][] {
  const told = new Map<string, ResultEntry[]>();
  for (const group of groups) {
    const first = group[0]!;
    const columns = group.map((result) => targetKey(result));
    const key = first.outcome === "skipped" ? [columns, detailText(first, options)] : [first.check, told.size];
    const together = told.get(JSON.stringify(key)) ?? [];
    told.set(JSON.stringify(key), [...together, ...group]);
  }
  return [...told.values()];
}
