/**
 * What `unity-probe explain` and docs/probers/ say of a prober, as data: everything comes from the prober itself and from
 * the engine that runs it, so that neither page can tell an old story.
 */
import { FACT_WAIT_MS } from "../../engine/facts.ts";
import { SWEEP_PACE } from "../../engine/range.ts";
import type { Conversation, ParamSpec, Prober } from "../../model/prober.ts";
import type { Transport } from "../../model/words.ts";
import { plural } from "../../report/text-layout.ts";
import { CHANCE_BYTE, type FirstMessage, firstMessage, HOST, LOCAL, TARGET, WALL_MS } from "./first-message.ts";
import { hexDump } from "./hex-dump.ts";

/** How the messages of every page are made. */
export const CONDITIONS =
  `In these bytes the target is ${HOST} (${TARGET}), our own end ${LOCAL.address} port ${LOCAL.port}, ` +
  `every byte of chance ${CHANCE_BYTE.toString(16)}, and the clock stands at ${new Date(WALL_MS).toUTCString()}.`;

export interface Explanation {
  readonly id: string;
  readonly title: string;
  /** What a reader wants to know, in that order: a label, and a paragraph or several. */
  readonly facts: readonly (readonly [label: string, paragraphs: readonly string[]])[];
  readonly messages: readonly MessagePage[];
}

/** The first message over one transport. */
export interface MessagePage {
  readonly caption: string;
  readonly dump: readonly string[];
}

/** Everything there is to say; builds the prober's first message and sends nothing. */
export async function explanationOf(prober: Prober): Promise<Explanation> {
  const { id, about, transports, silence, manners, params } = prober;
  // Of a row that says nothing, at an address that says nothing.
  const wants = prober.wants?.({}, "192.0.2.1") ?? [];
  const messages = await Promise.all(
    transports.map(async (transport) => [transport, await firstMessage(prober, transport)] as const),
  );
  return {
    id,
    title: about.title,
    facts: [
      ["over", [transports.map((transport) => transport.toUpperCase()).join(" and ")]],
      ["sends", [about.sends]],
      ["accepts", [about.accepts]],
      ["proves", [about.proves]],
      ["may trigger", [about.triggers]],
      ["silence", [SILENCE_WORDS[silence]]],
      ["schedule", scheduleOf(prober, new Map(messages))],
      ["manners", [mannersText(manners.minIntervalMs)]],
      ["parameters", parameterLines(params)],
      ...(wants.length === 0 ? [] : ([["waits for", [wantsText(wants)]]] as const)),
      ["specification", about.specification],
    ],
    messages: messages.map(([transport, message]) => messageOver(transport, message)),
  };
}

const SILENCE_WORDS: Readonly<Record<Prober["silence"], string>> = {
  fail: "Fails the row, because the protocol must answer what it was asked. A row may say otherwise.",
  inconclusive: "Leaves the row inconclusive, because it proves nothing. A row may say otherwise.",
};

function scheduleOf(prober: Prober, messages: ReadonlyMap<Transport, FirstMessage>): readonly string[] {
  switch (prober.kind) {
    case "oneshot": {
      const { schedule, conversation } = prober;
      const giveUp = `gives up after ${seconds(schedule.giveUpMs)}`;
      return prober.transports.map((transport) => {
        if (transport === "udp") {
          return `UDP: sent ${listOf(schedule.sendsAtMs.map(sendText))}, until it is answered; ${giveUp}.`;
        }
        if (conversation !== undefined) return `TCP: ${limitsOf(conversation)}`;
        if (messages.get("tcp") === "waits") return `TCP: nothing is sent; ${giveUp}.`;
        return `TCP: sent once, as soon as the connection is there; ${giveUp}.`;
      });
    }
    case "dialogue":
      return [`TCP: ${limitsOf(prober)}`];
    case "sweep":
      return prober.transports.map((transport) => {
        const { attempts, replyTimeoutMs } = SWEEP_PACE[transport];
        return (
          `${transport.toUpperCase()}: a silent port is asked ${attempts} times as a rule, and waited for at most ` +
          `${seconds(replyTimeoutMs)} each time.`
        );
      });
  }
}

function limitsOf({ cost, giveUpMs }: Conversation<unknown>): string {
  const most =
    cost.packets === 0
      ? "nothing is sent"
      : `at most ${plural(cost.packets, "message")} and ${plural(cost.bytes, "byte")} in all`;
  return `${most}; gives up after ${seconds(giveUpMs)}.`;
}

function sendText(atMs: number): string {
  return atMs === 0 ? "at once" : `after ${seconds(atMs)}`;
}

function mannersText(minIntervalMs: number): string {
  if (minIntervalMs === 0) return "May be repeated at once.";
  return `Asks a port at most once in ${seconds(minIntervalMs)}; what is sent again within one request is free.`;
}

/** A longer list of values is the schema's business. */
const VALUES_SHOWN = 4;

function parameterLines(params: Readonly<Record<string, ParamSpec>>): readonly string[] {
  const lines = Object.entries(params).map(([name, { type, values, sentInClear, about, example }]) => {
    const kind = values === undefined || values.length > VALUES_SHOWN ? type : values.join(" or ");
    const facts = [
      kind,
      ...(sentInClear ? ["sent in clear"] : []),
      ...(example === undefined ? [] : [`here ${example}`]),
    ];
    return `${name} (${facts.join(", ")}): ${about}`;
  });
  return lines.length === 0 ? ["None."] : lines;
}

function wantsText(wants: readonly string[]): string {
  return `${listOf(wants)}, which another check of the same host may learn; waited for at most ${seconds(FACT_WAIT_MS)}.`;
}

function messageOver(transport: Transport, message: FirstMessage): MessagePage {
  const over = transport.toUpperCase();
  if (message === "waits")
    return { caption: `Over ${over}: a connection, and no byte in it before the peer speaks.`, dump: [] };
  if (message === "handshake")
    return { caption: `Over ${over}: a TLS handshake first, and no message before the peer speaks.`, dump: [] };
  if (message.length === 0) return { caption: `Over ${over}: an empty datagram.`, dump: [] };
  return { caption: `The first message over ${over}, ${plural(message.length, "byte")}:`, dump: hexDump(message) };
}

/** `0 s`, `0.5 s`, `16 s`. */
function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}

/** `a`, `a and b`, `a, b and c`. */
function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
