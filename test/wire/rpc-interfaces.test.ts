import { describe, expect, it } from "vitest";
import { Reader, Writer } from "../../src/wire/bytes.ts";
import { decodePdu, type ResponsePdu } from "../../src/wire/dcerpc.ts";
import { joinResponse } from "../../src/wire/dcerpc-fragments.ts";
import { decodeLookupReply, EPM } from "../../src/wire/epm.ts";
import { towerBinding } from "../../src/wire/epm-tower.ts";
import { interfaceName, interfaceNames } from "../../src/wire/rpc-interfaces.ts";
import { decodeUuid, encodeUuid, NIL_UUID } from "../../src/wire/uuid.ts";
import { fixture } from "./support.ts";

describe("the names of RPC interfaces", () => {
  it("are known for all that a captured domain controller announces, and are its own", () => {
    const fragments = ["lookup-samba-1", "lookup-samba-2"].map(
      (name) => decodePdu(fixture(`epm/${name}.hex`)) as ResponsePdu,
    );
    const { entries } = decodeLookupReply(joinResponse(fragments).stub);
    const pairs = entries.map(({ annotation, tower }) => [
      annotation,
      interfaceName(towerBinding(tower ?? [])?.interface.uuid ?? NIL_UUID),
    ]);
    for (const [annotation, name] of pairs) expect(name).toBe(annotation);
  });

  it("survive the round trip of a UUID over the wire", () => {
    for (const [uuid, name] of [
      [EPM.uuid, "epmapper"],
      ["e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi"],
      ["a4f1db00-ca47-1067-b31f-00dd010662da", "exchange emsmdb"],
    ] as const) {
      const writer = new Writer();
      encodeUuid(writer, uuid, "le");
      expect(interfaceName(decodeUuid(new Reader(writer.finish()), "le"))).toBe(name);
    }
  });

  it("are those of the transaction coordinator, Message Queuing and Exchange (MS-CMPO, MS-MQMP, MS-MQQP, MS-MQDS, MS-OX*)", () => {
    for (const [uuid, name] of [
      ["906b0ce0-c70b-1067-b317-00dd010662da", "ixnremote"],
      ["fdb3a030-065f-11d1-bb9b-00a024ea5525", "qmcomm"],
      ["76d12b80-3467-11d3-91ff-0090272f9ea3", "qmcomm2"],
      ["1088a980-eae5-11d0-8d9b-00a02453c337", "qm2qm"],
      ["77df7a80-f298-11d0-8358-00a024c480a8", "dscomm"],
      ["1544f5e0-613c-11d1-93df-00c04fd7bd09", "exchange directory referral"],
      ["f5cc5a18-4264-101a-8c59-08002b2f8426", "nspi"],
      ["a4f1db00-ca47-1067-b31f-00dd010662da", "exchange emsmdb"],
    ] as const) {
      expect(interfaceName(uuid)).toBe(name);
      expect(interfaceNames().filter((each) => each === name)).toEqual([name]);
    }
  });

  it("are none for what is not in the list, every truncation of a UUID too", () => {
    expect(interfaceName(NIL_UUID)).toBeUndefined();
    for (let length = 0; length < EPM.uuid.length; length++) {
      expect(interfaceName(EPM.uuid.slice(0, length))).toBeUndefined();
    }
  });
});
