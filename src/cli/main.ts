/** The entry behind bin/unity-probe.js. `--version` is answered before anything else is loaded. */
import { toolVersion } from "./version.ts";

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  process.stdout.write(`${toolVersion()}\n`);
} else {
  const { main } = await import("./command-line.ts");
  process.exitCode = await main(words);
}
