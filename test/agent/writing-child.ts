/**
 * A process that keeps runs until it has kept enough of them or is killed, and tells each on stdout when append()
 * resolved or rejected. Arguments: folder, most bytes, number of runs. Goes on where the history ends.
 */
import { open } from "./kept.ts";
import { variedRun } from "./varied-run.ts";

const [dir, maxBytes, runs] = process.argv.slice(2) as [string, string, string];
const kept = await open(dir, Number(maxBytes));
const last = kept.history.runs[0]?.id;
const first = last === undefined ? 0 : Number(last.replace("run-", "")) + 1;
for (let run = first; run < first + Number(runs); run++) {
  const end = await kept.note(variedRun(run)).then(
    () => "kept",
    (error: NodeJS.ErrnoException) => error.code,
  );
  process.stdout.write(`${run} ${end}\n`);
}
await kept.history.close();
process.stdout.write(`said ${JSON.stringify(kept.said)}\n`);
