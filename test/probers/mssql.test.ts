import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { decodePrelogin, preloginFrameLength, preloginOption } from "../../src/wire/tds.ts";
import { serve } from "../net/loopback.ts";
import { printed } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { type Conversation, converse } from "./conversation.ts";

const RESPONSE = printed("tds-prelogin-response");
/** Where the response says whether the instance is the right one. */
const INSTANCE_AT = 8 + 0x21;

const talk = (answer: Uint8Array, instance?: string): Promise<Conversation> => {
  const params = instance === undefined ? {} : { instance };
  return converse("mssql", () => [answer], { frameLength: preloginFrameLength, params });
};

describe("the TDS pre-login", () => {
  it("is a request of 47 bytes that names no instance", async () => {
    const { requests } = await talk(RESPONSE);
    expect(requests.map(({ length }) => length)).toEqual([47]);
    expect(preloginOption(decodePrelogin(requests[0]!), "instance")).toEqual(Uint8Array.of(0));
  });

  it("is answered by SQL Server 2008", async () => {
    expect((await talk(RESPONSE)).reading).toEqual({
      service: "confirmed",
      detail: "SQL Server 2008 (10.0.2531)",
      evidence: { version: "10.0.2531", product: "SQL Server 2008", encryption: "on" },
    });
  });

  it("names the instance that it wants", async () => {
    const { requests, reading } = await talk(RESPONSE, "UNITY");
    expect(Buffer.from(requests[0]!).toString("latin1")).toContain("UNITY\0");
    expect(reading).toMatchObject({ service: "confirmed", evidence: { instance: "UNITY" } });
  });

  it("is refused by another instance", async () => {
    expect((await talk(RESPONSE.with(INSTANCE_AT, 1), "UNITY")).reading).toMatchObject({
      service: "refused",
      detail: "SQL Server 2008 (10.0.2531) answers, and is not the instance UNITY",
    });
  });

  it("tells the version of a server that it does not know", async () => {
    expect((await talk(RESPONSE.with(8 + 0x1a, 40))).reading?.detail).toBe("SQL Server 40.0.2531");
  });

  it.each([
    ["a request", printed("tds-prelogin-request")],
    ["a mail server's banner", Uint8Array.from(Buffer.from("220 mail ESMTP\r\n"))],
  ])("is not answered by %s", async (_, answer) => {
    expect((await talk(answer)).reading?.service).toBe("mismatch");
  });
});

describe("a server that wants TLS first", () => {
  it("hangs up on the request in clear, and answers it inside TLS", async () => {
    await using server = await strictServer("tds/8.0");
    const result = await ask(server.local, { prober: "mssql" });
    expect(result).toMatchObject({
      outcome: "pass",
      attempts: 2,
      detail: expect.stringContaining("SQL Server 2008 (10.0.2531), inside TLS (TDS 8.0)"),
    });
    expect(result.observations[1]!.tls).toMatchObject({ version: "TLSv1.3", applicationProtocol: "tds/8.0" });
    expect(server.clear()).toBe(1);
  });

  it("is not asked in clear where the row says tls", async () => {
    await using server = await strictServer("tds/8.0");
    const tls = { serverName: "dc01.example.com", strict: false };
    expect(await ask(server.local, { prober: "mssql", tls })).toMatchObject({ outcome: "pass", attempts: 1 });
    expect(server.clear()).toBe(0);
  });

  it("is not proven when it is another one", async () => {
    await using server = await strictServer("http/1.1");
    const result = await ask(server.local, { prober: "mssql" });
    expect(result.verdict?.state).toBe("open");
    expect(result.outcome).toBe("inconclusive");
  });
});

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));

/** Takes TLS with this application protocol only, and answers inside as SQL Server does. */
async function strictServer(protocol: string) {
  const secureContext = createSecureContext({ key: pem("key"), cert: pem("self-signed") });
  let clear = 0;
  const meet = (socket: Socket) => {
    socket.on("error", () => {});
    socket.once("readable", () => {
      const first = socket.read() as Buffer | null;
      if (first?.[0] !== 0x16) {
        clear++;
        return socket.end();
      }
      socket.unshift(first);
      const options = { isServer: true, secureContext, ALPNProtocols: [protocol] };
      const secure = new TLSSocket(socket, options).on("error", () => {});
      secure.once("data", () => secure.write(RESPONSE));
    });
  };
  const server = await serve(createServer(meet));
  return { ...server, clear: () => clear };
}
