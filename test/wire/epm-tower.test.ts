import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reader } from "../../src/wire/bytes.ts";
import { NDR } from "../../src/wire/dcerpc-bind.ts";
import { EPM } from "../../src/wire/epm.ts";
import { decodeTower, encodeTower, FLOOR, type Floor, tcpTower, towerBinding } from "../../src/wire/epm-tower.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const decode = (bytes: Uint8Array): readonly Floor[] => decodeTower(new Reader(bytes));

/** The first tower of the captured listing, that of the DNS server's pipe. */
const captured = fixture("epm/lookup-samba-four.hex").slice(216, 216 + 86);

const floor = fc.record({
  protocol: fc.integer({ min: 0, max: 255 }),
  identifier: fc.uint8Array({ maxLength: 20 }),
  data: fc.uint8Array({ maxLength: 20 }),
});

describe("protocol towers", () => {
  it("round trip", () => {
    expectRoundTrip(fc.array(floor, { maxLength: 16 }), encodeTower, decode);
  });

  it("are what was captured", () => {
    const floors = decode(captured);
    expect(floors.map(({ protocol }) => protocol)).toEqual([
      FLOOR.uuid,
      FLOOR.uuid,
      FLOOR.connectionOriented,
      FLOOR.smbPipe,
      FLOOR.netbios,
    ]);
    expect(towerBinding(floors)).toEqual({
      interface: { uuid: "50abc2a4-574d-40b3-9d66-ee4fd5fba076", major: 5, minor: 0 },
      transferSyntax: NDR,
      protocolSequence: "ncacn_np",
      endpoint: "\\pipe\\dnsserver",
    });
    expect(toHex(encodeTower(floors))).toBe(toHex(captured));
  });

  it("over TCP have the bytes of C706 appendix L", () => {
    expect(toHex(encodeTower(tcpTower(EPM, NDR, 135, "10.20.1.10")))).toBe(
      toHex(
        hex(`0500
          1300 0d 0883afe11f5dc91191a408002b14a0fa 0300 0200 0000
          1300 0d 045d888aeb1cc9119fe808002b104860 0200 0200 0000
          0100 0b 0200 0000
          0100 07 0200 0087
          0100 09 0400 0a14010a`),
      ),
    );
  });

  it("say where an interface listens", () => {
    expect(towerBinding(tcpTower(EPM, NDR, 5001))).toEqual({
      interface: EPM,
      transferSyntax: NDR,
      protocolSequence: "ncacn_ip_tcp",
      port: 5001,
      address: "0.0.0.0",
    });
    const withoutAddress = tcpTower(EPM, NDR, 593).slice(0, 4);
    expect(towerBinding(withoutAddress)).toMatchObject({ port: 593 });
    expect(towerBinding(withoutAddress)).not.toHaveProperty("address");
  });

  it("that lead nowhere today say nothing", () => {
    const tower = tcpTower(EPM, NDR, 135);
    const odd: Floor = { protocol: 0x18, identifier: new Uint8Array(), data: hex("00") };
    expect(towerBinding([])).toBeUndefined();
    expect(towerBinding(tower.slice(2))).toBeUndefined();
    expect(towerBinding([...tower.slice(0, 3), odd])).toBeUndefined();
    expect(towerBinding([...tower.slice(0, 3), { ...tower[3]!, data: hex("00") }])).toBeUndefined();
    expect(towerBinding([{ ...tower[0]!, identifier: hex("00") }, ...tower.slice(1)])).toBeUndefined();
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decode, captured);
  });

  it("meet any bytes with floors, and any floors with a binding or none", () => {
    expectOnlyWireErrors((bytes) => towerBinding(decode(bytes)), captured);
  });

  it("refuse more floors than there are, and addresses that are none", () => {
    expect(wireErrorOf(() => decode(hex("ffff")))?.code).toBe("limit");
    expect(wireErrorOf(() => decode(hex("0100 0000 0000")))?.code).toBe("truncated");
    for (const address of ["", "1.2.3", "1.2.3.256", "::1"]) {
      expect(wireErrorOf(() => tcpTower(EPM, NDR, 135, address))?.code).toBe("unencodable");
    }
  });
});
