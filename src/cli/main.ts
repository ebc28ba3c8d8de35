/** The entry behind bin/unity-probe.js. `--version` and a shell's question are answered before the parser is loaded. */
import { QUESTION } from "./completion/scripts.ts";
import { toolVersion } from "./version.ts";

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  process.stdout.write(`${toolVersion()}\n`);
} else if (words[0] === QUESTION) {
  const { answerShell } = await import("./completion/answer.ts");
  await answerShell(words.slice(1));
} else {
  const { main } = await import("./command-line.ts");
  const exitCode = await main(words);
  // A look-up that the resolver never ends would hold the process for a minute after its report.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
}
