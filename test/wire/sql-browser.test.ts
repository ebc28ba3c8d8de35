import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeInstanceRequest,
  decodeInstanceResponse,
  encodeInstanceRequest,
  encodeInstanceResponse,
  type SqlInstance,
} from "../../src/wire/sql-browser.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  printed,
  toHex,
  wireErrorOf,
} from "./support.ts";

const REQUEST = printed("sql-browser-instance-request");
const RESPONSE = printed("sql-browser-instance-response");
const YUKONSTD: SqlInstance = {
  serverName: "ILSUNG1",
  instanceName: "YUKONSTD",
  isClustered: false,
  version: "9.00.1399.06",
  tcpPort: 57_137,
};

const name = fc.stringMatching(/^[!-:<-~]{1,30}$/);
const instance: fc.Arbitrary<SqlInstance> = fc.record(
  {
    serverName: name,
    instanceName: name,
    isClustered: fc.boolean(),
    version: fc.stringMatching(/^[\d.]{1,16}$/),
    tcpPort: fc.integer({ min: 1, max: 0xffff }),
    pipe: name,
  },
  { requiredKeys: ["serverName", "instanceName", "isClustered", "version"] },
);

/** An answer with this text. */
function answer(text: string): Uint8Array {
  const data = Buffer.from(text);
  return Uint8Array.of(5, data.length & 0xff, data.length >> 8, ...data);
}

describe("the request for one instance", () => {
  it("round trips", () => expectRoundTrip(name, encodeInstanceRequest, decodeInstanceRequest));

  it("is as printed", () => {
    expect(toHex(encodeInstanceRequest("YUKONSTD"))).toBe(toHex(REQUEST));
    expect(decodeInstanceRequest(REQUEST)).toBe("YUKONSTD");
  });

  it("refuses every truncation", () => expectEveryTruncationRefused(decodeInstanceRequest, REQUEST));

  it("meets any bytes with a name or a WireError", () => expectOnlyWireErrors(decodeInstanceRequest, REQUEST));

  it.each([0x02, 0x03, 0x08, 0x0a, 0x0f])("is none of the others: 0x%s", (first) => {
    expect(wireErrorOf(() => decodeInstanceRequest(REQUEST.with(0, first)))?.code).toBe("unsupported");
  });

  it.each(["", "x".repeat(33), "A\0B"])("has no name %j", (name) => {
    expect(wireErrorOf(() => encodeInstanceRequest(name))?.code).toBe("unencodable");
  });
});

describe("the answer about one instance", () => {
  it("round trips", () => expectRoundTrip(instance, encodeInstanceResponse, decodeInstanceResponse));

  it("is read as printed (no captured bytes are to be had), and written so", () => {
    expect(decodeInstanceResponse(RESPONSE)).toEqual(YUKONSTD);
    expect(toHex(encodeInstanceResponse(YUKONSTD))).toBe(toHex(RESPONSE));
  });

  it("refuses every truncation", () => expectEveryTruncationRefused(decodeInstanceResponse, RESPONSE));

  it("meets any bytes with an instance or a WireError", () => expectOnlyWireErrors(decodeInstanceResponse, RESPONSE));

  it("is read as printed of the default instance", () => {
    expect(decodeInstanceResponse(printed("sql-browser-default-response"))).toEqual({
      ...YUKONSTD,
      instanceName: "MSSQLSERVER",
      tcpPort: 1433,
      pipe: "\\\\ILSUNG1\\pipe\\sql\\query",
    });
  });

  it("may announce ways in that nobody uses any more", () => {
    const text =
      "ServerName;S;InstanceName;I;IsClustered;Yes;Version;8.00.194;tcp;1433;np;\\\\S\\pipe\\sql\\query;via;S,0:1433;;";
    expect(decodeInstanceResponse(answer(text))).toMatchObject({
      isClustered: true,
      tcpPort: 1433,
      pipe: "\\\\S\\pipe\\sql\\query",
    });
  });

  it.each(["0", "65536", "-1", "1433x", ""])("has no port %j", (port) => {
    const text = `ServerName;S;InstanceName;I;IsClustered;No;Version;9.0;tcp;${port};;`;
    expect(decodeInstanceResponse(answer(text))).not.toHaveProperty("tcpPort");
  });

  it.each([
    ["another beginning", "Server;S;InstanceName;I;IsClustered;No;Version;9.0;;"],
    ["no end", "ServerName;S;InstanceName;I;IsClustered;No;Version;9.0;"],
    ["no clustering", "ServerName;S;InstanceName;I;IsClustered;Perhaps;Version;9.0;;"],
    ["no version", "ServerName;S;InstanceName;I;IsClustered;No;Version;nine;;"],
    ["nothing in it", ""],
  ])("is none with %s", (_, text) => {
    expect(wireErrorOf(() => decodeInstanceResponse(answer(text)))?.code).toBe("malformed");
  });

  it("is no listing", () => {
    const one = "ServerName;S;InstanceName;I;IsClustered;No;Version;9.0;;";
    expect(wireErrorOf(() => decodeInstanceResponse(answer(one + one)))?.code).toBe("unsupported");
  });

  it("has the size that it says, and no more than the protocol allows", () => {
    expect(wireErrorOf(() => decodeInstanceResponse(Uint8Array.of(...RESPONSE, 0)))?.code).toBe("malformed");
    expect(wireErrorOf(() => decodeInstanceResponse(answer("x".repeat(1025))))?.code).toBe("limit");
    const huge = { ...YUKONSTD, pipe: "x".repeat(1024) };
    expect(wireErrorOf(() => encodeInstanceResponse(huge))?.code).toBe("unencodable");
    expect(wireErrorOf(() => encodeInstanceResponse({ ...YUKONSTD, pipe: "a;b" }))?.code).toBe("unencodable");
  });
});
