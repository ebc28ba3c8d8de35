import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../src/model/ports.ts";
import type { Ask, Read } from "../../src/model/prober.ts";
import { sip } from "../../src/probers/sip.ts";
import { sipOverTcp, sipOverUdp } from "../../src/standin/sip.ts";
import { serve } from "../../src/standin/stand-in.ts";
import { decodeSip, encodeSip, type SipResponse } from "../../src/wire/sip.ts";
import { headerValue, type SipHeader } from "../../src/wire/sip-headers.ts";
import { viasOf } from "../../src/wire/sip-via.ts";
import { wireErrorOf } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { sipResponse as captured } from "./sip-peers.ts";

const udp: Endpoint = { transport: "udp", address: "192.0.2.10", port: 5060 };
const tcp: Endpoint = { ...udp, transport: "tcp" };
const TLS = { serverName: "pbx.example.com", strict: false };

const world = {
  wallMs: () => 0,
  monotonicMs: () => 0,
  sleep: () => Promise.resolve(),
  randomBytes: (length: number) => new Uint8Array(length).fill(0xa5),
  secret: () => undefined,
};

function begin(remote: Endpoint = udp, params: { readonly hop?: boolean } = {}, more: Partial<Ask> = {}) {
  const local = { ...remote, address: "192.0.2.200", port: 50_000 };
  const asked: Ask = { host: "pbx.example.com", remote, learned: {}, world, ...more };
  const transaction = sip.start(params, asked, local);
  const bytes = transaction.request(0)!;
  const read = (reply: Uint8Array, from: Endpoint = remote): Read => transaction.read(reply, from, 0);
  return { request: decodeSip(bytes), bytes, transaction, read };
}

/** Kamailio's response to this request, changed. */
function answer(name: string, request: Uint8Array, change: Partial<SipResponse> = {}, more: readonly SipHeader[] = []) {
  const response = decodeSip(captured(`options-${name}-kamailio`, request)) as SipResponse;
  return encodeSip({ ...response, headers: [...response.headers, ...more], ...change });
}

describe("the OPTIONS request", () => {
  it.each([
    ["UDP", udp, {}],
    ["TCP", tcp, {}],
    ["TLS", tcp, { tls: TLS }],
  ] as const)("over %s names its own socket, and no person", (transport, remote, more) => {
    const { request } = begin(remote, {}, more);
    expect(viasOf(request.headers)[0]).toMatchObject({ transport, host: "192.0.2.200", port: 50_000 });
    expect(headerValue(request.headers, "contact")).toContain("sip:unity-probe@192.0.2.200:50000");
    expect(headerValue(request.headers, "user-agent")).toMatch(/^unity-probe\/\d/);
    expect(headerValue(request.headers, "max-forwards")).toBe("70");
  });

  it("is the same in each resend, and another in each transaction", () => {
    const { transaction, bytes } = begin();
    expect(transaction.request(4)).toEqual(bytes);
    let drawn = 0;
    const other = begin(
      udp,
      {},
      { world: { ...world, randomBytes: (length) => new Uint8Array(length).fill(++drawn) } },
    );
    expect(headerValue(other.request.headers, "call-id")).not.toBe(headerValue(begin().request.headers, "call-id"));
  });

  it("with hop goes no further than the port", () => {
    expect(headerValue(begin(udp, { hop: true }).request.headers, "max-forwards")).toBe("0");
  });

  it("is resent as timer E of RFC 3261 has it, and asked again after ten seconds", () => {
    expect(sip.schedule).toMatchObject({ sendsAtMs: [0, 500, 1_500, 3_500, 7_500], giveUpMs: 8_000 });
    expect(sip.manners.minIntervalMs).toBe(10_000);
  });
});

describe("a final response", () => {
  it("of 2xx confirms, with what the server says of itself", () => {
    const { bytes, read } = begin();
    expect(read(answer("200", bytes)).final).toEqual({
      service: "confirmed",
      detail: "200 OK",
      evidence: {
        status: 200,
        reason: "OK",
        server: "kamailio (5.6.3 (x86_64/linux))",
        allow: ["OPTIONS", "INVITE"],
      },
      warnings: [],
    });
  });

  it.each(["401", "403", "404", "483"])("of %s is the refusal of a living service", (status) => {
    const { bytes, read } = begin();
    const { final } = read(answer(status, bytes));
    expect(final).toMatchObject({ service: "refused", evidence: { status: Number(status) }, warnings: [] });
    expect(final?.detail).toMatch(new RegExp(`^SIP answers, and refuses OPTIONS: ${status} \\w`));
  });

  it.each([300, 405, 407, 481, 486, 488, 500, 501, 505, 603, 699])("of %i is a refusal too", (status) => {
    const { bytes, read } = begin();
    expect(read(answer("404", bytes, { status })).final).toMatchObject({ service: "refused", evidence: { status } });
  });

  it("tells the realm of its challenge, and how the server saw us", () => {
    const { bytes, read } = begin();
    expect(read(answer("401", bytes)).final?.evidence).toMatchObject({ realm: "lab.test" });
    const text = Buffer.from(answer("200", bytes)).toString("latin1");
    const behindNat = text.replace(";rport", ";received=203.0.113.9;rport=1024");
    expect(read(Buffer.from(behindNat, "latin1")).final?.evidence).toMatchObject({ seenAs: "203.0.113.9:1024" });
  });

  it("has its texts cut short", () => {
    const { bytes, read } = begin();
    const { final } = read(answer("404", bytes, { reason: "x".repeat(5_000) }));
    expect(final!.detail.length).toBeLessThan(200);
  });

  it("from another address counts, with a warning", () => {
    const { bytes, read } = begin();
    const { final } = read(answer("200", bytes), { ...udp, address: "192.0.2.11" });
    expect(final).toMatchObject({
      service: "confirmed",
      warnings: [expect.stringContaining("answered from 192.0.2.11:5060, another address of the target or of a hop")],
    });
  });
});

describe("a provisional response", () => {
  it("stands if nothing final comes, and says so", () => {
    const { bytes, read } = begin();
    expect(read(answer("100", bytes))).toEqual({
      soFar: expect.objectContaining({
        service: "confirmed",
        detail: "100 Trying, and no final response",
        warnings: ["SIP answers, but the request was not answered to its end"],
      }),
    });
    expect(read(answer("404", bytes)).final?.service).toBe("refused");
  });

  it("is not taken back by what is no SIP", () => {
    const { bytes, read } = begin();
    const { soFar } = read(answer("100", bytes));
    expect(read(Buffer.from("220 mail ESMTP\r\n"))).toEqual({ soFar });
    expect(read(Buffer.from("220 mail ESMTP\r\n"), { ...udp, address: "192.0.2.99" })).toEqual({ soFar });
  });
});

describe("408, 502, 503 and 504", () => {
  const warning = (agent: string) => [{ name: "Warning", value: `399 ${agent} "no way on"` }];
  const via = [{ name: "Via", value: "SIP/2.0/UDP edge.example.net;branch=z9hG4bK1" }];
  const finalOf = (status: number, more: readonly SipHeader[]) => {
    const { bytes, read } = begin();
    return read(answer("404", bytes, { status, reason: "Said" }, more)).final;
  };

  it.each([408, 502, 503, 504])("%i without a mark is the target's own, with a warning", (status) => {
    expect(finalOf(status, [])).toMatchObject({
      service: "refused",
      warnings: [expect.stringContaining("may speak of a hop behind the target")],
    });
  });

  it.each([408, 502, 503, 504])("%i with another hop's Via is that hop's", (status) => {
    expect(finalOf(status, via)).toMatchObject({
      service: "intermediary",
      detail: `answered by another hop with ${status} Said (a Via of edge.example.net): the port's own service is not proven`,
    });
  });

  it.each(["edge.example.net", "edge.example.net:5070", "192.0.2.77", "[2001:db8::77]:5060"])(
    "with a Warning of %s is that hop's",
    (agent) => {
      expect(finalOf(503, warning(agent))?.service).toBe("intermediary");
    },
  );

  it.each(["pbx.example.com", "PBX.EXAMPLE.COM:5060", "192.0.2.10", "overture"])(
    "with a Warning of %s, which is the target or nobody, is the target's",
    (agent) => {
      expect(finalOf(503, warning(agent))?.service).toBe("refused");
    },
  );

  it("with another Server than in the provisional response before came from behind", () => {
    const { bytes, read } = begin();
    read(answer("100", bytes));
    expect(read(answer("504-relayed", bytes)).final).toMatchObject({
      service: "intermediary",
      evidence: { otherHop: "Server backend, after kamailio (5.6.3 (x86_64/linux))" },
    });
  });

  it("with the same Server as before is the target's own, as is one without anything before", () => {
    const { bytes, read } = begin();
    read(answer("100", bytes));
    expect(read(answer("408", bytes)).final?.service).toBe("refused");
    const alone = begin();
    expect(alone.read(answer("504-relayed", alone.bytes)).final?.service).toBe("refused");
  });

  it("are the only ones: a 404 with another hop's Via is a refusal", () => {
    expect(finalOf(404, via)?.service).toBe("refused");
  });
});

describe("what is no answer", () => {
  it.each([
    ["branch", "branch=z9hG4bKa5", "branch=z9hG4bK00"],
    ["From tag", "tag=a5", "tag=00"],
    ["Call-ID", "Call-ID: a5", "Call-ID: 00"],
    ["CSeq", "CSeq: ", "CSeq: 0 OPTIONS\r\nX: "],
  ])("a response with another %s is passed over, and the wait goes on", (_, ours, theirs) => {
    const { bytes, read } = begin();
    const text = Buffer.from(answer("200", bytes)).toString("latin1");
    expect(text).toContain(ours);
    expect(read(Buffer.from(text.replace(ours, theirs), "latin1"))).toEqual({});
    expect(read(answer("200", bytes)).final?.service).toBe("confirmed");
  });

  it("a request of theirs is passed over, and our own that comes back is no SIP server", () => {
    const { bytes, read } = begin();
    const theirs = Buffer.from(
      Buffer.from(bytes).toString("latin1").replace("branch=z9hG4bKa5", "branch=z9hG4bK00"),
      "latin1",
    );
    expect(read(theirs)).toEqual({});
    expect(wireErrorOf(() => read(bytes))?.message).toContain("our own request came back");
  });

  it("bytes that are no SIP are a mismatch from the target, and nothing from a stranger", () => {
    const { read } = begin();
    const banner = Buffer.from("220 mail ESMTP\r\n");
    expect(wireErrorOf(() => read(banner))).toBeDefined();
    expect(read(banner, { ...udp, port: 5099 })).toEqual({});
    expect(read(banner, { ...udp, address: "192.0.2.99" })).toEqual({});
  });
});

describe("over TCP", () => {
  it("responses follow each other, however they are cut", () => {
    const { bytes, read } = begin(tcp);
    const stream = Buffer.concat([Buffer.from("\r\n"), answer("100", bytes), answer("200-tcp", bytes)]);
    const reads = Array.from({ length: stream.length + 1 }, (_, length) => read(stream.subarray(0, length)));
    expect(reads.findIndex(({ final }) => final !== undefined)).toBe(stream.length);
    expect(reads.at(-2)?.soFar?.detail).toContain("100");
  });

  it("a stand-in is asked, and answers or refuses", async () => {
    for (const [standIn, service] of [
      [sipOverTcp(), "confirmed"],
      [sipOverTcp({ status: 403, reason: "Forbidden" }), "refused"],
      [sipOverUdp(), "confirmed"],
      [sipOverUdp({ status: 486, reason: "Busy Here" }), "refused"],
    ] as const) {
      const server = await serve(standIn, "127.0.0.1", 0);
      const result = await ask(server.local, { prober: "sip" });
      expect(result).toMatchObject({ outcome: "pass", verdict: { state: "open", service } });
      await server.close();
    }
  });

  it("another protocol is a mismatch that shows its first bytes", async () => {
    const http = { ...sipOverTcp(), answer: () => [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")] };
    const server = await serve(http, "127.0.0.1", 0);
    const result = await ask(server.local, { prober: "sip" });
    expect(result).toMatchObject({
      outcome: "fail",
      verdict: { service: "mismatch" },
      detail: 'something answers, but not SIP; it says "HTTP/1.1 400 Bad Request"',
    });
    await server.close();
  });
});
