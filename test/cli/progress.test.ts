import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createProgress } from "../../src/cli/progress.ts";
import type { Check, Plan } from "../../src/model/check.ts";
import type { CheckSeen } from "../../src/model/result.ts";

const check = (portsText: string, host = "dc01") => ({ transport: "tcp", portsText, host }) as Check;
const range = check("1024-65535");
const plan = { checks: [check("389"), range, check("5000-5020")] } as unknown as Plan;

/** A terminal that is so wide, and the lines that were drawn on it. */
function terminal(columns = 80) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  Object.assign(stream, { isTTY: true, columns });
  const lines: string[] = [];
  stream.on("data", (bytes: Buffer) => lines.push(bytes.toString().replace("\r\u001b[K", "")));
  return { stream, lines };
}

describe("progress", () => {
  it("counts checks, and says how far a range is and how long it will take", () => {
    const { stream, lines } = terminal();
    const progress = createProgress(plan, true, stream);
    progress.seen({ check: plan.checks[0]! } as CheckSeen);
    progress.sweep({ check: range, portsDone: 0, portsTotal: 64_512 });
    progress.sweep({ check: range, portsDone: 40_643, portsTotal: 64_512, remainingMs: 11_400 });
    progress.sweep({ check: range, portsDone: 64_500, portsTotal: 64_512, remainingMs: 300 });
    progress.seen({ check: range } as CheckSeen);
    progress.end();
    expect(lines).toEqual([
      "1/3 tcp/389 dc01",
      "1/3 tcp/1024-65535 dc01: 0 % of 64,512 ports",
      "1/3 tcp/1024-65535 dc01: 63 % of 64,512 ports, about 12 s left",
      "1/3 tcp/1024-65535 dc01: 99 % of 64,512 ports, almost done",
      "2/3 tcp/1024-65535 dc01",
      "",
    ]);
  });

  it("knows a range again to which a far end added what it told", () => {
    const { stream, lines } = terminal();
    const progress = createProgress(plan, true, stream);
    progress.sweep({ check: range, portsDone: 0, portsTotal: 64_512 });
    progress.seen({ check: { ...range, farEnd: {} } } as CheckSeen);
    expect(lines.at(-1)).toBe("1/3 tcp/1024-65535 dc01");
  });

  it("adds ranges up, waits for the slowest, and promises nothing that one of them does not", () => {
    const { stream, lines } = terminal();
    const progress = createProgress(plan, true, stream);
    progress.sweep({ check: range, portsDone: 100, portsTotal: 1_000, remainingMs: 2_000 });
    progress.sweep({ check: plan.checks[2]!, portsDone: 0, portsTotal: 1_000, remainingMs: 90_000 });
    progress.sweep({ check: plan.checks[2]!, portsDone: 5, portsTotal: 1_000 });
    expect(lines.slice(1)).toEqual([
      "0/3 2 ranges: 5 % of 2,000 ports, about 90 s left",
      "0/3 2 ranges: 5 % of 2,000 ports",
    ]);
  });

  it("draws a line once, no wider than the terminal, and none where nobody looks", () => {
    const { stream, lines } = terminal(21);
    const progress = createProgress(plan, true, stream);
    for (const portsDone of [1, 2, 3]) progress.sweep({ check: range, portsDone, portsTotal: 64_512 });
    expect(lines).toEqual(["0/3 tcp/1024-65535 d"]);
    const file = terminal();
    Object.assign(file.stream, { isTTY: false });
    createProgress(plan, true, file.stream).sweep({ check: range, portsDone: 1, portsTotal: 2 });
    createProgress(plan, false, file.stream).sweep({ check: range, portsDone: 1, portsTotal: 2 });
    expect(file.lines).toEqual([]);
  });
});
