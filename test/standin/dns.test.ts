import { describe, expect, it } from "vitest";
import type { Listener } from "../../src/net/listen.ts";
import { dnsOverTcp, dnsOverUdp } from "../../src/standin/dns.ts";
import { serve } from "../../src/standin/stand-in.ts";
import { decodeDns, dnsQuery, encodeDns, RCODE } from "../../src/wire/dns.ts";
import { askAll } from "../probers/asking.ts";
import { begin } from "../probers/transaction.ts";

const server = dnsOverUdp();

const answer = (name: string, type: string) => decodeDns(server.answer(encodeDns(dnsQuery(7, { name, type }, false)))!);

describe("the DNS stand-in", () => {
  it.each(["SOA", "SRV"])("answers the prober's question for %s, over both transports", async (type) => {
    const params = { name: "lab.test", type };
    const udp = await begin("dns", "udp", params);
    expect(udp.read(server.answer(udp.request)!).final?.service).toBe("confirmed");
    const tcp = await begin("dns", "tcp", params);
    expect(tcp.read(dnsOverTcp().answer(tcp.request)![0]!).final?.service).toBe("confirmed");
  });

  it("knows what it serves, what is missing there, and what is not its own", () => {
    expect(answer("LAB.test", "SOA")).toMatchObject({ authoritative: true, answers: [{ serial: 1 }] });
    expect(answer("_ldap._tcp.lab.test", "SRV")).toMatchObject({ answers: [{ target: "dc01.lab.test", port: 389 }] });
    expect(answer("dc01.lab.test", "SOA")).toMatchObject({ rcode: RCODE.noError, answers: [], authorities: [{}] });
    expect(answer("dc99.lab.test", "SOA")).toMatchObject({ rcode: RCODE.nxDomain, authorities: [{}] });
    expect(answer("notlab.test", "SOA")).toMatchObject({ rcode: RCODE.refused, authoritative: false });
  });

  it("does nothing but answer questions", () => {
    const query = dnsQuery(7, { name: "lab.test", type: "SOA" }, false);
    expect(server.answer(encodeDns({ ...query, response: true }))).toBeUndefined();
    expect(server.answer(encodeDns({ ...query, questions: [] }))).toBeUndefined();
    expect(decodeDns(server.answer(encodeDns({ ...query, opcode: 2 }))!).rcode).toBe(RCODE.notImp);
  });
});

describe("an answer that does not fit into a datagram", () => {
  it("is a result, and the same question over TCP another", async () => {
    const { udp, close } = await bothTransports();
    const results = await askAll(udp.local, { prober: "dns", params: { name: "lab.test", type: "SRV" } });
    await close();
    expect(results).toMatchObject([
      { check: { transport: "udp" }, outcome: "pass", reading: { evidence: { truncated: true } } },
      {
        check: { transport: "tcp", purpose: "lead", row: { service: "DNS over TCP" } },
        outcome: "pass",
        reading: { evidence: { truncated: false, targets: ["dc01.lab.test:389"] } },
      },
    ]);
  });

  it("says over TCP what it is when nobody listens there", async () => {
    const udp = await serve(dnsOverUdp({ truncates: true }), "127.0.0.1", 0);
    const results = await askAll(udp.local, { prober: "dns", params: { name: "lab.test" } });
    await udp.close();
    expect(results.map(({ verdict }) => verdict?.state)).toEqual(["open", "closed"]);
  });
});

/** A server that truncates over UDP, and answers in full over TCP on the same port. */
async function bothTransports() {
  for (let tries = 0; ; tries++) {
    const tcp = await serve(dnsOverTcp(), "127.0.0.1", 0);
    const udp = await serve(dnsOverUdp({ truncates: true }), "127.0.0.1", tcp.local.port).catch(() => undefined);
    const close = async () => void (await Promise.all([tcp, udp].map((each: Listener | undefined) => each?.close())));
    if (udp !== undefined) return { udp, close };
    await close();
    if (tries === 10) throw new Error("no port is free over both transports");
  }
}
