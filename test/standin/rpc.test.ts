import { describe, expect, it } from "vitest";
import { endpointMapper } from "../../src/standin/endpoint-mapper.ts";
import { rpc } from "../../src/standin/rpc.ts";
import { decodePdu, encodePdu, type Pdu, type ResponsePdu, WHOLE } from "../../src/wire/dcerpc.ts";
import { bindTo } from "../../src/wire/dcerpc-bind.ts";
import { joinResponse } from "../../src/wire/dcerpc-fragments.ts";
import {
  decodeLookupReply,
  EPM,
  EPT_LOOKUP,
  encodeLookupRequest,
  firstLookup,
  isLastLookup,
} from "../../src/wire/epm.ts";
import { towerBinding } from "../../src/wire/epm-tower.ts";
import { fixture } from "../wire/support.ts";

const DRSUAPI = { uuid: "e3514235-4b06-11d1-ab04-00c04fc2dcd2", major: 4, minor: 0 };
const HEAD = { ...WHOLE, callId: 9 };

const askServer = (server: ReturnType<typeof rpc>, pdu: Pdu) => server.answer(encodePdu(pdu))?.map(decodePdu);
const callOf = (opnum: number, stub: Uint8Array = new Uint8Array(), order: "le" | "be" = "le"): Pdu => ({
  ...HEAD,
  order,
  type: "request",
  contextId: 3,
  opnum,
  stub,
});

describe("the RPC stand-in", () => {
  it("accepts a bind to its interface, under the call id of the bind", () => {
    expect(askServer(rpc(DRSUAPI, 5000), { ...HEAD, ...bindTo(DRSUAPI) })).toMatchObject([
      { type: "bindAck", callId: 9, secondaryAddress: "5000", results: [{ result: 0 }] },
    ]);
  });

  it.each([
    ["another interface", { ...DRSUAPI, uuid: EPM.uuid }],
    ["another major version", { ...DRSUAPI, major: 5 }],
    ["a newer minor version", { ...DRSUAPI, minor: 1 }],
  ])("rejects a bind to %s as unknown", (_, wanted) => {
    expect(askServer(rpc(DRSUAPI, 5000), { ...HEAD, ...bindTo(wanted) })).toMatchObject([
      { type: "bindAck", results: [{ result: 2, reason: 1 }] },
    ]);
  });

  it("rejects a transfer syntax that is not NDR", () => {
    const bind = bindTo(DRSUAPI);
    const contexts = bind.contexts.map((context) => ({ ...context, transferSyntaxes: [DRSUAPI] }));
    expect(askServer(rpc(DRSUAPI, 5000), { ...HEAD, ...bind, contexts })).toMatchObject([
      { results: [{ result: 2, reason: 2 }] },
    ]);
  });

  it("answers a call that it knows in as many fragments as it takes, any other with a fault", () => {
    const server = rpc(DRSUAPI, 5000, (opnum) => (opnum === 1 ? new Uint8Array(10_000).fill(7) : undefined));
    const fragments = askServer(server, callOf(1)) as readonly ResponsePdu[];
    expect(fragments).toHaveLength(3);
    expect(joinResponse(fragments)).toMatchObject({ callId: 9, contextId: 3, stub: new Uint8Array(10_000).fill(7) });
    expect(askServer(server, callOf(2))).toMatchObject([
      { type: "fault", callId: 9, contextId: 3, status: 0x1c010002 },
    ]);
  });
});

describe("the endpoint mapper stand-in", () => {
  const mapper = endpointMapper(
    [
      { port: 5000, syntax: DRSUAPI },
      { port: 5001, syntax: EPM },
    ],
    135,
  );

  it("accepts a captured bind", () => {
    expect(mapper.answer(fixture("dcerpc/bind-epm-request.hex"))?.map(decodePdu)).toMatchObject([
      { type: "bindAck", results: [{ result: 0 }] },
    ]);
  });

  it.each(["le", "be"] as const)("lists every service in one reply, numbers in %s", (order) => {
    const stub = encodeLookupRequest(firstLookup(), order);
    const [response] = askServer(mapper, callOf(EPT_LOOKUP, stub, order)) as readonly ResponsePdu[];
    expect(response!.order).toBe(order);
    const reply = decodeLookupReply(response!.stub, order);
    expect(isLastLookup(reply)).toBe(true);
    expect(reply.entries.map(({ tower }) => towerBinding(tower!))).toMatchObject([
      { interface: DRSUAPI, protocolSequence: "ncacn_ip_tcp", port: 5000 },
      { interface: EPM, port: 5001 },
    ]);
  });
});
