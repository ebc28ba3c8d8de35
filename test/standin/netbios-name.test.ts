import { describe, expect, it } from "vitest";
import { netbiosName } from "../../src/standin/netbios-name.ts";
import { encodeNodeStatus } from "../../src/wire/netbios-node-status.ts";
import { begin } from "../probers/transaction.ts";
import { fixture } from "../wire/support.ts";

const server = netbiosName();
const askFor = (name: string, suffix = 0): Uint8Array | undefined =>
  server.answer(encodeNodeStatus({ type: "nodeStatusRequest", transactionId: 1, name: { name, suffix } }));

describe("the stand-in for the NetBIOS name service", () => {
  it("is a domain controller with a MAC address", async () => {
    const { request, read } = await begin("netbios-name", "udp");
    expect(read(server.answer(request)!).final?.detail).toBe(
      "LAB\\DC01, domain controller, domain master browser, file server, MAC 00:00:5e:00:53:01",
    );
  });

  it("answers for its own names, and for no other", () => {
    expect(askFor("DC01", 0x20)).toBeDefined();
    expect(askFor("DC01", 0x21)).toBeUndefined();
    expect(askFor("DC02")).toBeUndefined();
  });

  it("answers no answer", () => {
    expect(server.answer(fixture("netbios/nbstat-samba.hex"))).toBeUndefined();
  });
});
