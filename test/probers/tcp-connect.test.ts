import { describe, expect, it } from "vitest";
import { bytesOf, closedPort, peer } from "../net/loopback.ts";
import { ask } from "./asking.ts";

const asking = { prober: "tcp-connect" };

describe("a TCP connect", () => {
  it("to a listener that waits proves an accept and no service", async () => {
    await using listener = await peer(() => {});
    const result = await ask(listener.local, asking);
    expect(result.verdict).toEqual({ state: "open", reason: "syn-ack", service: "unchecked" });
    expect(result).toMatchObject({ outcome: "inconclusive", detail: "accepts; the service was not asked" });
  });

  it("says nothing, also where the peer speaks first", async () => {
    const heard: Uint8Array[] = [];
    await using listener = await peer((socket) => {
      socket.on("data", (bytes) => heard.push(bytes));
      socket.write(bytesOf("220 mail\r\n"));
    });
    const result = await ask(listener.local, asking);
    expect(result.verdict).toMatchObject({ reason: "syn-ack", service: "unchecked" });
    expect(result.observations.map(({ sentMs }) => sentMs)).toEqual([[]]);
    expect(heard).toEqual([]);
  });

  it.each([
    ["hangs up", "end"],
    ["resets", "resetAndDestroy"],
  ] as const)("to a peer that accepts and %s soon is no proof of a service", async (_, end) => {
    await using listener = await peer((socket) => void setTimeout(() => socket[end](), 5));
    expect((await ask(listener.local, asking)).verdict).toMatchObject({ state: "open", reason: "rst-after-accept" });
  });

  it("to a closed port is refused", async () => {
    expect((await ask(await closedPort(), asking)).verdict).toMatchObject({ state: "closed", reason: "conn-refused" });
  });

  it("inside TLS is another protocol where nobody speaks it", async () => {
    await using listener = await peer((socket) => void socket.write(bytesOf("220 mail\r\n")));
    const result = await ask(listener.local, { ...asking, tls: { serverName: "dc01", strict: false } });
    expect(result.verdict).toMatchObject({ state: "open", service: "mismatch" });
  });
});
