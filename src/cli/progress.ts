/** One line on stderr that says how far the run is; only on a terminal, and never in the result document. */
import type { Plan } from "../model/check.ts";
import type { CheckSeen } from "../model/result.ts";

export interface Progress {
  seen(one: CheckSeen): void;
  end(): void;
}

const CLEAR_LINE = "\r\u001b[K";

/** Progress for a plan, or nothing where nobody is looking. */
export function createProgress(plan: Plan, wanted: boolean, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!wanted || stream.isTTY !== true) return { seen: () => {}, end: () => {} };
  // A name with several addresses makes more checks than the plan holds, so the total grows with what is seen.
  let done = 0;
  const width = () => (stream.columns ?? 80) - 1;
  return {
    seen({ check }) {
      done++;
      const line = `${done}/${Math.max(done, plan.checks.length)} ${check.transport}/${check.portsText} ${check.host}`;
      stream.write(`${CLEAR_LINE}${line.slice(0, width())}`);
    },
    end: () => void stream.write(CLEAR_LINE),
  };
}
