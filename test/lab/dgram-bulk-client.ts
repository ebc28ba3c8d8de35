/**
 * Asks a range of ports by a pool or a batch of node-dgram-ext from inside a namespace: the range as JSON in the
 * argument, what each port brought as JSON on stdout, in order. Silent ports are asked three times.
 */
import { type Bulk, type IcmpError, openSockets } from "#node-dgram-ext";

export interface Range {
  readonly how: "tcpPool" | "synBatch" | "udpBatch";
  readonly address: string;
  readonly first: number;
  readonly count: number;
}

/** One port: a word, the ICMP error behind it, and for raw SYNs the hops that an answer had left. */
export interface PortSeen {
  readonly code: string;
  readonly icmp?: IcmpError;
  readonly hopLimit?: number;
}

const ATTEMPTS = 3;
/** Every answer is there at once, unless the machine is busy. */
const WAIT_MS = 1000;

type Note = (port: number, seen: PortSeen) => void;
/** Asks these ports once and notes what comes within the time. */
type Round = (ports: readonly number[]) => void;

function failed(bulk: Bulk, errno: number, icmp: IcmpError | undefined): PortSeen {
  return { code: bulk.errorName(errno), ...(icmp !== undefined && { icmp }) };
}

function poolRound(bulk: Bulk, { address, count }: Range, note: Note): Round {
  const onVerdict = (port: number, errno: number, icmp: IcmpError | undefined): void => {
    note(port, errno === 0 ? { code: "connected" } : failed(bulk, errno, icmp));
  };
  const pool = bulk.tcpPool({ address, sockets: count, onVerdict });
  return (ports) => {
    const started = ports.map((port) => pool.start(port)!);
    for (const lastMs = performance.now() + WAIT_MS; performance.now() < lastMs && pool.busy > 0; ) pool.step(10);
    while (pool.step(0));
    for (const socket of started) pool.giveUp(socket);
  };
}

function batchRound(bulk: Bulk, { how, address }: Range, note: Note): Round {
  const onError = (port: number, errno: number, icmp: IcmpError | undefined): void =>
    note(port, failed(bulk, errno, icmp));
  const batch =
    how === "udpBatch"
      ? bulk.udpBatch({
          address,
          payloadBytes: 8,
          answerBytes: 8,
          onAnswer: (port) => note(port, { code: "answered" }),
          onError,
        })
      : bulk.synBatch({
          address,
          seed: 1,
          onAnswer: (port, answer, hopLimit) => note(port, { code: answer, hopLimit }),
          onError,
        });
  return (ports) => {
    for (const port of ports) batch.add(port, new Uint8Array(8));
    while (batch.flush() > 0) batch.step(10);
    for (const lastMs = performance.now() + WAIT_MS; performance.now() < lastMs; ) batch.step(10);
  };
}

const range: Range = JSON.parse(process.argv[2] ?? "{}");
const { bulk } = await openSockets();
if (bulk === undefined) throw new Error("no system calls here");
const seen = new Map<number, PortSeen>();
const round = (range.how === "tcpPool" ? poolRound : batchRound)(bulk, range, (port, what) => seen.set(port, what));
const ports = Array.from({ length: range.count }, (_, index) => range.first + index);
for (let attempt = 0; attempt < ATTEMPTS; attempt++) round(ports.filter((port) => !seen.has(port)));
process.stdout.write(JSON.stringify(ports.map((port) => seen.get(port) ?? { code: "silent" })));
