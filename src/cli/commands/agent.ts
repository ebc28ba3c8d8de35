/** `unity-probe agent`: the scheduled agent. It is loaded when it is wanted, not at every start. */
import type { Command } from "../command.ts";
import { type Flag, RUN_FLAGS } from "../flags.ts";

export const AGENT_FLAGS = {
  config: { type: "string", about: "YAML file: a site, and when it is asked, who may look and who is told" },
  "check-config": { type: "boolean", about: "Only say whether the file can be used; nothing is sent" },
  once: { type: "boolean", about: "One run of what the schedules ask, the report, and its exit code: for CronJobs" },
  role: RUN_FLAGS.role,
  "profiles-dir": RUN_FLAGS["profiles-dir"],
  grace: { type: "string", about: "How long a run may go on after SIGTERM (default 8s)" },
  output: { ...RUN_FLAGS.output, about: `With --once: ${RUN_FLAGS.output.about}` },
  color: RUN_FLAGS.color,
  verbose: { ...RUN_FLAGS.verbose, about: "With --once: evidence and time-outs in tables" },
} as const satisfies Record<string, Flag>;

export const agentCommand: Command = {
  words: ["agent"],
  about: "Ask by schedule, day and night: metrics, status page, history, alarms",
  flags: AGENT_FLAGS,
  async run(flags) {
    const { runAgent } = await import("../agent.ts");
    return runAgent(flags);
  },
};
