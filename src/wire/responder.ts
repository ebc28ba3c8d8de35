/**
 * The messages of the responder's control channel, version 1 (docs/responder-protocol.md, "Messages"). The two tables
 * below are the schema: a message has `type` and exactly the members of its row. What a member cannot be is malformed.
 */
import { latin1Text, WireError } from "./bytes.ts";
import { decodeResponderFrame, encodeResponderFrame } from "./responder-frame.ts";

export const RESPONDER_VERSION = 1;
/** Ports that one message may name. */
export const WINDOW_PORTS_MAX = 16_384;
export const SESSION_ID_BYTES = 16;
/** Blocks of addresses that one message may name. */
export const BLOCKS_MAX = 8;
/** How often a responder that sends is told to ask a port. */
export const SEND_ATTEMPTS_MAX = 5;
/** The longest round trip that a far end is told to expect. */
export const SEND_RTT_MAX_MS = 2_000;
/** Packets of one stream. */
export const STREAM_PACKETS_MAX = 500;
/** Kinds of ICMP errors that one message may tell of. */
export const REJECTIONS_MAX = 64;

/** First and last port, both included. */
export type Span = readonly [first: number, last: number];

/** ICMP errors (RFC 792, RFC 4443): who sent them, their type and code, and the ports that they are for. */
export type Rejection = readonly [from: string, type: number, code: number, ports: readonly Span[]];

/** A DSCP (RFC 2474) and how many packets had it. */
export type DscpPackets = readonly [dscp: number, packets: number];

/** What a member may be: `decode` throws WireError, `encode` gives what JSON can hold. */
interface Member<T> {
  decode(value: unknown): T;
  encode(value: T): unknown;
}

function malformed(what: string): WireError {
  return new WireError("malformed", what, 0);
}

const asItIs = <T>(decode: (value: unknown) => T): Member<T> => ({ decode, encode: (value) => value });

function integer(least: number, most: number): Member<number> {
  return asItIs((value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw malformed(`no whole number from ${least} to ${most}`);
  });
}

/** Printable text on one line. */
function text(mostCharacters: number): Member<string> {
  return asItIs((value) => {
    if (typeof value === "string" && value.length <= mostCharacters && !/\p{Cc}/u.test(value)) return value;
    throw malformed(`no text of up to ${mostCharacters} characters`);
  });
}

function oneOf<const T extends string>(words: readonly T[]): Member<T> {
  return asItIs((value) => {
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw malformed(`none of ${words.join(", ")}`);
  });
}

const versions: Member<readonly number[]> = asItIs((value) => {
  if (!Array.isArray(value) || value.length < 1 || value.length > 16) throw malformed("no list of versions");
  return value.map(integer(1, 65_535).decode);
});

/** Spans that ascend and neither touch twice nor hold more than a window of ports. */
const spans: Member<readonly Span[]> = asItIs((value) => {
  if (!Array.isArray(value) || value.length > WINDOW_PORTS_MAX) throw malformed("no list of port spans");
  let [before, ports] = [0, 0];
  return value.map((span: unknown) => {
    if (!Array.isArray(span) || span.length !== 2) throw malformed("no pair of ports");
    const [first, last] = span.map(integer(before + 1, 65_535).decode) as [number, number];
    if (last < first) throw malformed("a span that ends before it begins");
    before = last;
    ports += last - first + 1;
    if (ports > WINDOW_PORTS_MAX) throw malformed(`more than ${WINDOW_PORTS_MAX} ports`);
    return [first, last] as const;
  });
});

const sessionId: Member<string> = asItIs((value) => {
  if (typeof value === "string" && /^[0-9a-f]{32}$/.test(value)) return value;
  throw malformed(`no ${SESSION_ID_BYTES} bytes in lower-case hexadecimal digits`);
});

/** A bit a port in base64, the first port in the highest bit of the first byte. */
const bits: Member<Uint8Array> = {
  decode(value) {
    if (typeof value !== "string" || value.length > 4 * Math.ceil(WINDOW_PORTS_MAX / 24)) throw malformed("no bit map");
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) throw malformed("no base64");
    return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  },
  encode: (value) => btoa(latin1Text(value)),
};

const flag: Member<boolean> = asItIs((value) => {
  if (typeof value === "boolean") return value;
  throw malformed("neither true nor false");
});

/** Pairs of a DSCP and how many packets had it; null where the system does not tell. */
const dscpCounts: Member<readonly DscpPackets[] | null> = asItIs((value) => {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length > 64) throw malformed("no list of DSCPs");
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw malformed("no pair of a DSCP and a number of packets");
    return [dscp.decode(pair[0]), integer(1, STREAM_PACKETS_MAX).decode(pair[1])] as const;
  });
});

const octet = integer(0, 255);
const rejections: Member<readonly Rejection[]> = asItIs((value) => {
  if (!Array.isArray(value) || value.length > REJECTIONS_MAX) throw malformed("no list of ICMP errors");
  return value.map((one: unknown) => {
    if (!Array.isArray(one) || one.length !== 4) throw malformed("no sender, type, code and ports");
    return [text(64).decode(one[0]), octet.decode(one[1]), octet.decode(one[2]), spans.decode(one[3])] as const;
  });
});

const port = integer(1, 65_535);
const dscp = integer(0, 63);
const packets = integer(0, STREAM_PACKETS_MAX);
/** Blocks of addresses; what they say is for the responder to judge. */
const blocks: Member<readonly string[]> = asItIs((value) => {
  if (!Array.isArray(value) || value.length > BLOCKS_MAX) throw malformed(`no list of up to ${BLOCKS_MAX} blocks`);
  return value.map(text(64).decode);
});

const transport = oneOf(["tcp", "udp"]);
const durationMs = integer(0, 86_400_000);

export const REFUSALS = ["version", "malformed", "unexpected", "sessions", "data-source"] as const;
export const ENDINGS = ["expired", "silence", "shutdown"] as const;

const FROM_CLIENT = {
  hello: { versions, tool: text(100) },
  dataSource: { blocks },
  bind: { transport, ports: spans },
  release: { transport, ports: spans },
  arrivals: { transport, ports: spans },
  send: {
    transport,
    ports: spans,
    attempts: integer(1, SEND_ATTEMPTS_MAX),
    perSecond: integer(1, 1_000_000),
    rttMs: integer(0, SEND_RTT_MAX_MS),
  },
  stream: {
    port,
    packets: integer(1, STREAM_PACKETS_MAX),
    intervalMs: integer(5, 100),
    bytes: integer(44, 1_400),
    dscp,
  },
  endStream: { port },
  renew: {},
  end: {},
};

const FROM_SERVER = {
  welcome: {
    version: integer(1, 65_535),
    session: sessionId,
    tool: text(100),
    seenAs: text(64),
    ttlMs: durationMs,
    silenceMs: durationMs,
    portsMax: integer(0, 131_072),
  },
  agreed: {},
  bound: {
    bound: spans,
    inUse: spans,
    busy: spans,
    notListed: spans,
    notPermitted: spans,
    noResources: spans,
  },
  released: {},
  arrived: { arrived: bits, elsewhere: bits },
  sent: {
    answered: bits,
    unsent: bits,
    mirrored: bits,
    notListed: spans,
    rejections,
    resets: spans,
    packets: integer(0, 2 ** 32),
  },
  streamed: {
    received: packets,
    duplicates: integer(0, 2 ** 32),
    reordered: packets,
    jitterUs: integer(0, 2 ** 32),
    marked: flag,
    dscp: dscpCounts,
  },
  renewed: { leftMs: durationMs },
  refused: { reason: oneOf(REFUSALS), detail: text(200) },
  ending: { reason: oneOf(ENDINGS) },
};

type Table = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Valued<M> = M extends Member<infer T> ? T : never;
type MessageOf<T extends Table> = {
  [K in keyof T]: { readonly type: K } & { readonly [F in keyof T[K]]: Valued<T[K][F]> };
}[keyof T];

/** What the prober says. */
export type ClientMessage = MessageOf<typeof FROM_CLIENT>;
/** What the responder says. */
export type ServerMessage = MessageOf<typeof FROM_SERVER>;

export type StreamedMessage = Extract<ServerMessage, { type: "streamed" }>;

/** Throws WireError `unencodable` where the message is larger than a frame. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  return encode(FROM_CLIENT, message);
}

export function encodeServerMessage(message: ServerMessage): Uint8Array {
  return encode(FROM_SERVER, message);
}

/** Decodes exactly one frame. */
export function decodeClientMessage(bytes: Uint8Array): ClientMessage {
  return decode(FROM_CLIENT, bytes);
}

export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return decode(FROM_SERVER, bytes);
}

function encode<T extends Table>(table: T, message: MessageOf<T>): Uint8Array {
  const row = table[message.type as keyof T & string] as Readonly<Record<string, Member<unknown>>>;
  const given = message as Readonly<Record<string, unknown>>;
  const members = Object.entries(row).map(([name, member]) => [name, member.encode(given[name])]);
  return encodeResponderFrame({ type: message.type, ...Object.fromEntries(members) });
}

function decode<T extends Table>(table: T, bytes: Uint8Array): MessageOf<T> {
  const value = decodeResponderFrame(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("no JSON object");
  const { type, ...given } = value as Readonly<Record<string, unknown>>;
  if (typeof type !== "string" || !Object.hasOwn(table, type)) throw malformed("no type of message that is known");
  const row = table[type] as Readonly<Record<string, Member<unknown>>>;
  const names = Object.keys(row);
  const missing = names.find((name) => !Object.hasOwn(given, name));
  if (missing !== undefined) throw malformed(`${type} without ${missing}`);
  if (Object.keys(given).length > names.length) throw malformed(`${type} with a member that it does not have`);
  const members = names.map((name) => [name, row[name]!.decode(given[name])] as const);
  return { type, ...Object.fromEntries(members) } as MessageOf<T>;
}
