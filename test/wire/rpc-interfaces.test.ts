import { describe, expect, it } from "vitest";
import { Reader, Writer } from "../../src/wire/bytes.ts";
import { decodePdu, type ResponsePdu } from "../../src/wire/dcerpc.ts";
import { joinResponse } from "../../src/wire/dcerpc-fragments.ts";
import { decodeLookupReply, EPM } from "../../src/wire/epm.ts";
import { towerBinding } from "../../src/wire/epm-tower.ts";
import { interfaceName } from "../../src/wire/rpc-interfaces.ts";
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

  it("are none for what is not in the list, every truncation of a UUID too", () => {
    expect(interfaceName(NIL_UUID)).toBeUndefined();
    for (let length = 0; length < EPM.uuid.length; length++) {
      expect(interfaceName(EPM.uuid.slice(0, length))).toBeUndefined();
    }
  });
});
