/** `unity-probe respond`: the far end. It is loaded when it is wanted, not at every start. */
import type { Command } from "../command.ts";
import { type Flag, RUN_FLAGS } from "../flags.ts";
import { RESPONDER_FLAGS } from "../responder-flags.ts";

const { profile, site, role, set, verbose } = RUN_FLAGS;

export const RESPOND_FLAGS = {
  profile: { ...profile, about: "Bind what this profile lists: id, alias, or path of a YAML file; repeatable" },
  site: { ...site, about: "YAML file of a site, with --role: bind what every vector to this machine lists" },
  role,
  "profiles-dir": RUN_FLAGS["profiles-dir"],
  set,
  with: RUN_FLAGS.with,
  without: RUN_FLAGS.without,
  ports: { type: "array", about: "Bind these: udp/22800-32767,tcp/389; repeatable" },
  listen: {
    type: "string",
    about: "Where the control channel listens: ADDRESS:PORT, ADDRESS or :PORT (default :7654)",
  },
  ...RESPONDER_FLAGS,
  allow: { type: "array", about: "Only probers from here: 10.10.4.0/24 or an address; repeatable (default: all)" },
  ttl: { type: "string", about: "How long one session may last (default 15m)" },
  verbose: { ...verbose, about: "Log lines in JSON where stderr is no terminal" },
} as const satisfies Record<string, Flag>;

export const respondCommand: Command = {
  words: ["respond"],
  about: "Be the far end: bind ports for probers that have the key, and tell what arrived",
  flags: RESPOND_FLAGS,
  async run(flags) {
    const { runResponder } = await import("../respond.ts");
    return runResponder(flags);
  },
};
