import { describe, expect, it } from "vitest";
import { decodePdu, encodePdu, PFC, pduFrameLength } from "../../src/wire/dcerpc.ts";
import { NDR, type Syntax } from "../../src/wire/dcerpc-bind.ts";
import { MAX_FRAGMENTS } from "../../src/wire/dcerpc-fragments.ts";
import { decodeLookupRequest, EPM, type EpmEntry } from "../../src/wire/epm.ts";
import { FLOOR, tcpTower } from "../../src/wire/epm-tower.ts";
import { NIL_UUID } from "../../src/wire/uuid.ts";
import { type Conversation, converse, type Script } from "./conversation.ts";
import { accepting, END, entry, fault, fragments, listing, MORE, response, tcp } from "./mapper-scripts.ts";
import { pdu } from "./peers.ts";

const DRSUAPI: Syntax = { uuid: "e3514235-4b06-11d1-ab04-00c04fc2dcd2", major: 4, minor: 0 };
const NETLOGON: Syntax = { uuid: "12345678-1234-abcd-ef00-01234567cffb", major: 1, minor: 0 };
const UNKNOWN: Syntax = { uuid: "00000000-1111-2222-3333-444444444444", major: 1, minor: 2 };

const talk = (script: Script): Promise<Conversation> =>
  converse("endpoint-mapper", script, { frameLength: pduFrameLength });

/** The same tower over another transport. */
function over(protocol: number, data: Uint8Array): EpmEntry {
  return entry(tcpTower(DRSUAPI, NDR, 1).map((floor, at) => (at === 3 ? { ...floor, protocol, data } : floor)));
}

describe("the listing that Samba sent", () => {
  it("is read out of its fragments, to its end", async () => {
    const { reading, requests } = await talk(
      accepting((request, turn) =>
        turn === 0
          ? [pdu("epm/lookup-samba-1.hex", request), pdu("epm/lookup-samba-2.hex", request)]
          : [pdu("epm/lookup-samba-end-1.hex", request)],
      ),
    );
    expect(reading).toMatchObject({ service: "confirmed", evidence: { endpoints: expect.any(Number) } });
    expect(reading).not.toHaveProperty("warnings");
    const names = reading?.leads?.map(({ port, service }) => `${port} ${service}`);
    expect(names).toContain("5001 drsuapi");
    expect(reading?.leads?.every(({ prober, transport }) => prober === "rpc-bind" && transport === "tcp")).toBe(true);
    expect(requests).toHaveLength(3);
  });

  it("is asked for with a bind to the mapper, then from the beginning, then with the handle that came", async () => {
    const { requests } = await talk(
      accepting((request, turn) =>
        turn === 0 ? [pdu("epm/lookup-samba-four.hex", request)] : [pdu("epm/lookup-samba-no-more.hex", request)],
      ),
    );
    const [bind, first, second] = requests.map(decodePdu);
    expect(bind).toMatchObject({ type: "bind", contexts: [{ abstractSyntax: EPM }] });
    const handles = [first, second].map((each) => each?.type === "request" && decodeLookupRequest(each.stub).handle);
    expect(handles[0]).toEqual(END);
    expect(handles[1]).not.toEqual(END);
    expect(requests).toHaveLength(3);
  });
});

describe("the endpoints that are announced", () => {
  it("become one lead for each port and interface, in an order that no reboot changes", async () => {
    const { reading } = await talk(
      listing([
        tcp(DRSUAPI, 49_152),
        tcp(NETLOGON, 49_152),
        tcp(DRSUAPI, 5_001),
        tcp(DRSUAPI, 49_152),
        tcp(UNKNOWN, 80),
      ]),
    );
    expect(reading).toMatchObject({
      service: "confirmed",
      detail: "5 endpoints; announces TCP 80,5001,49152",
      evidence: { endpoints: 5, tcpPorts: [80, 5_001, 49_152] },
    });
    const leads = reading?.leads?.map(({ port, params }) => `${port} ${params.interface} ${params.major}`);
    expect(leads).toEqual([
      `80 ${UNKNOWN.uuid} 1`,
      `5001 ${DRSUAPI.uuid} 4`,
      `49152 ${NETLOGON.uuid} 1`,
      `49152 ${DRSUAPI.uuid} 4`,
    ]);
    expect(reading?.leads?.[1]).toEqual({
      transport: "tcp",
      port: 5_001,
      prober: "rpc-bind",
      params: { interface: DRSUAPI.uuid, major: 4, minor: 0, name: "drsuapi" },
      service: "drsuapi",
      why: "announced by the endpoint mapper",
    });
  });

  it("go by their annotation where nobody knows the interface, else by its UUID", async () => {
    const known = entry(tcpTower(DRSUAPI, NDR, 1), "something else");
    const annotated = entry(tcpTower(UNKNOWN, NDR, 2), "Message Queuing");
    const { reading } = await talk(listing([known, annotated, tcp(UNKNOWN, 3)]));
    expect(reading?.leads?.map(({ service }) => service)).toEqual(["drsuapi", "Message Queuing", UNKNOWN.uuid]);
    expect(reading?.evidence.services).toEqual(["1 drsuapi", "2 Message Queuing", `3 ${UNKNOWN.uuid}`]);
  });

  it("of other hosts are told and never asked there", async () => {
    const { reading } = await talk(
      listing([
        tcp(DRSUAPI, 1, "203.0.113.9"),
        tcp(DRSUAPI, 2, "127.0.0.1"),
        tcp(DRSUAPI, 3),
        tcp(NETLOGON, 1, "203.0.113.9"),
      ]),
    );
    expect(reading?.evidence.otherAddresses).toEqual(["203.0.113.9"]);
    expect(JSON.stringify(reading?.leads)).not.toContain("203.0.113.9");
    expect(reading?.leads).toHaveLength(4);
  });

  it("are counted where a line cannot hold their ports", async () => {
    const odd = Array.from({ length: 400 }, (_, at) => tcp(DRSUAPI, 1_001 + 2 * at));
    const { reading } = await talk(listing(odd));
    expect(reading?.detail).toBe("400 endpoints; announces 400 TCP ports");
    expect(reading?.evidence.tcpPorts).toHaveLength(400);
  });

  it("over anything but TCP, and at port 0, lead nowhere", async () => {
    const { reading } = await talk(
      listing([
        over(FLOOR.udp, Uint8Array.of(0, 9)),
        over(FLOOR.smbPipe, Uint8Array.from(Buffer.from("\\pipe\\lsass\0"))),
        over(FLOOR.http, Uint8Array.of(2, 81)),
        over(FLOOR.tcp, Uint8Array.of(1, 2, 3)),
        tcp(DRSUAPI, 0),
        { object: NIL_UUID, annotation: "no tower" },
      ]),
    );
    expect(reading).toMatchObject({ service: "confirmed", detail: "6 endpoints; announces no TCP port", leads: [] });
  });
});

describe("a listing without end", () => {
  const page = (first: number, count: number) => Array.from({ length: count }, (_, at) => tcp(DRSUAPI, first + at));

  it("of 10,000 endpoints is cut off, and says so", async () => {
    const { reading, requests } = await talk(
      accepting((request, turn) => fragments(request, { handle: MORE, entries: page(1 + turn * 500, 500), status: 0 })),
    );
    expect(reading).toMatchObject({
      service: "confirmed",
      evidence: { endpoints: 2_000 },
      warnings: ["only the first 2000 endpoints were read"],
    });
    expect(requests).toHaveLength(5);
  });

  it("of empty pages ends too", async () => {
    const { reading, requests } = await talk(
      accepting((request) => fragments(request, { handle: MORE, entries: [], status: 0 })),
    );
    expect(reading).toMatchObject({ warnings: ["only the first 0 endpoints were read"] });
    expect(requests).toHaveLength(9);
  });

  it("in one reply is refused as a whole, and the bind still counts", async () => {
    const { reading } = await talk(listing(page(1, 2_001)) as Script);
    expect(reading).toMatchObject({
      service: "confirmed",
      evidence: { endpoints: 0 },
      warnings: [expect.stringMatching(/^the listing could not be read: 2001 entries/)],
    });
  });

  it("of fragments none of which is the last is given up after some", async () => {
    const flags = (at: number) => (at === 0 ? PFC.firstFragment : 0);
    const { reading } = await talk(
      accepting((request) =>
        Array.from({ length: MAX_FRAGMENTS + 50 }, (_, at) =>
          encodePdu(response(request, new Uint8Array(4_000), flags(at))),
        ),
      ),
    );
    expect(reading).toMatchObject({
      service: "confirmed",
      warnings: [expect.stringMatching(/^the listing could not be read: /)],
    });
  });
});

describe("an endpoint mapper that says no", () => {
  it("to the bind, is alive and refuses", async () => {
    const { reading } = await talk((request) => [pdu("dcerpc/bind-ack-rejected-samba.hex", request)]);
    expect(reading).toEqual({
      service: "refused",
      detail: "RPC answers, but refuses the endpoint mapper's interface: abstract syntax not supported",
      evidence: { refusal: "abstract syntax not supported" },
    });
  });

  it("to the bind by a nak, is alive and refuses", async () => {
    const { reading } = await talk((request) => [pdu("dcerpc/bind-nak-samba.hex", request)]);
    expect(reading).toMatchObject({ service: "refused", evidence: { refusal: "protocol version not supported" } });
  });

  it("to the lookup by a fault, is alive and refuses", async () => {
    const { reading } = await talk(accepting((request) => fault(request, 5)));
    expect(reading).toEqual({
      service: "refused",
      detail: "the endpoint mapper answers, and refuses to list: access denied",
      evidence: { refusal: "access denied" },
    });
  });

  it("in the middle of the listing, is confirmed by what it listed, with a warning", async () => {
    const { reading } = await talk(
      accepting((request, turn) =>
        turn === 0 ? fragments(request, { handle: MORE, entries: [tcp(DRSUAPI, 1)], status: 0 }) : fault(request, 5),
      ),
    );
    expect(reading).toMatchObject({
      service: "confirmed",
      evidence: { endpoints: 1 },
      warnings: ["the listing was refused before its end: access denied"],
    });
  });
});

describe("after the bind", () => {
  it.each([
    ["a hang-up", () => undefined, "the listing was not answered to its end"],
    [
      "an answer to another call",
      (request: Uint8Array) => [pdu("epm/lookup-samba-four.hex", request, 1)],
      /was never made/,
    ],
    ["a bind_ack", (request: Uint8Array) => [pdu("dcerpc/bind-ack-epm-samba.hex", request)], /answered by a bindAck/],
    ["noise", () => [Uint8Array.from(Buffer.from("220 mail ESMTP\r\n"))], /not DCE\/RPC version 5/],
  ])("%s takes nothing back, and is told", async (_, script, warning) => {
    const { reading } = await talk(accepting(script));
    expect(reading).toMatchObject({ service: "confirmed", leads: [], warnings: [expect.stringMatching(warning)] });
  });
});
