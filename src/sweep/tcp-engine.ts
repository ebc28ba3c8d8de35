/** TCP ports asked by connecting: no privilege, sockets that are used again, ICMP errors with their sender. */
import type { IcmpError, TcpPool } from "#node-dgram-ext";
import { Handshakes, type Line, type Listener } from "./handshakes.ts";
import type { EngineParts, SweepEngine } from "./sweep-engine.ts";

/** More than any sweep is given descriptors for. */
const SOCKETS_MAX = 8_192;
const NO_SOCKET = -1;
/** The kernel takes a connection that was reset before anybody asked for a broken one; refused is another word. */
const BROKEN: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

export function createTcpEngine(parts: EngineParts): SweepEngine {
  return new Handshakes(parts, (listener) => new PoolLine(parts, listener));
}

class PoolLine implements Line {
  readonly #parts: EngineParts;
  readonly #listener: Listener;
  readonly #pool: TcpPool;
  /** The pool's number of the question about a port, by index. */
  readonly #socketOf: Int32Array;
  /** Descriptors that we hold; the pool opens one only when all that it has are busy. */
  #held = 0;

  constructor(parts: EngineParts, listener: Listener) {
    const { job, bulk } = parts;
    this.#parts = parts;
    this.#listener = listener;
    this.#socketOf = new Int32Array(job.ports.length).fill(NO_SOCKET);
    this.#pool = bulk.tcpPool({
      address: job.address,
      sockets: SOCKETS_MAX,
      onVerdict: (port, errno, icmp) => this.#onVerdict(port, errno, icmp),
      ...(job.source !== undefined && { source: job.source }),
    });
  }

  get capacity(): number {
    return this.#parts.descriptors.share(this.#held);
  }

  begin(port: number, at: number): boolean {
    const isFull = this.#pool.busy >= this.#held;
    if (isFull && !this.#parts.descriptors.take(this.#held)) return false;
    if (isFull) this.#held++;
    const socket = this.#pool.start(port);
    if (socket === undefined) return false;
    this.#socketOf[at] = socket;
    return true;
  }

  drain(): boolean {
    return this.#pool.step(0);
  }

  giveUp(at: number): void {
    const socket = this.#socketOf[at]!;
    if (socket === NO_SOCKET) return;
    this.#socketOf[at] = NO_SOCKET;
    this.#pool.giveUp(socket);
  }

  close(): void {
    this.#pool.close();
    this.#parts.descriptors.giveBack(this.#held);
    this.#held = 0;
  }

  #onVerdict(port: number, errno: number, icmp: IcmpError | undefined): void {
    const at = this.#parts.verdicts.indexOf(port);
    if (at !== undefined) this.#socketOf[at] = NO_SOCKET;
    const code = this.#parts.bulk.errorName(errno);
    if (errno === 0) this.#listener.answered(port, "syn-ack");
    else if (BROKEN.has(code) && icmp === undefined) this.#listener.answered(port, "rst-after-accept");
    else this.#listener.failed(port, code, icmp);
  }
}
