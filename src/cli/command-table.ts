/** Every verb of the command line, in the order in which help shows them. */
import type { Command } from "./command.ts";
import { agentCommand } from "./commands/agent.ts";
import { completionCommand } from "./commands/completion.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { planCommand } from "./commands/plan.ts";
import { profilesCommand } from "./commands/profiles.ts";
import { respondCommand } from "./commands/respond.ts";
import { runCommand } from "./commands/run.ts";

export const COMMANDS: readonly Command[] = [
  runCommand,
  planCommand,
  profilesCommand,
  explainCommand,
  doctorCommand,
  respondCommand,
  agentCommand,
  demoCommand,
  completionCommand,
];
