/**
 * STUN over TCP and TLS: one connection a request, because a server hangs up on what it does not know. A message has no
 * frame there but its own length (RFC 8489 section 6.2.2), save in MS-TURN, which begins with a pretence of TLS.
 */
import type { Ask, Connection, Dialer, Reading } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import {
  decodePseudoServerHello,
  decodeTurnFrame,
  encodePseudoClientHello,
  encodeTurnFrame,
  PSEUDO_TLS_RANDOM_BYTES,
  turnFrameLength,
} from "../wire/pseudo-tls.ts";
import { decodeStun, encodeStun, stunFrameLength, stunTypeOf } from "../wire/stun.ts";
import { TLS_CONTENT, tlsFrameLength } from "../wire/tls-record.ts";
import { grantsRelay, isAnswer, isMsTurn, readingOf } from "./stun-reading.ts";
import {
  allocateRequest,
  bindingRequest,
  msAllocateRequest,
  releaseRequest,
  type StunRequest,
} from "./stun-requests.ts";
import { within } from "./within.ts";

/** Three connections, each with its wait, and the first may take its time to open. */
export const CONVERSATION_GIVE_UP_MS = 15_000;

/** Binding and Allocate, then MS-TURN's hello and its Allocate in a frame; an allocation is given back by a Refresh. */
export const CONVERSATION_COST = { packets: 5, bytes: 20 + 28 + 28 + 50 + 32 };

const ANSWER_MS = 3_000;

/** No answer is longer, and what is longer is no answer. */
const ANSWER_CAP_BYTES = 2_048;

/** One connection. `inTls`: inside TLS where the row has it. */
interface Step {
  readonly inTls: boolean;
  ask(connection: Connection, ask: Ask): Promise<Reading | undefined>;
}

const BINDING: Step = { inTls: true, ask: (connection, ask) => exchange(connection, ask, bindingRequest(ask.world)) };
const ALLOCATE: Step = { inTls: true, ask: (connection, ask) => exchange(connection, ask, allocateRequest(ask.world)) };
const MS_TURN: Step = { inTls: false, ask: msExchange };

/** Asks until something is understood. What was not the protocol counts when nothing better came. */
export async function converse(
  { msTurn = false }: { readonly msTurn?: boolean },
  ask: Ask & Dialer,
): Promise<Reading | undefined> {
  let steps = msTurn ? [MS_TURN, BINDING, ALLOCATE] : [BINDING, ALLOCATE, MS_TURN];
  let mismatch: WireError | undefined;
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    const { inTls } = step;
    const connection = await ask.connect(inTls && ask.tls !== undefined ? { tls: ask.tls } : {});
    // Whoever speaks TLS does not pretend to, and what it said there decides.
    if (ask.latest()?.tls !== undefined) steps = steps.filter((later) => later.inTls);
    if (connection === undefined) {
      // Where TLS fails, what goes in clear may still be heard; what was not accepted in clear is not tried again.
      steps = ask.tls === undefined || !inTls ? [] : steps.filter((later) => !later.inTls);
      continue;
    }
    try {
      const reading = await step.ask(connection, ask);
      if (reading !== undefined) return reading;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      mismatch ??= error;
    }
  }
  if (mismatch !== undefined) throw mismatch;
  return undefined;
}

async function exchange(connection: Connection, ask: Ask, request: StunRequest): Promise<Reading | undefined> {
  connection.send(encodeStun(request.message));
  const bytes = await answerOf(connection, ask, (buffered) => answerLength(buffered, request));
  if (bytes === undefined) return undefined;
  const { reading, granted } = readAnswer(bytes, request, connection);
  if (granted) connection.send(releaseRequest(ask.world));
  return reading;
}

/** The pretence of TLS, then the request in its frame. */
async function msExchange(connection: Connection, ask: Ask): Promise<Reading | undefined> {
  connection.send(encodePseudoClientHello(ask.world.randomBytes(PSEUDO_TLS_RANDOM_BYTES)));
  const hello = await answerOf(connection, ask, tlsFrameLength);
  // A TLS server that takes no part in the pretence says so, and may know STUN all the same.
  if (hello === undefined || hello[0] === TLS_CONTENT.alert) return undefined;
  decodePseudoServerHello(hello);
  const request = msAllocateRequest(ask.world);
  connection.send(encodeTurnFrame(encodeStun(request.message)));
  const frame = await answerOf(connection, ask, turnFrameLength);
  if (frame === undefined) return PRETENCE_ALONE;
  return readAnswer(decodeTurnFrame(frame), request, connection).reading;
}

/** The two hellos in one record are no TLS server's: they are proof enough. */
const PRETENCE_ALONE: Reading = {
  service: "confirmed",
  detail: "MS-TURN answers its pretence of TLS, and no Allocate",
  evidence: { protocol: "MS-TURN", request: "pseudo-TLS ClientHello" },
};

/** Throws at the first bytes that no answer begins with: their length would be waited for in vain. */
function answerLength(buffered: Uint8Array, { message: { method } }: StunRequest): number | undefined {
  const length = stunFrameLength(buffered);
  if (length === undefined) return undefined;
  const types = (["success", "error"] as const).map((name) => stunTypeOf({ class: name, method }));
  if (types.includes(new Reader(buffered).u16("be"))) return length;
  throw new WireError("malformed", "a message of another type", 0);
}

function readAnswer(bytes: Uint8Array, request: StunRequest, { local }: Connection) {
  const answer = decodeStun(bytes);
  if (!isAnswer(answer, request)) throw new WireError("malformed", "a message that answers nothing", 0);
  const granted = grantsRelay(answer) && !isMsTurn(answer);
  return { reading: readingOf(answer, request, local), granted };
}

/** The next whole frame, or undefined when the connection ended or the time was over. */
function answerOf(
  connection: Connection,
  { world }: Ask,
  frameLength: (buffered: Uint8Array) => number | undefined,
): Promise<Uint8Array | undefined> {
  return within(world, ANSWER_MS, connection.receive(frameLength, ANSWER_CAP_BYTES));
}
