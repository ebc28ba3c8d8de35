import { describe, expect, it } from "vitest";
import { decodePrelogin, preloginOption } from "../../src/wire/tds.ts";
import { printed } from "../wire/support.ts";
import { type Begun, begin } from "./transaction.ts";

const RESPONSE = printed("tds-prelogin-response");
/** Where the response says whether the instance is the right one. */
const INSTANCE_AT = 8 + 0x21;

const ask = (instance?: string): Promise<Begun> => begin("mssql", "tcp", instance === undefined ? {} : { instance });

describe("the TDS pre-login", () => {
  it("is a request of 47 bytes that names no instance", async () => {
    const { request } = await ask();
    expect(request).toHaveLength(47);
    expect(preloginOption(decodePrelogin(request), "instance")).toEqual(Uint8Array.of(0));
  });

  it("is answered by SQL Server 2008", async () => {
    expect((await ask()).read(RESPONSE).final).toEqual({
      service: "confirmed",
      detail: "SQL Server 2008 (10.0.2531)",
      evidence: { version: "10.0.2531", product: "SQL Server 2008", encryption: "on" },
    });
  });

  it("names the instance that it wants", async () => {
    const { request, read } = await ask("UNITY");
    expect(Buffer.from(request).toString("latin1")).toContain("UNITY\0");
    expect(read(RESPONSE).final).toMatchObject({ service: "confirmed", evidence: { instance: "UNITY" } });
  });

  it("is refused by another instance", async () => {
    expect((await ask("UNITY")).read(RESPONSE.with(INSTANCE_AT, 1)).final).toMatchObject({
      service: "refused",
      detail: "SQL Server 2008 (10.0.2531) answers, and is not the instance UNITY",
    });
  });

  it("tells the version of a server that it does not know", async () => {
    expect((await ask()).read(RESPONSE.with(8 + 0x1a, 40)).final?.detail).toBe("SQL Server 40.0.2531");
  });

  it("waits for the whole answer", async () => {
    const { read } = await ask();
    for (let length = 0; length < RESPONSE.length; length++) expect(read(RESPONSE.slice(0, length))).toEqual({});
  });

  it("is not answered by its own bytes, or by another protocol", async () => {
    const { request, read } = await ask();
    expect(read(request).final?.service).toBe("mismatch");
    expect(read(Uint8Array.from(Buffer.from("220 mail ESMTP\r\n"))).final?.service).toBe("mismatch");
  });
});
