import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
  REJECTIONS_MAX,
  WINDOW_PORTS_MAX,
} from "../../src/wire/responder.ts";
import {
  decodeResponderFrame,
  encodeResponderFrame,
  RESPONDER_BODY_BYTES_MAX,
  responderFrameLength,
} from "../../src/wire/responder-frame.ts";
import { fromClient, fromServer } from "./responder-messages.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const SENT = { type: "sent", answered: "", unsent: "", mirrored: "", notListed: [], resets: [], packets: 0 } as const;
const sentWith = (rejections: unknown) => ({ ...SENT, rejections });
const framed = (value: unknown): Uint8Array => encodeResponderFrame(value);
const STREAM = { type: "stream", port: 5_000, packets: 50, intervalMs: 20, bytes: 172, dscp: 46 } as const;
const STREAMED = { type: "streamed", received: 1, duplicates: 0, reordered: 0, jitterUs: 0, marked: true, dscp: null };
const BIND = { type: "bind", transport: "udp", ports: [[22_800, 32_767]] } as const;

describe("the messages of the control channel", () => {
  it("round trip, and their frame length is their length", () => {
    expectRoundTrip(fromClient, encodeClientMessage, decodeClientMessage);
    expectRoundTrip(fromServer, encodeServerMessage, decodeServerMessage);
    fc.assert(
      fc.property(fromServer, (message) => {
        const bytes = encodeServerMessage(message);
        expect(responderFrameLength(bytes)).toBe(bytes.length);
      }),
    );
  });

  it.each([
    ["client-hello", { type: "hello", versions: [1], tool: "unity-probe 0.1.0" }],
    [
      "client-bind",
      {
        type: "bind",
        transport: "udp",
        ports: [
          [22_800, 22_803],
          [40_000, 40_000],
        ],
      },
    ],
    ["client-release", { type: "release", transport: "udp", ports: [[22_800, 22_803]] }],
    ["client-stream", { type: "stream", port: 22_800, packets: 50, intervalMs: 20, bytes: 172, dscp: 46 }],
    ["client-end-stream", { type: "endStream", port: 22_800 }],
  ] as const)("are what was captured: %s", (name, message) => {
    const bytes = fixture(`responder/${name}.hex`);
    expect(decodeClientMessage(bytes)).toEqual(message);
    expect(toHex(encodeClientMessage(message))).toBe(toHex(bytes));
  });

  it("are what was captured from a responder", () => {
    expect(decodeServerMessage(fixture("responder/server-welcome.hex"))).toMatchObject({
      type: "welcome",
      version: 1,
      seenAs: "127.77.0.1",
      silenceMs: 6_000,
    });
    expect(decodeServerMessage(fixture("responder/server-bound.hex"))).toEqual({
      type: "bound",
      bound: [
        [22_800, 22_800],
        [22_802, 22_803],
      ],
      inUse: [[22_801, 22_801]],
      busy: [],
      notListed: [[40_000, 40_000]],
      notPermitted: [],
      noResources: [],
    });
    expect(decodeServerMessage(fixture("responder/server-arrived.hex"))).toEqual({
      type: "arrived",
      arrived: Uint8Array.of(0),
      elsewhere: Uint8Array.of(0),
    });
    const none = Uint8Array.of(0);
    expect(decodeServerMessage(fixture("responder/server-sent.hex"))).toEqual({
      ...{ type: "sent", answered: none, unsent: none, mirrored: none, notListed: [[22_799, 22_799]], packets: 2 },
      ...{ rejections: [["127.182.78.1", 3, 3, [[22_800, 22_801]]]], resets: [] },
    });
    expect(decodeServerMessage(fixture("responder/server-streamed.hex"))).toEqual({
      ...{ type: "streamed", received: 50, duplicates: 0, reordered: 0, jitterUs: expect.any(Number) },
      ...{ marked: true, dscp: [[46, 50]] },
    });
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeClientMessage, encodeClientMessage(BIND));
    expectEveryTruncationRefused(decodeServerMessage, fixture("responder/server-welcome.hex"));
    expectEveryTruncationRefused(decodeResponderFrame, framed({}));
  });

  it.each(["client-hello", "client-bind", "client-arrivals", "client-stream"])(
    "meet any bytes with a WireError: %s",
    (name) => {
      expectOnlyWireErrors(decodeClientMessage, fixture(`responder/${name}.hex`));
    },
  );

  it.each(["server-welcome", "server-bound", "server-arrived", "server-sent", "server-renewed", "server-streamed"])(
    "meet any bytes with a WireError: %s",
    (name) => expectOnlyWireErrors(decodeServerMessage, fixture(`responder/${name}.hex`)),
  );

  it("of the largest size fit into a frame", () => {
    const alternate = Array.from({ length: WINDOW_PORTS_MAX }, (_, at) => [32_768 + 2 * at, 32_768 + 2 * at] as const);
    const message = { ...BIND, ports: alternate.filter(([port]) => port <= 65_535) };
    expect(decodeClientMessage(encodeClientMessage(message))).toEqual(message);
  });
});

describe("a message is malformed", () => {
  it.each([
    ["that is no object", []],
    ["that is null", null],
    ["without a type", {}],
    ["of a type that is known to nobody", { type: "toString" }],
    ["of the other side's type", { type: "welcome" }],
    ["without a member", { type: "bind", transport: "udp" }],
    ["with a member too many", { type: "renew", now: true }],
    ["with __proto__ as a member", JSON.parse('{"type":"renew","__proto__":{}}')],
    ["of another transport", { ...BIND, transport: "sctp" }],
    ["with port 0", { ...BIND, ports: [[0, 5]] }],
    ["with port 65536", { ...BIND, ports: [[65_535, 65_536]] }],
    ["with a port that is no whole number", { ...BIND, ports: [[1.5, 2]] }],
    ["with a span backwards", { ...BIND, ports: [[6, 5]] }],
    [
      "with spans that overlap",
      {
        ...BIND,
        ports: [
          [5, 7],
          [7, 9],
        ],
      },
    ],
    [
      "with spans out of order",
      {
        ...BIND,
        ports: [
          [5, 7],
          [2, 3],
        ],
      },
    ],
    ["with more ports than a window", { ...BIND, ports: [[1, WINDOW_PORTS_MAX + 1]] }],
    ["with no version", { type: "hello", versions: [], tool: "" }],
    ["with nine blocks", { type: "dataSource", blocks: Array.from({ length: 9 }, () => "10.0.0.0/8") }],
    ["with a line break in the name of the tool", { type: "hello", versions: [1], tool: "a\nb" }],
    ["with a stream of too many packets", { ...STREAM, packets: 501 }],
    ["with a stream of none", { ...STREAM, packets: 0 }],
    ["with a stream that is too fast", { ...STREAM, intervalMs: 4 }],
    ["with packets that have no room for a token", { ...STREAM, bytes: 43 }],
    ["with packets that are too long", { ...STREAM, bytes: 1_401 }],
    ["with a DSCP of seven bits", { ...STREAM, dscp: 64 }],
    ["with a stream to port 0", { ...STREAM, port: 0 }],
    ["with too many attempts", { ...BIND, type: "send", attempts: 6, perSecond: 1, rttMs: 1 }],
    ["with a round trip of more than two seconds", { ...BIND, type: "send", attempts: 1, perSecond: 1, rttMs: 2_001 }],
  ])("%s", (_, value) => {
    expect(wireErrorOf(() => decodeClientMessage(framed(value)))?.code).toBe("malformed");
  });

  it.each([
    ["a bit map that is no base64", { type: "arrived", arrived: "a", elsewhere: "" }],
    ["a bit map longer than a window", { type: "arrived", arrived: "", elsewhere: "AAAA".repeat(1_000) }],
    ["a mark that is neither true nor false", { ...STREAMED, marked: 1 }],
    ["DSCPs that are no list", { ...STREAMED, dscp: {} }],
    ["more DSCPs than there are", { ...STREAMED, dscp: Array.from({ length: 65 }, () => [0, 1]) }],
    ["a DSCP without its packets", { ...STREAMED, dscp: [[46]] }],
    ["a DSCP that no packet had", { ...STREAMED, dscp: [[46, 0]] }],
    ["more packets than a stream has", { ...STREAMED, received: 501 }],
    ["more kinds of ICMP errors than may be told", sentWith(Array(REJECTIONS_MAX + 1).fill(["192.0.2.1", 3, 13, []]))],
    ["an ICMP error without its ports", sentWith([["192.0.2.1", 3, 13]])],
    ["an ICMP type that there is not", sentWith([["192.0.2.1", 256, 13, [[5, 5]]]])],
    ["an ICMP error whose sender is no text", sentWith([[1, 3, 13, [[5, 5]]]])],
    ["a session id that is too short", { type: "welcome", session: "00" }],
  ])("with %s", (_, value) => {
    expect(wireErrorOf(() => decodeServerMessage(framed(value)))?.code).toBe("malformed");
  });

  it.each(["00000001 7b", "00000002 fffe", "00000000"])("that is no JSON: %s", (bytes) => {
    expect(wireErrorOf(() => decodeClientMessage(hex(bytes)))?.code).toBe("malformed");
  });

  it("with bytes behind its frame", () => {
    const bytes = Uint8Array.of(...encodeClientMessage(BIND), 0);
    expect(wireErrorOf(() => decodeClientMessage(bytes))?.code).toBe("malformed");
  });

  it("however deep it is nested", () => {
    const deep = Buffer.from("[".repeat(RESPONDER_BODY_BYTES_MAX));
    const bytes = Buffer.alloc(4 + deep.length);
    bytes.writeUInt32BE(deep.length);
    bytes.set(deep, 4);
    expect(wireErrorOf(() => decodeClientMessage(bytes))?.code).toBe("malformed");
  });
});

it("a frame beyond the limit is refused by its length alone", () => {
  expect(wireErrorOf(() => responderFrameLength(hex("00040001")))?.code).toBe("limit");
  expect(responderFrameLength(hex("00040000"))).toBe(4 + RESPONDER_BODY_BYTES_MAX);
  expect(responderFrameLength(hex("000400"))).toBeUndefined();
  expect(wireErrorOf(() => encodeResponderFrame("x".repeat(RESPONDER_BODY_BYTES_MAX)))?.code).toBe("unencodable");
});
