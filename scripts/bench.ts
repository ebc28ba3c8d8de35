/**
 * `npm run bench [-- NAME...]`: every bench, or those that are named. Build first. It measures and asserts nothing:
 * docs/benchmarks.md says what was measured where.
 */
import { benchAgent } from "./bench/agent.ts";
import { benchProfile } from "./bench/profile.ts";
import { benchLoop } from "./bench/ranges/loop.ts";
import { benchResponder } from "./bench/ranges/responder.ts";
import { benchTcp } from "./bench/ranges/tcp.ts";
import { benchThread } from "./bench/ranges/thread.ts";
import { benchUdp } from "./bench/ranges/udp.ts";
import { benchStartup } from "./bench/startup.ts";

const BENCHES: Readonly<Record<string, () => string | Promise<string>>> = {
  startup: benchStartup,
  profile: benchProfile,
  tcp: benchTcp,
  udp: benchUdp,
  responder: benchResponder,
  loop: benchLoop,
  thread: benchThread,
  agent: benchAgent,
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in BENCHES));
if (unknown !== undefined) {
  process.stderr.write(`${unknown}: no such bench; there are ${Object.keys(BENCHES).join(", ")}\n`);
  process.exitCode = 2;
} else {
  for (const name of named.length > 0 ? named : Object.keys(BENCHES)) {
    try {
      process.stdout.write(`${name}: ${await BENCHES[name]!()}\n`);
    } catch (error) {
      process.stderr.write(`${name} cannot be measured here: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
}
