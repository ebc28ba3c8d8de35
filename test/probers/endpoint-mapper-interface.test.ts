import { describe, expect, it } from "vitest";
import { pduFrameLength } from "../../src/wire/dcerpc.ts";
import { NDR, type Syntax } from "../../src/wire/dcerpc-bind.ts";
import { FLOOR, tcpTower } from "../../src/wire/epm-tower.ts";
import { type Conversation, converse, type Script } from "./conversation.ts";
import { accepting, entry, fault, listing, tcp } from "./mapper-scripts.ts";
import { pdu } from "./peers.ts";

const DRSUAPI: Syntax = { uuid: "e3514235-4b06-11d1-ab04-00c04fc2dcd2", major: 4, minor: 0 };

describe("one interface that is looked for", () => {
  const COORDINATOR: Syntax = { uuid: "906b0ce0-c70b-1067-b317-00dd010662da", major: 1, minor: 0 };
  const look = (wanted: string, script: Script): Promise<Conversation> =>
    converse("endpoint-mapper", script, { frameLength: pduFrameLength, params: { interface: wanted } });
  const local = entry(
    tcpTower(COORDINATOR, NDR, 1).map((floor, at) =>
      at < 2 ? floor : { ...floor, protocol: at === 2 ? FLOOR.local : FLOOR.localEndpoint },
    ),
  );

  it("leads to its port, and to no other", async () => {
    const { reading } = await look("ixnremote", listing([tcp(DRSUAPI, 5_001), tcp(COORDINATOR, 5_009), local]));
    expect(reading).toEqual({
      service: "confirmed",
      detail: "the endpoint mapper announces ixnremote at TCP 5009",
      evidence: { interface: "ixnremote", endpoints: 3, tcpPorts: [5_009] },
      leads: [
        {
          transport: "tcp",
          port: 5_009,
          prober: "rpc-bind",
          params: { interface: COORDINATOR.uuid, major: 1, minor: 0, name: "ixnremote" },
          service: "ixnremote",
          why: "announced by the endpoint mapper",
        },
      ],
    });
  });

  it("is found in what Samba sent", async () => {
    const { reading } = await look(
      "drsuapi",
      accepting((request, turn) =>
        turn === 0
          ? [pdu("epm/lookup-samba-1.hex", request), pdu("epm/lookup-samba-2.hex", request)]
          : [pdu("epm/lookup-samba-end-1.hex", request)],
      ),
    );
    expect(reading).toMatchObject({ service: "confirmed", evidence: { tcpPorts: [5_001] } });
    expect(reading?.leads?.map(({ service }) => service)).toEqual(["drsuapi"]);
  });

  it("is not proven by a map that does not name it", async () => {
    const { reading } = await look("ixnremote", listing([tcp(DRSUAPI, 5_001)]));
    expect(reading).toEqual({
      service: "unchecked",
      detail:
        "the endpoint mapper answers, and ixnremote is not registered: its service is off, or not open to the network",
      evidence: { interface: "ixnremote", endpoints: 1, tcpPorts: [] },
    });
  });

  it("is not proven by a map that names it for its own machine", async () => {
    const { reading } = await look("ixnremote", listing([local]));
    expect(reading).toMatchObject({ service: "unchecked", detail: expect.stringContaining("but not over TCP") });
  });

  it.each([
    ["refused", (request: Uint8Array) => fault(request, 5), "access denied"],
    ["broken off", () => undefined, "the listing was not answered to its end"],
  ])("is not known where the listing is %s", async (_, script, why) => {
    const { reading } = await look("ixnremote", accepting(script));
    expect(reading).toMatchObject({
      service: "unchecked",
      detail: "the endpoint mapper answers, and whether ixnremote is registered is not known",
      warnings: [`the listing was not read to its end: ${why}`],
    });
  });

  it("is not proven by a server that refuses the mapper's interface", async () => {
    const { reading } = await look("ixnremote", (request) => [pdu("dcerpc/bind-ack-rejected-samba.hex", request)]);
    expect(reading?.service).toBe("unchecked");
  });
});
