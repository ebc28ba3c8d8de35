/** `unity-probe demo`: a whole run on this machine alone. Its far end is loaded when it is wanted, not at every start. */
import type { Command } from "../command.ts";
import { RUN_FLAGS } from "../flags.ts";

const { output, color, verbose, quiet } = RUN_FLAGS;

export const demoCommand: Command = {
  words: ["demo"],
  about: "Run a whole profile against stand-ins on this machine; no privilege, no network",
  flags: { output, color, verbose, quiet },
  async run(flags) {
    const { runDemo } = await import("../demo/demo.ts");
    return runDemo(flags);
  },
};
