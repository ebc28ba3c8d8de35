/** Any message of either side, for tests by chance. */
import fc from "fast-check";
import {
  type ClientMessage,
  ENDINGS,
  REFUSALS,
  REJECTIONS_MAX,
  type ServerMessage,
  type Span,
  WINDOW_PORTS_MAX,
} from "../../src/wire/responder.ts";
import { toHex } from "./support.ts";

const transport = fc.constantFrom("tcp" as const, "udp" as const);
const spans: fc.Arbitrary<readonly Span[]> = fc
  .uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 12 })
  .map((ports) => ports.sort((a, b) => a - b).map((port) => [port, port] as const));
const tool = fc.stringMatching(/^[ -~]{0,100}$/);
const port = fc.integer({ min: 1, max: 65_535 });
const dscp = fc.integer({ min: 0, max: 63 });
const octet = fc.integer({ min: 0, max: 255 });
const packets = fc.integer({ min: 0, max: 500 });
const milliseconds = fc.integer({ min: 0, max: 86_400_000 });

export const fromClient: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    versions: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 16 }),
    tool,
  }),
  fc.record({
    type: fc.constantFrom("bind" as const, "release" as const, "arrivals" as const),
    transport,
    ports: spans,
  }),
  fc.record({
    type: fc.constant("send" as const),
    transport,
    ports: spans,
    attempts: fc.integer({ min: 1, max: 5 }),
    perSecond: fc.integer({ min: 1, max: 1_000_000 }),
    rttMs: fc.integer({ min: 0, max: 2_000 }),
  }),
  fc.record({
    type: fc.constant("stream" as const),
    port,
    packets: fc.integer({ min: 1, max: 500 }),
    intervalMs: fc.integer({ min: 5, max: 100 }),
    bytes: fc.integer({ min: 44, max: 1_400 }),
    dscp,
  }),
  fc.record({ type: fc.constant("endStream" as const), port }),
  fc.record({
    type: fc.constant("dataSource" as const),
    blocks: fc.array(fc.stringMatching(/^[0-9a-f.:]{1,39}\/[0-9]{1,3}$/), { maxLength: 8 }),
  }),
  fc.record({ type: fc.constantFrom("renew" as const, "end" as const) }),
);

const bits = fc.uint8Array({ maxLength: WINDOW_PORTS_MAX / 8 });
export const fromServer: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    type: fc.constant("welcome" as const),
    version: fc.integer({ min: 1, max: 65_535 }),
    session: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toHex),
    tool,
    seenAs: fc.oneof(fc.ipV4(), fc.ipV6()),
    ttlMs: milliseconds,
    silenceMs: milliseconds,
    portsMax: fc.integer({ min: 0, max: 131_072 }),
  }),
  fc.record({
    type: fc.constant("bound" as const),
    bound: spans,
    inUse: spans,
    busy: spans,
    notListed: spans,
    notPermitted: spans,
    noResources: spans,
  }),
  fc.record({ type: fc.constantFrom("released" as const, "agreed" as const) }),
  fc.record({ type: fc.constant("arrived" as const), arrived: bits, elsewhere: bits }),
  fc.record({
    type: fc.constant("sent" as const),
    notListed: spans,
    answered: bits,
    unsent: bits,
    mirrored: bits,
    rejections: fc.array(fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), octet, octet, spans), { maxLength: REJECTIONS_MAX }),
    resets: spans,
    packets: fc.integer({ min: 0, max: 2 ** 32 }),
  }),
  fc.record({
    type: fc.constant("streamed" as const),
    received: packets,
    duplicates: fc.nat(),
    reordered: packets,
    jitterUs: fc.nat(),
    marked: fc.boolean(),
    dscp: fc.option(fc.array(fc.tuple(dscp, fc.integer({ min: 1, max: 500 })), { maxLength: 64 })),
  }),
  fc.record({ type: fc.constant("renewed" as const), leftMs: milliseconds }),
  fc.record({ type: fc.constant("refused" as const), reason: fc.constantFrom(...REFUSALS), detail: tool }),
  fc.record({ type: fc.constant("ending" as const), reason: fc.constantFrom(...ENDINGS) }),
);
