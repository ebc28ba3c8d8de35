import { describe, expect, it } from "vitest";
import { encodeInstanceResponse, type SqlInstance } from "../../src/wire/sql-browser.ts";
import { printed, toHex } from "../wire/support.ts";
import { type Begun, begin } from "./transaction.ts";

const RESPONSE = printed("sql-browser-instance-response");
const DEFAULT: SqlInstance = {
  serverName: "UNITY1",
  instanceName: "MSSQLSERVER",
  isClustered: false,
  version: "8.00.194",
  tcpPort: 1433,
};

const ask = (instance?: string): Promise<Begun> =>
  begin("sql-browser", "udp", instance === undefined ? {} : { instance });

describe("SQL Server Browser", () => {
  it("is asked for one instance by name, and again by the same bytes", async () => {
    const { request, resend } = await ask("YUKONSTD");
    expect(toHex(request)).toBe(toHex(printed("sql-browser-instance-request")));
    expect(resend).toEqual(request);
  });

  it("is asked for the default instance unless the row names another", async () => {
    expect(Buffer.from((await ask()).request).toString("latin1")).toBe("\x04MSSQLSERVER\0");
  });

  it("announces a port, which becomes a lead", async () => {
    expect((await ask("YukonStd")).read(RESPONSE).final).toEqual({
      service: "confirmed",
      detail: "YUKONSTD 9.00.1399.06 on ILSUNG1, at TCP 57137",
      evidence: {
        serverName: "ILSUNG1",
        instanceName: "YUKONSTD",
        isClustered: false,
        version: "9.00.1399.06",
        tcpPort: 57_137,
        spoofResistance: "port only",
      },
      leads: [
        {
          transport: "tcp",
          port: 57_137,
          prober: "mssql",
          params: { instance: "YUKONSTD" },
          service: "SQL Server YUKONSTD",
          why: "announced by SQL Server Browser",
        },
      ],
    });
  });

  it("leads to the default instance without its name", async () => {
    expect((await ask()).read(encodeInstanceResponse(DEFAULT)).final?.leads).toMatchObject([
      { port: 1433, params: {} },
    ]);
  });

  it("warns where the instance does not listen over TCP", async () => {
    const { tcpPort: _, ...piped } = { ...DEFAULT, pipe: "\\\\UNITY1\\pipe\\sql\\query" };
    const { final } = (await ask()).read(encodeInstanceResponse(piped));
    expect(final).toMatchObject({ service: "confirmed", warnings: ["MSSQLSERVER announces no TCP port"] });
    expect(final).not.toHaveProperty("leads");
  });

  it("waits on when the answer is about another instance", async () => {
    expect((await ask()).read(RESPONSE)).toEqual({});
  });

  it("takes other datagrams for another protocol, unless a better one comes", async () => {
    const { read } = await ask();
    expect(read(Uint8Array.of(5, 1, 0)).soFar?.service).toBe("mismatch");
    expect(read(encodeInstanceResponse(DEFAULT)).final?.service).toBe("confirmed");
  });
});
