import { describe, expect, it } from "vitest";
import {
  ANY_NAME,
  decodeNodeStatus,
  encodeNodeStatus,
  type NodeName,
  type NodeStatusResponse,
} from "../../src/wire/netbios-node-status.ts";
import { fixture, hex, toHex } from "../wire/support.ts";
import { type Begun, begin } from "./transaction.ts";

const OURS = 0x0001;
const GROUP = 0x8400;
const OWN = 0x0400;

const ask = (): Promise<Begun> => begin("netbios-name", "udp");

function answer(more: Partial<NodeStatusResponse> = {}): Uint8Array {
  const status = decodeNodeStatus(fixture("netbios/nbstat-samba.hex")) as NodeStatusResponse;
  return encodeNodeStatus({ ...status, transactionId: OURS, ...more });
}

/** The detail of an answer with these names. */
async function detailOf(
  names: readonly NodeName[],
  unitId: Uint8Array = new Uint8Array(6),
): Promise<string | undefined> {
  return (await ask()).read(answer({ names, unitId })).final?.detail;
}

describe("the NetBIOS node status", () => {
  it("asks for any name with a random id, and resends the same", async () => {
    const { request, resend } = await ask();
    expect(toHex(request)).toBe(toHex(hex(`0001 0000 0001 0000 0000 0000 20 434B ${"41".repeat(30)} 00 0021 0001`)));
    expect(resend).toEqual(request);
  });

  it("reads a Samba's names, and takes nothing for its MAC address", async () => {
    expect((await ask()).read(answer()).final).toEqual({
      service: "confirmed",
      detail: "LAB\\DC01, domain controller, domain master browser, file server",
      evidence: {
        names: [
          ...["DC01<00>", "DC01<03>", "DC01<20>", "LAB<1b>", "LAB<1c> group", "LAB<00> group"],
          ...["__SAMBA__<00> group", "__SAMBA__<20> group"],
        ],
        spoofResistance: "16-bit id",
      },
    });
  });

  it("tells the MAC address of a Windows, and what is not its domain's", async () => {
    const names = [
      { name: "IS~WEB01", suffix: 0x00, flags: OWN },
      { name: "WEB01", suffix: 0x00, flags: OWN },
      { name: "INet~Services", suffix: 0x1c, flags: GROUP },
      { name: "LAB", suffix: 0x00, flags: GROUP },
      { name: "WEB01", suffix: 0x20, flags: OWN },
    ];
    expect(await detailOf(names, hex("00005e005301"))).toBe("LAB\\WEB01, file server, MAC 00:00:5e:00:53:01");
  });

  it.each([
    ["zero", "000000000000"],
    ["that of a group", "01005e000001"],
  ])("shows no address that is %s", async (_, unitId) => {
    expect(await detailOf([{ name: "PC", suffix: 0, flags: OWN }], hex(unitId))).toBe("PC");
  });

  it("says so when no name is the machine's", async () => {
    expect(await detailOf([{ name: "LAB", suffix: 0, flags: GROUP }])).toBe("answers without a name of its own");
  });

  it("marks a name that another machine has too", async () => {
    const names = [{ name: "PC", suffix: 0, flags: OWN | 0x0800 }];
    expect((await ask()).read(answer({ names })).final?.evidence.names).toEqual(["PC<00> in conflict"]);
  });

  it("waits on after an answer to somebody else, a request, and what is no answer", async () => {
    const { request, read } = await ask();
    expect(read(answer({ transactionId: OURS ^ 1 }))).toEqual({});
    expect(read(request)).toEqual({});
    expect(read(answer().subarray(0, 60))).toMatchObject({ soFar: { service: "mismatch" } });
    expect(read(answer({ name: ANY_NAME })).final?.service).toBe("confirmed");
  });
});
