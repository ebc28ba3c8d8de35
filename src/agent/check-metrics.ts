/** The cells of the matrix as metrics. */
import type { Outcome } from "../model/words.ts";
import type { ResultEntry } from "../report/document.ts";
import type { CellState } from "./cell.ts";
import { type Sample, writeFamily, writeLabels } from "./exposition.ts";
import { CELL_FAMILIES, HOST_FAMILIES } from "./metric-families.ts";

/** What a metric needs of a cell: the agent has all of it, a single run less. */
export type ShownCell = Pick<CellState, "published" | "result" | "resultMs"> &
  Partial<Pick<CellState, "settled" | "sinceMs" | "lastPassMs" | "flapping">>;

type CellFamily = keyof typeof CELL_FAMILIES;

/** The further labels and the value of each sample that a family has of a cell. */
type Reads = (cell: ShownCell) => readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** Cells whose labels are written without a pause. */
const CELLS_A_PIECE = 256;

/** What stays true of a cell that nobody has looked at since the agent started; what it was then is no longer known. */
const TRUE_OF_EARLIER: ReadonlySet<string> = new Set<CellFamily>(["info", "resultAt", "lastPass"]);

const SUCCESS: Partial<Record<Outcome, number>> = { pass: 1, fail: 0 };

const READS: Readonly<Record<CellFamily, Reads>> = {
  info: ({ result }) => [[rowLabels(result), 1]],
  success: ({ published, settled }) => one(settled === false ? undefined : SUCCESS[published]),
  outcome: ({ published }) => [[{ outcome: published }, 1]],
  rawOutcome: ({ result }) => [[{ outcome: result.outcome }, 1]],
  state: ({ result: { state, reason } }) => (state === null ? [] : [[{ state, reason: reason ?? "" }, 1]]),
  duration: ({ result }) => one(wasAsked(result) ? result.durationMs / 1000 : undefined),
  rtt: ({ result }) => one(seconds(result.rttMs)),
  attempts: ({ result }) => one(wasAsked(result) ? result.attempts : undefined),
  resultAt: ({ resultMs }) => one(seconds(resultMs)),
  since: ({ sinceMs }) => one(seconds(sinceMs)),
  lastPass: ({ lastPassMs }) => one(seconds(lastPassMs)),
  flapping: ({ flapping }) => one(flapping === undefined ? undefined : Number(flapping)),
  certificate: ({ result }) => one(certificateEndS(result)),
  rangePorts: ({ result }) => one(result.range?.total),
  rangeTested: ({ result }) => one(result.range?.tested),
  rangeSeen: ({ result }) => rangeStates(result),
};

function one(value: number | undefined): ReturnType<Reads> {
  return value === undefined ? [] : [[{}, value]];
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function wasAsked({ state }: ResultEntry): boolean {
  return state !== null;
}

function rowLabels({ role, service, transport, ports, prober, expect, required }: ResultEntry) {
  return { role, service, transport, port: ports, protocol: prober, expect, required: `${required}` };
}

function rangeStates({ range }: ResultEntry): ReturnType<Reads> {
  if (range === undefined) return [];
  return [
    [{ state: "open" }, range.open],
    [{ state: "closed" }, range.closed],
    [{ state: "filtered" }, range.filtered],
    [{ state: "open|filtered" }, range.openFiltered],
    [{ state: "unknown" }, range.unknown],
  ];
}

/** When the certificate of a result ends, in seconds since 1970; undefined where none was read. */
export function certificateEndS({ evidence }: ResultEntry): number | undefined {
  const { certificateNotAfter: end } = evidence;
  const endMs = typeof end === "string" ? Date.parse(end) : Number.NaN;
  return Number.isNaN(endMs) ? undefined : endMs / 1000;
}

/**
 * Everything about cells, in pieces between which others may work. A cell stands once, whatever is given: a series that
 * stands twice would cost the whole scrape.
 *
 * @param isEarlier which cells are as a history has them: a graph must not show today what was so then
 */
export function* writeCells<Cell extends ShownCell>(
  cells: Iterable<Cell>,
  isEarlier: (cell: Cell) => boolean = () => false,
): Generator<string> {
  const current = new Map<string, ShownCell>();
  const all = new Map<string, ShownCell>();
  let count = 0;
  for (const cell of cells) {
    if (isBounded(cell.result)) {
      const labels = cellLabels(cell.result);
      all.set(labels, cell);
      if (!isEarlier(cell)) current.set(labels, cell);
    }
    if (++count % CELLS_A_PIECE === 0) yield "";
  }
  for (const [name, family] of Object.entries(CELL_FAMILIES)) {
    const labelled = TRUE_OF_EARLIER.has(name) ? all : current;
    yield* writeFamily(family, samplesOf(labelled, READS[name as CellFamily]));
  }
  yield* writeFamily(HOST_FAMILIES.checks, hostSamples(current.values()));
}

/** Canaries and leads stand on ports that change from run to run. */
function isBounded({ canary, via }: ResultEntry): boolean {
  return canary !== true && via === undefined;
}

function cellLabels({ profile, host, address, check, direction }: ResultEntry): string {
  return writeLabels({ profile, host, ip: address ?? "", check, direction });
}

function* samplesOf(labelled: ReadonlyMap<string, ShownCell>, reads: Reads): Generator<Sample | undefined> {
  for (const [labels, cell] of labelled) {
    const samples = reads(cell);
    if (samples.length === 0) yield undefined;
    for (const [more, value] of samples) {
      const written = writeLabels(more);
      yield { labels: written === "" ? labels : `${labels},${written}`, value };
    }
  }
}

function* hostSamples(cells: Iterable<ShownCell>): Generator<Sample | undefined> {
  const counts = new Map<string, number>();
  for (const { published, result } of cells) {
    const labels = writeLabels({ profile: result.profile, host: result.host, outcome: published });
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
    yield undefined;
  }
  for (const [labels, value] of counts) yield { labels, value };
}
