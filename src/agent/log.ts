/** What the agent says of itself while it works; cli/ writes it as JSON lines. */

/** Beside the sentence: the run, the schedule, counts. Never a secret. */
export type LogFacts = Readonly<Record<string, string | number | undefined>>;

export interface AgentLog {
  info(sentence: string, facts: LogFacts): void;
  warn(sentence: string, facts: LogFacts): void;
  error(sentence: string, facts: LogFacts): void;
}
