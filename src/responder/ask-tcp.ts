/** Connects to each TCP port, sends its token and reads the other one. */
import type { Socket } from "node:net";
import type { PortError } from "../model/far-end.ts";
import { ReceiveBuffer } from "../net/receive-buffer.ts";
import type { Ask, AskParts, Question } from "./ask.ts";
import { TOKEN_BYTES, tokenAt } from "./key.ts";

const AT_ONCE = 64;
/** A SYN is sent again after one second; a port has that long beside what a reply takes. */
const LEAST_TIMEOUT_MS = 1_500;

/** The kernel resends by itself: `attempts` is how many SYNs a port may get within its time. */
export const askTcp: Ask = async (question, parts, signal) => {
  const answered = new Uint8Array(question.ports.length);
  const unsent = new Uint8Array(question.ports.length);
  const errors = new Map<number, PortError>();
  const startedMs = parts.world.monotonicMs();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < question.ports.length && !signal.aborted) {
      const index = next++;
      const earlyMs = startedMs + (index * 1000) / question.perSecond - parts.world.monotonicMs();
      if (earlyMs >= 1) await parts.world.sleep(earlyMs, signal);
      const fate = await askOne(question, index, errors, parts, signal);
      if (fate === "answered") answered[index] = 1;
      if (fate === "unsent") unsent[index] = 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await question.whenAsked?.(answered);
  return { answered, unsent, errors, packets: next - unsent.reduce((sum, flag) => sum + flag, 0) };
};

/** The code of an attempt that our own time limit ended. */
const ABORTED = "ABORT_ERR";

/** Codes of a connect that our own side gives before a packet leaves, where no ICMP error came. */
const OWN_CODES: ReadonlySet<string> = new Set(["EPERM", "ENETUNREACH", "EADDRNOTAVAIL"]);

async function askOne(
  question: Question,
  index: number,
  errors: Map<number, PortError>,
  { sockets }: AskParts,
  signal: AbortSignal,
): Promise<"answered" | "silent" | "unsent"> {
  const { address, source, attempts, rttMs, tokens } = question;
  const timeoutMs = Math.ceil(LEAST_TIMEOUT_MS * attempts + 4 * rttMs);
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const result = await sockets.connectTcp({ address, port: question.ports[index]!, source, signal: until });
  if (result.socket === undefined) {
    const { code, syscall, icmp } = result;
    if (code !== ABORTED) errors.set(question.ports[index]!, { code, ...(icmp !== undefined && { icmp }) });
    return icmp === undefined && (syscall !== "connect" || OWN_CODES.has(code)) ? "unsent" : "silent";
  }
  const reply = await exchange(result.socket, tokenAt(tokens.request, index), until);
  return Buffer.compare(reply, tokenAt(tokens.reply, index)) === 0 ? "answered" : "silent";
}

/** What comes back for a token, up to the length of one. The connection is over afterwards. */
function exchange(socket: Socket, token: Uint8Array, until: AbortSignal): Promise<Uint8Array> {
  const heard = new ReceiveBuffer();
  return new Promise((resolve) => {
    const over = () => {
      until.removeEventListener("abort", over);
      socket.destroy();
      resolve(heard.view().slice());
    };
    socket.on("data", (chunk: Uint8Array) => {
      heard.append(chunk);
      if (heard.length >= TOKEN_BYTES) over();
    });
    socket.on("error", over);
    socket.on("close", over);
    until.addEventListener("abort", over);
    if (until.aborted) over();
    else socket.write(token);
  });
}
