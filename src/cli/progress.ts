/** One line on stderr that says how far the run is; only on a terminal, and never in the result document. */
import type { SweepProgress } from "../engine/context.ts";
import type { Check, Plan } from "../model/check.ts";
import { formatCount } from "../model/ports.ts";
import type { CheckSeen } from "../model/result.ts";
import { durationText } from "../report/text-layout.ts";

export interface Progress {
  seen(one: CheckSeen): void;
  /** A range is being swept. */
  sweep(progress: SweepProgress): void;
  end(): void;
}

const CLEAR_LINE = "\r\u001b[K";
/** An estimate is no more precise. */
const STEP_MS = 1_000;

/** Progress for a plan, or nothing where nobody is looking. */
export function createProgress(plan: Plan, wanted: boolean, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!wanted || stream.isTTY !== true) return { seen: () => {}, sweep: () => {}, end: () => {} };
  // A name with several addresses makes more checks than the plan holds, so the total grows with what is seen.
  let done = 0;
  let shown = "";
  const sweeps = new Map<string, SweepProgress>();
  const show = (text: string) => {
    const line = text.slice(0, (stream.columns ?? 80) - 1);
    // A sweep tells of every port; a terminal need not.
    if (line !== shown) stream.write(`${CLEAR_LINE}${line}`);
    shown = line;
  };
  const counted = (about: string) => `${done}/${Math.max(done, plan.checks.length)} ${about}`;
  return {
    seen({ check }) {
      done++;
      sweeps.delete(keyOf(check));
      show(counted(sweeps.size > 0 ? sweepText([...sweeps.values()]) : nameOf(check)));
    },
    sweep(progress) {
      sweeps.set(keyOf(progress.check), progress);
      show(counted(sweepText([...sweeps.values()])));
    },
    end: () => void stream.write(CLEAR_LINE),
  };
}

/** A far end adds to a check what it told, so that it is another object than before. */
function keyOf(check: Check): string {
  return `${nameOf(check)} ${check.address}`;
}

function nameOf({ transport, portsText, host }: Check): string {
  return `${transport}/${portsText} ${host}`;
}

/** `tcp/1024-65535 dc01: 63 % of 64,512 ports, about 12 s left`; the longest of several is what one waits for. */
function sweepText(sweeps: readonly SweepProgress[]): string {
  const total = sweeps.reduce((sum, { portsTotal }) => sum + portsTotal, 0);
  const done = sweeps.reduce((sum, { portsDone, portsTotal }) => sum + Math.min(portsDone, portsTotal), 0);
  const [first] = sweeps;
  const where = sweeps.length === 1 && first !== undefined ? nameOf(first.check) : `${sweeps.length} ranges`;
  const remaining = sweeps.map(({ remainingMs }) => remainingMs);
  const left = remaining.includes(undefined) ? "" : `, ${leftText(Math.max(...remaining.map((ms) => ms ?? 0)))}`;
  return `${where}: ${Math.floor((100 * done) / Math.max(1, total))} % of ${formatCount(total)} ports${left}`;
}

function leftText(ms: number): string {
  return ms < STEP_MS ? "almost done" : `about ${durationText(Math.ceil(ms / STEP_MS) * STEP_MS)} left`;
}
