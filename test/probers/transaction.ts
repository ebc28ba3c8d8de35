/** One transaction of a oneshot, without sockets: what the prober says, and what it makes of an answer. */
import type { Evidence } from "../../src/model/evidence.ts";
import type { Endpoint } from "../../src/model/ports.ts";
import type { Oneshot, Read } from "../../src/model/prober.ts";
import type { Transport } from "../../src/model/words.ts";
import { loadProber } from "../../src/probers/index.ts";

export interface Begun {
  /** The bytes of the first send. */
  readonly request: Uint8Array;
  /** The bytes of the second. */
  readonly resend: Uint8Array;
  /** What is understood; malformed bytes are readings, as in a run. */
  read(bytes: Uint8Array): Read;
}

const LOCAL: Endpoint = { transport: "udp", address: "127.0.0.1", port: 50_000 };

/** Begins a transaction whose random bytes are 0, 1, 2 and so on. */
export async function begin(id: string, transport: Transport, params: Evidence = {}): Promise<Begun> {
  const prober = (await loadProber(id)) as Oneshot<Evidence>;
  const remote: Endpoint = { transport, address: "127.0.0.2", port: 9 };
  const world = {
    monotonicMs: () => 0,
    wallMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length: number) => Uint8Array.from({ length }, (_, at) => at),
    secret: () => undefined,
  };
  const local = { ...LOCAL, transport };
  const transaction = prober.start(params, { host: "dc01", remote, learned: {}, world }, local);
  const [request, resend] = [transaction.request(0)!, transaction.request(1)!];
  return { request, resend, read: (bytes) => transaction.read(bytes, remote, 0) };
}
