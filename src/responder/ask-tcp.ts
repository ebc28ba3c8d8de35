/** Connects to each TCP port, sends its token and reads the other one. */
import type { Socket } from "node:net";
import type { PortError } from "../model/far-end.ts";
import { ReceiveBuffer } from "../net/receive-buffer.ts";
import { type Ask, type AskParts, type Question, SOURCE_TRIES } from "./ask.ts";
import { TOKEN_BYTES, tokenAt } from "./key.ts";
import { TimeLimits } from "./time-limits.ts";

const AT_ONCE = 128;
/**
 * How long a handshake may take: the kernel of a far end that is there answers a SYN at once. A SYN of our own comes
 * long before the kernel would resend one, after a second (RFC 6298 section 2.1); each try has half as long again.
 */
const HANDSHAKE_MS = 200;
const LONGER = 1.5;
const HANDSHAKE_ROUND_TRIPS = 4;
/** How long a token may take over a connection that stands, its resends included. */
const EXCHANGE_MS = 2_000;
const IDLE_MS = 1;

/**
 * `met`: a connection stood, and brought no reply. `mirror`: from a port of ours that may not be used. `taken`: the port
 * that was drawn for it is another socket's.
 */
type Tried = "answered" | "met" | "silent" | "unsent" | "mirror" | "taken";

export const askTcp: Ask = async (question, parts, signal) => {
  const { ports, attempts, line, drawPort } = question;
  const { world } = parts;
  const answered = new Uint8Array(ports.length);
  const unsent = new Uint8Array(ports.length);
  const mirrored = new Uint8Array(ports.length);
  const met = new Uint8Array(ports.length);
  const errors = new Map<number, PortError>();
  const limits = new TimeLimits(signal);
  let [next, packets] = [0, 0];
  const askPort = async (index: number): Promise<void> => {
    let unfit = 0;
    for (let round = 0; round < attempts && unfit < SOURCE_TRIES && answered[index] === 0 && !signal.aborted; ) {
      while (!line.hasRoom(world.monotonicMs()) && !signal.aborted) await world.sleep(IDLE_MS, signal);
      if (signal.aborted) return;
      line.sent(world.monotonicMs());
      const sourcePort = unfit === 0 ? undefined : drawPort?.();
      const tried = await askOnce(question, index, { round, sourcePort }, errors, parts, limits);
      line.forget(1);
      const isUnfit = tried === "mirror" || tried === "taken";
      answered[index] = tried === "answered" ? 1 : 0;
      if (tried === "met") met[index] = 1;
      unsent[index] = tried === "unsent" ? 1 : 0;
      mirrored[index] = isUnfit ? 1 : 0;
      if (tried !== "unsent" && tried !== "taken") packets++;
      if (isUnfit) unfit++;
      else round++;
    }
  };
  const work = async (): Promise<void> => {
    while (next < ports.length && !signal.aborted) await askPort(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  limits.close();
  const isOver = signal.aborted || !answered.includes(0);
  const arrived = isOver ? undefined : await question.arrivals?.();
  return { answered, unsent, mirrored, met, errors, packets, ...(arrived !== undefined && { arrived }) };
};

/** The code of an attempt that our own time limit ended. */
const ABORTED = "ABORT_ERR";

/** Codes of a connect that our own side gives before a packet leaves, where no ICMP error came. */
const OWN_CODES: ReadonlySet<string> = new Set(["EPERM", "ENETUNREACH", "EADDRNOTAVAIL"]);

/** What a connect from a port gives that another socket has, or a connection that is just over. */
const OWN_PORT_CODES: ReadonlySet<string> = new Set(["EADDRINUSE", "EADDRNOTAVAIL"]);

async function askOnce(
  question: Question,
  index: number,
  { round, sourcePort }: { readonly round: number; readonly sourcePort: number | undefined },
  errors: Map<number, PortError>,
  { sockets }: AskParts,
  limits: TimeLimits,
): Promise<Tried> {
  const { address, source, rttMs, tokens } = question;
  const handshakeMs = Math.ceil(HANDSHAKE_MS * LONGER ** round + HANDSHAKE_ROUND_TRIPS * rttMs);
  const port = question.ports[index]!;
  const result = await limits.within(handshakeMs, (until) =>
    sockets.connectTcp({ address, port, source, signal: until, ...(sourcePort !== undefined && { sourcePort }) }),
  );
  if (result.socket === undefined) {
    const { code, syscall, icmp } = result;
    if (sourcePort !== undefined && OWN_PORT_CODES.has(code)) return "taken";
    if (code !== ABORTED) errors.set(port, { code, ...(icmp !== undefined && { icmp }) });
    return icmp === undefined && (syscall !== "connect" || OWN_CODES.has(code)) ? "unsent" : "silent";
  }
  const { socket } = result;
  // What a firewall takes for the reply to an earlier flow proves nothing.
  if (!question.mayUse(socket.localPort ?? 0, port)) {
    socket.resetAndDestroy();
    return "mirror";
  }
  const exchangeMs = Math.ceil(EXCHANGE_MS + HANDSHAKE_ROUND_TRIPS * rttMs);
  const reply = await limits.within(exchangeMs, (until) => exchange(socket, tokenAt(tokens.request, index), until));
  return Buffer.compare(reply, tokenAt(tokens.reply, index)) === 0 ? "answered" : "met";
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
