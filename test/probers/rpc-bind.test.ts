import { describe, expect, it } from "vitest";
import { decodePdu, encodePdu, pduFrameLength, WHOLE } from "../../src/wire/dcerpc.ts";
import { type Conversation, converse, type Script } from "./conversation.ts";
import { pdu } from "./peers.ts";

const DRSUAPI = { interface: "e3514235-4b06-11d1-ab04-00c04fc2dcd2", major: 4, minor: 0, name: "drsuapi" };

const talk = (script: Script, params = DRSUAPI): Promise<Conversation> =>
  converse("rpc-bind", script, { frameLength: pduFrameLength, params });

const saying =
  (path: string, callIdBit = 0): Script =>
  (request) => [pdu(path, request, callIdBit)];

const evidence = { interface: DRSUAPI.interface, version: "4.0" };

describe("a bind to an interface", () => {
  it("asks for that very interface, and for nothing else", async () => {
    const { requests } = await talk(saying("dcerpc/bind-ack-drsuapi-samba.hex"));
    expect(requests).toHaveLength(1);
    expect(requests[0]).toHaveLength(72);
    expect(decodePdu(requests[0]!)).toMatchObject({
      type: "bind",
      contexts: [{ abstractSyntax: { uuid: DRSUAPI.interface, major: 4, minor: 0 } }],
    });
  });

  it("that is accepted confirms it", async () => {
    const { reading } = await talk(saying("dcerpc/bind-ack-drsuapi-samba.hex"));
    expect(reading).toEqual({ service: "confirmed", detail: "drsuapi accepts a bind", evidence });
  });

  it("that is rejected shows RPC without the interface", async () => {
    const { reading } = await talk(saying("dcerpc/bind-ack-rejected-dynamic-samba.hex"));
    expect(reading).toEqual({
      service: "refused",
      detail: "RPC answers, but drsuapi is refused: abstract syntax not supported",
      evidence: { ...evidence, refusal: "abstract syntax not supported" },
    });
  });

  it.each([
    ["a nak", saying("dcerpc/bind-nak-samba.hex"), "protocol version not supported"],
    ["a fault", saying("dcerpc/fault-samba.hex"), expect.any(String)],
  ])("that is answered by %s is refused", async (_, script, refusal) => {
    const { reading } = await talk(script);
    expect(reading).toMatchObject({ service: "refused", evidence: { refusal } });
  });

  it.each([
    ["to another call", saying("dcerpc/bind-ack-drsuapi-samba.hex", 1), /was never made/],
    ["to no bind", saying("epm/lookup-samba-four.hex"), /a bind was answered by a response/],
    [
      "without a result",
      ((request) => {
        const ack = decodePdu(pdu("dcerpc/bind-ack-drsuapi-samba.hex", request));
        return ack.type === "bindAck" ? [encodePdu({ ...ack, ...WHOLE, results: [] })] : [];
      }) as Script,
      /a bind_ack without a result/,
    ],
  ])("that gets an answer %s is a mismatch", async (_, script, malformed) => {
    const { reading } = await talk(script);
    expect(reading).toMatchObject({
      service: "mismatch",
      evidence: { malformed: expect.stringMatching(malformed) },
    });
  });

  it("that is hung up on is nothing at all", async () => {
    expect((await talk(() => undefined)).reading).toBeUndefined();
  });

  it("whose interface cannot be written is our own mistake, and says nothing of the peer", async () => {
    const asked = talk(saying("dcerpc/bind-ack-drsuapi-samba.hex"), { ...DRSUAPI, interface: "no UUID" });
    await expect(asked).rejects.toThrow('cannot write "no UUID" as a UUID');
  });
});
