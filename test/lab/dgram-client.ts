/**
 * Asks ports by node-dgram-ext from inside a namespace: questions as JSON in the argument, answers as JSON on stdout,
 * in the same order.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type IcmpError, openSockets, type Sockets } from "#node-dgram-ext";

export interface Question {
  /** `held`: a connection that stays open, sends a byte, and is watched for half a second. */
  readonly how: "tcp" | "udp" | "held";
  readonly address: string;
  readonly port: number;
  readonly ttl?: number;
  readonly tos?: number;
}

/** What a question brought: a word, and the ICMP error behind it; for a held connection the processor time too. */
export interface Answer {
  readonly code: string;
  readonly icmp?: IcmpError;
  readonly busyMs?: number;
}

/** Every other answer is there at once, unless the machine is busy. */
const TIMEOUT_MS = 3000;
/** A router waits about three seconds for a neighbour before it says that there is none. */
const NEIGHBOUR_TIMEOUT_MS = 6000;
const HELD_MS = 500;

async function ask(sockets: Sockets, question: Question, timeoutMs: number): Promise<Answer> {
  if (question.how === "udp") return await askUdp(sockets, question, timeoutMs);
  const result = await sockets.connectTcp({ ...question, signal: AbortSignal.timeout(timeoutMs) });
  if (result.socket === undefined) return { code: result.code, ...(result.icmp && { icmp: result.icmp }) };
  let code = "connected";
  result.socket.on("error", (error: NodeJS.ErrnoException) => {
    code = error.code ?? error.message;
  });
  const before = process.cpuUsage();
  if (question.how === "held") {
    result.socket.write("?");
    await sleep(HELD_MS);
  }
  const { user, system } = process.cpuUsage(before);
  result.socket.destroy();
  return { code, ...(question.how === "held" && { busyMs: (user + system) / 1000 }) };
}

async function askUdp(sockets: Sockets, question: Question, timeoutMs: number): Promise<Answer> {
  const stop = new AbortController();
  let answer: Answer = { code: "silent" };
  const socket = await sockets.openUdp({
    ...question,
    family: question.address.includes(":") ? 6 : 4,
    onDatagram: () => {
      answer = { code: "answered" };
      stop.abort();
    },
    onError: ({ code, icmp }) => {
      answer = { code, ...(icmp && { icmp }) };
      stop.abort();
    },
  });
  if (socket.local === undefined) return { code: socket.code };
  socket.send(new Uint8Array(1), question);
  await sleep(timeoutMs, undefined, { signal: stop.signal }).catch(() => {});
  socket.close();
  return answer;
}

const questions: readonly Question[] = JSON.parse(process.argv[2] ?? "[]");
const timeoutMs = process.argv[3] === "patient" ? NEIGHBOUR_TIMEOUT_MS : TIMEOUT_MS;
const sockets = await openSockets();
const answers = await Promise.all(questions.map((question) => ask(sockets, question, timeoutMs)));
process.stdout.write(JSON.stringify(answers));
