/** One run of a dialogue, or of what a oneshot holds over TCP, over the real network against a far end, without an engine: what it asks and what it makes of it. */
import { realWorld } from "../../src/cli/parts.ts";
import type { Tls } from "../../src/model/check.ts";
import type { Evidence } from "../../src/model/evidence.ts";
import type { HandshakeRead } from "../../src/model/observation.ts";
import type { TcpAttempt } from "../../src/model/parts.ts";
import type { Dialer, Dialogue, Oneshot, Reading, World } from "../../src/model/prober.ts";
import { loadProber } from "../../src/probers/index.ts";
import { net, never } from "../net/loopback.ts";
import { type Behaviour, type FrameLength, farEnd } from "./far-end.ts";

export interface Conversation {
  readonly reading?: Reading;
  /** Every whole request, in order. */
  readonly requests: readonly Uint8Array[];
}

export interface How {
  readonly frameLength: FrameLength;
  /** What the far end says before anything is asked. */
  readonly greeting?: readonly Uint8Array[];
  readonly params?: Evidence;
  readonly tls?: Tls;
  readonly world?: Partial<World>;
}

/** What the far end says to a request; undefined hangs up. */
export type Script = (request: Uint8Array, turn: number) => readonly Uint8Array[] | undefined;

/** Lets the prober talk to a far end that answers by the script; malformed bytes are readings, as in a run. */
export async function converse(id: string, script: Script, how: How): Promise<Conversation> {
  const requests: Uint8Array[] = [];
  const behave: Behaviour = async (talk) => {
    for (const message of how.greeting ?? []) await talk.send(message);
    for (let turn = 0; ; turn++) {
      const request = await talk.next();
      requests.push(request);
      const replies = script(request, turn);
      if (replies === undefined) return talk.hangUp();
      for (const reply of replies) await talk.send(reply);
    }
  };
  await using end = await farEnd(how.tls === undefined ? "tcp" : "tls", behave, how.frameLength);
  const prober = (await loadProber(id)) as Dialogue<Evidence> | Oneshot<Evidence>;
  const { run } = prober.kind === "dialogue" ? prober : prober.conversation!;
  const attempts: TcpAttempt[] = [];
  const connect: Dialer["connect"] = async ({ tls } = {}) => {
    const attempt = await net.tcp(end.local, tls === undefined ? {} : { tls }, never);
    attempts.push(attempt);
    return attempt.connection;
  };
  const dialer = {
    connect,
    latest: () => attempts.at(-1)?.seen(),
    noteHandshake: (read: HandshakeRead) => attempts.at(-1)?.noteHandshake(read),
  };
  const ask = { host: "dc01", remote: end.local, learned: {}, world: { ...realWorld(), ...how.world }, ...dialer };
  const reading = await run(how.params ?? {}, { ...ask, ...(how.tls === undefined ? {} : { tls: how.tls }) });
  for (const attempt of attempts) attempt.close();
  await end.gone();
  return { requests, ...(reading === undefined ? {} : { reading }) };
}
