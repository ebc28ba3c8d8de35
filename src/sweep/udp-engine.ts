/**
 * UDP ports of one address over one socket, whose error queue tells who refused which. A port that is asked again is
 * asked from the same port of ours, so that a firewall that knows the flow by then sees the same one.
 */
import type { IcmpError, UdpBatch } from "#node-dgram-ext";
import type { SweepJob } from "../model/observation.ts";
import type { Pace } from "./pace.ts";
import type { EngineParts, SweepEngine } from "./sweep-engine.ts";
import { UdpQuestions } from "./udp-questions.ts";

/** Datagrams between two looks at what came back. */
const SENDS_A_STEP = 128;
/** Reads between two looks at the clock, so that a storm of answers does not keep others waiting. */
const READS_A_STEP = 8;
/** Of an answer nothing counts but that it came. */
const ANSWER_BYTES = 16;
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** Throws where the system does not tell of ICMP errors, and SocketError where it gives no socket. */
export function createUdpEngine(parts: EngineParts): SweepEngine {
  const { features, job } = parts;
  const queue = job.address.includes(":") ? features.udpErrorQueue6 : features.udpErrorQueue4;
  if (!queue.has) throw new Error(queue.detail);
  return new UdpSweep(parts);
}

class UdpSweep implements SweepEngine {
  readonly #parts: EngineParts;
  readonly #batch: UdpBatch;
  readonly #questions: UdpQuestions;
  /** New flows over all sweeps; a port that is asked again is no new one. */
  readonly #flows: Pace;
  readonly #isKnown: Uint8Array;
  /** Ports whose last datagram did not leave: an error of an earlier one came instead, or our own side had no room. */
  readonly #isUnsent: Uint8Array;
  #nowMs: number;

  constructor(parts: EngineParts) {
    const { job, verdicts, bulk } = parts;
    this.#parts = parts;
    this.#nowMs = parts.monotonicMs();
    this.#questions = new UdpQuestions(verdicts.indexes(), job, this.#nowMs);
    this.#flows = parts.flows.at(job.ratePerS, this.#nowMs);
    this.#isKnown = new Uint8Array(job.ports.length);
    this.#isUnsent = new Uint8Array(job.ports.length);
    this.#batch = bulk.udpBatch({
      address: job.address,
      payloadBytes: Math.max(1, job.payload.length),
      answerBytes: ANSWER_BYTES,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      onAnswer: (port, _bytes, from) => this.#onAnswer(port, from),
      onError: (port, errno, icmp) => this.#onError(port, errno, icmp),
      ...sourceOf(job),
    });
  }

  step(): number | undefined {
    this.#nowMs = this.#parts.monotonicMs();
    let mayHaveMore = true;
    for (let reads = 0; mayHaveMore && reads < READS_A_STEP; reads++) mayHaveMore = this.#batch.step(0);
    // A silence is looked at only when every answer was.
    if (mayHaveMore) return 0;
    const { verdicts } = this.#parts;
    for (const { at, confirmed } of this.#questions.expire(this.#nowMs)) {
      if (confirmed) verdicts.confirm(at);
      verdicts.settle(at, this.#isUnsent[at] === 1 ? "no-resources" : "no-response");
    }
    verdicts.learned(this.#questions.pace.left(this.#nowMs));
    if (this.#questions.isOver) return undefined;
    const waitMs = this.#send();
    verdicts.remains(this.#questions.remainingMs(this.#nowMs));
    return waitMs;
  }

  close(): void {
    this.#batch.close();
  }

  /** Sends what is due; gives how long nothing else is. */
  #send(): number {
    for (let sends = 0; sends < SENDS_A_STEP && this.#batch.room > 0; sends++) {
      const flowInMs = this.#flows.waitMs(this.#nowMs);
      if (flowInMs > 0) return this.#flush() ? 0 : flowInMs;
      const at = this.#questions.next(this.#nowMs);
      if (at === undefined) {
        const isLeft = this.#flush();
        return isLeft ? 0 : this.#questions.waitMs(this.#nowMs);
      }
      if (this.#isKnown[at] === 0) this.#flows.take(this.#nowMs);
      this.#isKnown[at] = 1;
      this.#isUnsent[at] = 0;
      this.#batch.add(this.#parts.verdicts.port(at), this.#parts.job.payload);
      this.#parts.verdicts.sent();
    }
    this.#flush();
    return 0;
  }

  /** True when the system's buffers are full, and some are left for the next time. */
  #flush(): boolean {
    return this.#batch.flush() > 0;
  }

  #onAnswer(port: number, from: string | undefined): void {
    const at = this.#parts.verdicts.indexOf(port);
    // Another address than the one that was asked proves nothing about it.
    if (at === undefined || from !== undefined) return;
    if (this.#questions.heard(at, {}, this.#nowMs)) this.#parts.verdicts.settle(at, "protocol-reply");
  }

  #onError(port: number, errno: number, icmp: IcmpError | undefined): void {
    const { verdicts, bulk } = this.#parts;
    const at = verdicts.indexOf(port);
    if (at === undefined) return;
    const name = bulk.errorName(errno);
    const reason = verdicts.reasonOf(name, icmp);
    if (name === "EMSGSIZE" || reason === "no-resources" || (icmp === undefined && name === "ECONNREFUSED")) {
      this.#isUnsent[at] = 1;
      this.#questions.failed(at);
      return;
    }
    const icmpKey = icmp === undefined ? undefined : `${icmp.type}/${icmp.code} ${icmp.from}`;
    if (!this.#questions.heard(at, icmpKey === undefined ? {} : { icmpKey }, this.#nowMs)) return;
    verdicts.settle(at, reason, { icmp });
  }
}

function sourceOf({ source }: SweepJob): { readonly source?: string } {
  return source === undefined ? {} : { source };
}
