import { describe, expect, it } from "vitest";
import { dns } from "../../src/probers/dns.ts";
import { type DnsMessage, decodeDns, decodeDnsFrame, encodeDns, encodeDnsFrame, RCODE } from "../../src/wire/dns.ts";
import { fixture } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { dnsAnswer } from "./dns-replies.ts";
import { farEnd } from "./far-end.ts";
import { begin } from "./transaction.ts";

const LAB = { name: "lab.test" };
const DC = { name: "lab.test", type: "SRV" };

/** A captured answer, as the answer to this request: with its id and its letters. */
function answerTo(request: Uint8Array, path: string, how: Partial<DnsMessage> = {}): Uint8Array {
  const { id, questions } = decodeDns(request);
  return encodeDns({ ...decodeDns(fixture(`dns/${path}.hex`)), id, questions, ...how });
}

/** What is made of such an answer over UDP. */
async function readingOf(path: string, how: Partial<DnsMessage> = {}, params: object = LAB) {
  const { request, read } = await begin("dns", "udp", { ...params });
  return read(answerTo(request, path, how));
}

/** The question that is asked of a host. */
function questionFor(host: string, params = {}) {
  const bytes = Uint8Array.from({ length: 255 }, (_, at) => at);
  const world = {
    monotonicMs: () => 0,
    wallMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length: number) => bytes.slice(0, length),
    secret: () => undefined,
  };
  const remote = { transport: "udp", address: "192.0.2.1", port: 53 } as const;
  const transaction = dns.start(params, { host, remote, learned: {}, world }, remote);
  return decodeDns(transaction.request(0)!);
}

describe("the question", () => {
  it.each([
    ["dc01.lab.test", {}, "lAb.tEsT", "SOA"],
    ["dc01.lab.test.", {}, "lAb.tEsT", "SOA"],
    ["dc01", {}, ".", "SOA"],
    ["192.0.2.1", {}, ".", "SOA"],
    ["192.0.2.1", { name: "lab.test" }, "lAb.tEsT", "SOA"],
    ["192.0.2.1", { name: "lab.test." }, "lAb.tEsT", "SOA"],
    ["dc01.lab.test", { name: "." }, ".", "SOA"],
    ["192.0.2.1", { name: "lab.test", type: "SRV" }, "_LdAp._TcP.LaB.TeSt", "SRV"],
    ["192.0.2.1", { type: "SRV" }, "_LdAp._TcP", "SRV"],
  ])("to %s with %j is %s %s", (host, params, name, type) => {
    expect(questionFor(host, params)).toMatchObject({ response: false, questions: [{ name, type }] });
  });

  it("wants no recursion unless the row says so", () => {
    expect(questionFor("dc01.lab.test").recursionDesired).toBe(false);
    expect(questionFor("dc01.lab.test", { recursion: true }).recursionDesired).toBe(true);
  });

  it("has an id and letters of its own in each send", async () => {
    await using end = await farEnd("udp", async (talk) => {
      const requests = [await talk.next(), await talk.next()];
      const [first, second] = requests.map(decodeDns);
      expect(first?.id).not.toBe(second?.id);
      // Each send may be answered.
      await talk.send(dnsAnswer(requests[0]!));
    });
    const drawn = { count: 0 };
    const randomBytes = (length: number) => new Uint8Array(length).fill(++drawn.count);
    const result = await ask(end.local, { prober: "dns", params: LAB, world: { randomBytes } });
    expect(result).toMatchObject({ outcome: "pass", verdict: { service: "confirmed" } });
  });
});

describe("an answer of Samba", () => {
  it("tells who serves the zone", async () => {
    expect(await readingOf("soa-zone-udp-samba")).toEqual({
      final: {
        service: "confirmed",
        detail: "lab.test is served by dc01.lab.test, serial 1",
        evidence: {
          question: "lab.test SOA",
          rcode: "NOERROR",
          authoritative: true,
          recursionAvailable: false,
          truncated: false,
          zone: "lab.test",
          primary: "dc01.lab.test",
          serial: 1,
        },
      },
    });
  });

  it("tells the domain controllers", async () => {
    expect((await readingOf("srv-udp-samba", {}, DC)).final).toMatchObject({
      service: "confirmed",
      detail: "_ldap._tcp.lab.test: dc01.lab.test:389",
      evidence: { targets: ["dc01.lab.test:389"] },
    });
  });

  it("counts where there is no such name, and where it has no such record", async () => {
    const none = await readingOf("nxdomain-udp-samba", {}, { name: "nobody.lab.test" });
    expect(none.final).toMatchObject({
      service: "confirmed",
      detail: "answers: nobody.lab.test does not exist (NXDOMAIN)",
      evidence: { rcode: "NXDOMAIN", zone: "lab.test", primary: "dc01.lab.test" },
    });
    const empty = await readingOf("nodata-udp-samba", {}, { name: "dc01.lab.test" });
    expect(empty.final).toMatchObject({
      service: "confirmed",
      detail: "answers: it has no SOA of dc01.lab.test",
      evidence: { rcode: "NOERROR", zone: "lab.test" },
    });
  });

  it("names the most wanted controllers first, and not all of many", async () => {
    const srv = (target: string, priority: number) =>
      ({ type: "SRV", name: "x", ttlS: 0, priority, weight: 0, port: 389, target }) as const;
    const answers = [srv("far.lab.test", 9), srv("a.lab.test", 0), srv("b.lab.test", 0), srv("c.lab.test", 0)];
    const { final } = await readingOf("srv-udp-samba", { answers }, DC);
    expect(final?.detail).toBe("_ldap._tcp.lab.test: a.lab.test:389, b.lab.test:389, c.lab.test:389 and 1 more");
    expect(final?.evidence.targets).toHaveLength(4);
  });
});

describe("a refusal", () => {
  it.each([
    [RCODE.formErr, "FORMERR"],
    [RCODE.servFail, "SERVFAIL"],
    [RCODE.notImp, "NOTIMP"],
    [RCODE.refused, "REFUSED"],
    [RCODE.notAuth, "NOTAUTH"],
  ])("is code %i, %s", async (rcode, name) => {
    const { final } = await readingOf("soa-zone-udp-samba", { rcode, answers: [], authorities: [] });
    expect(final).toMatchObject({
      service: "refused",
      detail: `answers ${name} to SOA of lab.test (the service answers, and refuses)`,
      evidence: { rcode: name },
    });
  });

  it("may leave out the question where the server did not read it", async () => {
    const bare = { questions: [], answers: [], authorities: [] };
    for (const rcode of [RCODE.formErr, RCODE.notImp, RCODE.refused]) {
      expect((await readingOf("soa-zone-udp-samba", { ...bare, rcode })).final?.service).toBe("refused");
    }
    for (const rcode of [RCODE.noError, RCODE.servFail, RCODE.nxDomain]) {
      expect(await readingOf("soa-zone-udp-samba", { ...bare, rcode })).toEqual({});
    }
  });
});

describe("a datagram from port 53", () => {
  it.each([
    ["is a question", { response: false }],
    ["bears another id", { id: 0xffff }],
    ["has another opcode", { opcode: 2 }],
    ["answers about another name", { questions: [{ name: "lab.invalid", type: "SOA" }] }],
    ["answers about another type", { questions: [{ name: "lab.test", type: "A" }] }],
    [
      "answers two questions",
      {
        questions: [
          { name: "lab.test", type: "SOA" },
          { name: "lab.test", type: "SOA" },
        ],
      },
    ],
  ] as const)("that %s is passed over", async (_, how) => {
    expect(await readingOf("soa-zone-udp-samba", how)).toEqual({});
  });

  it("with the question in other letters counts if nothing better comes, with a warning", async () => {
    const questions = [{ name: "LAB.TEST", type: "SOA" }];
    expect(await readingOf("soa-zone-udp-samba", { questions })).toMatchObject({
      soFar: {
        service: "confirmed",
        warnings: ["the question came back in other letters: only the id ties the answer to it"],
      },
    });
  });

  it("that is no DNS is a mismatch", async () => {
    const { read } = await begin("dns", "udp", LAB);
    expect(read(Uint8Array.from(Buffer.from("220 mail ESMTP\r\n"))).soFar?.service).toBe("mismatch");
  });
});

describe("an answer that does not fit into a datagram", () => {
  it("proves the server, and is asked for again over TCP", async () => {
    const { final } = await readingOf("soa-zone-udp-samba", { truncated: true });
    expect(final).toMatchObject({
      service: "confirmed",
      detail: "answers, too long for a datagram: SOA of lab.test",
      leads: [{ transport: "tcp", port: 9, prober: "dns", params: LAB, service: "DNS over TCP" }],
    });
  });

  it("leads nowhere over TCP", async () => {
    const { request, read } = await begin("dns", "tcp", LAB);
    const message = answerTo(request.subarray(2), "soa-zone-udp-samba", { truncated: true });
    expect(read(encodeDnsFrame(message)).final).not.toHaveProperty("leads");
  });
});

describe("DNS over TCP", () => {
  it("reads the answer as soon as it is whole", async () => {
    const { request, read } = await begin("dns", "tcp", LAB);
    const frame = encodeDnsFrame(answerTo(request.subarray(2), "soa-zone-udp-samba"));
    for (let length = 0; length < frame.length; length++) expect(read(frame.subarray(0, length))).toEqual({});
    expect(read(frame).final?.service).toBe("confirmed");
    expect(decodeDnsFrame(request)?.questions).toHaveLength(1);
  });

  it("takes the question in other letters: the connection ties the answer to it", async () => {
    const { request, read } = await begin("dns", "tcp", LAB);
    const questions = [{ name: "LAB.TEST", type: "SOA" }];
    const { final } = read(encodeDnsFrame(answerTo(request.subarray(2), "soa-zone-udp-samba", { questions })));
    expect(final).toMatchObject({ service: "confirmed", warnings: [expect.stringContaining("other letters")] });
  });

  it("waits for nothing behind a message that does not answer: the question itself, or another one's answer", async () => {
    const { request, read } = await begin("dns", "tcp", LAB);
    expect(read(request).final?.service).toBe("mismatch");
    const questions = [{ name: "other.test", type: "SOA" }];
    const other = encodeDnsFrame(answerTo(request.subarray(2), "soa-zone-udp-samba", { questions }));
    expect(read(other).final?.service).toBe("mismatch");
  });

  it("knows another protocol by its first bytes", async () => {
    const { read } = await begin("dns", "tcp", LAB);
    expect(read(Uint8Array.from(Buffer.from("SSH-"))).final).toMatchObject({
      service: "mismatch",
      detail: "something answers, but not DNS",
    });
  });
});
