import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PEER_CLOSED } from "../../src/model/observation.ts";
import { REASONS, STATES, TRANSPORTS } from "../../src/model/words.ts";
import {
  judge,
  reasonOfErrno,
  reasonOfIcmp,
  refusesOurCertificate,
  stateOfReason,
  wantsClientCertificate,
} from "../../src/verdict/state.ts";
import { ANSWERED, OWN, observed, ROUTER, TARGET, udp, unconnected } from "./support.ts";

describe("over TCP", () => {
  it("closed means a reset and nothing else: every ICMP error is filtered, also from the target itself", () => {
    expect(judge([unconnected({ code: "ECONNREFUSED" })], undefined)).toMatchObject({
      state: "closed",
      reason: "conn-refused",
    });
    for (const from of [TARGET, ROUTER]) {
      for (let code = 0; code < 16; code++) {
        const seen = unconnected({ code: "ECONNREFUSED", icmp: { type: 3, code, from } });
        expect(judge([seen], undefined)).toMatchObject({ state: "filtered", offender: { from } });
      }
    }
  });

  it("a refusal is doubted where its sender cannot be seen", () => {
    const verdict = judge([unconnected({ code: "ECONNREFUSED", errorQueue: false })], undefined);
    expect(verdict).toMatchObject({ state: "closed", reason: "conn-refused", doubted: true });
  });

  it("no answer to the connection request is filtered, no answer to the request is open and silent", () => {
    expect(judge([unconnected()], undefined)).toEqual({
      state: "filtered",
      reason: "no-response",
      service: "unchecked",
    });
    expect(judge([observed()], undefined)).toEqual({ state: "open", reason: "no-response", service: "silent" });
  });

  it.each(["ECONNRESET", "EPIPE", PEER_CLOSED])(
    "%s within 300 ms of the accept and without a byte is rst-after-accept",
    (code) => {
      expect(judge([observed({ code, endedMs: 301 })], undefined).reason).toBe("rst-after-accept");
      expect(judge([observed({ code, endedMs: 302 })], undefined).reason).toBe("no-response");
      expect(judge([observed({ code, endedMs: 50, repliedMs: 20 })], undefined).reason).toBe("no-response");
    },
  );

  it("a handshake alone proves no inner protocol", () => {
    const handshake = { version: "TLSv1.3", chain: [] };
    expect(judge([observed({ tls: handshake })], undefined)).toMatchObject({ state: "open", service: "silent" });
  });

  describe("a TLS alert", () => {
    const hello = Uint8Array.of(22, 3, 3);
    const inHandshake = (alert: number, firstBytes = Uint8Array.of(21, 3, 3)) =>
      judge([observed({ phase: "tls", tls: { alert, chain: [] }, firstBytes })], undefined);

    it.each([42, 43, 44, 45, 46, 48, 116])(
      "%i after a hello asks for a client certificate: all that can be proven is",
      (alert) => {
        expect(inHandshake(alert, hello)).toEqual({ state: "open", reason: "tls-alert", service: "refused" });
        // Seven bytes that anybody can send.
        expect(inHandshake(alert)).toEqual({ state: "open", reason: "tls-alert", service: "unchecked" });
      },
    );

    it("40 asks for a client certificate after a hello, and before one says that there is no TLS in common", () => {
      expect(inHandshake(40, hello)).toMatchObject({ state: "open", service: "refused" });
      expect(inHandshake(40)).toMatchObject({ state: "open", service: "unchecked" });
    });

    it.each([42, 46, 48])("%i about a certificate that we showed is a refusal of that one", (alert) => {
      const shown = { alert, chain: [], clientCertificate: true } as const;
      const seen = observed({ phase: "tls", tls: shown, firstBytes: hello });
      expect(judge([seen], undefined)).toEqual({ state: "open", reason: "tls-alert", service: "refused" });
      expect([refusesOurCertificate(seen), wantsClientCertificate(seen)]).toEqual([true, false]);
      expect(refusesOurCertificate({ ...seen, firstBytes: Uint8Array.of(21, 3, 3) })).toBe(false);
    });

    it("116 is the wish for one, also where we had one that the peer did not ask for", () => {
      const tls = { version: "TLSv1.3", alert: 116, chain: [], clientCertificate: true } as const;
      const seen = observed({ phase: "exchange", tls });
      expect([refusesOurCertificate(seen), wantsClientCertificate(seen)]).toEqual([false, true]);
    });

    it("40 is no word about a certificate that we showed", () => {
      const seen = observed({
        phase: "tls",
        tls: { alert: 40, chain: [], clientCertificate: true },
        firstBytes: hello,
      });
      expect(judge([seen], undefined).service).toBe("unchecked");
    });

    it.each([20, 70, 71, 80, 112])("%i is no word of the service, which was never asked", (alert) => {
      expect(inHandshake(alert)).toEqual({ state: "open", reason: "tls-alert", service: "unchecked" });
      expect(inHandshake(alert, hello).service).toBe("unchecked");
    });

    it("behind a finished handshake is silence, unless it asks for a client certificate", () => {
      const later = (alert: number) =>
        judge([observed({ phase: "exchange", tls: { version: "TLSv1.3", alert, chain: [] } })], undefined).service;
      expect([later(116), later(80)]).toEqual(["refused", "silent"]);
    });
  });

  it("plain text where TLS was expected is a mismatch", () => {
    const seen = observed({
      phase: "tls",
      code: "ERR_SSL_WRONG_VERSION_NUMBER",
      firstBytes: new Uint8Array([50, 50, 48]),
    });
    expect(judge([seen], undefined)).toMatchObject({ state: "open", service: "mismatch" });
  });

  it("a TLS version that we do not speak is no other protocol", () => {
    const firstBytes = new Uint8Array([22, 3, 1]);
    const seen = observed({ phase: "tls", code: "ERR_SSL_UNSUPPORTED_PROTOCOL", firstBytes });
    expect(judge([seen], undefined)).toMatchObject({ state: "open", service: "silent" });
  });

  it("judges the connection that came furthest", () => {
    const refusedLater = [observed(), unconnected({ code: "ECONNREFUSED" })];
    expect(judge(refusedLater, undefined)).toMatchObject({ state: "open", service: "silent" });
  });
});

describe("over UDP", () => {
  it("silence is never more than open|filtered", () => {
    expect(judge([udp()], undefined)).toEqual({ state: "open|filtered", reason: "no-response", service: "silent" });
  });

  it("a datagram that is no reply proves nothing", () => {
    expect(judge([udp({ repliedMs: 3 })], undefined).state).toBe("open|filtered");
  });

  it("port-unreachable is closed from the target and filtered from anybody else", () => {
    const from = (address: string) => judge([udp({ icmp: { type: 3, code: 3, from: address } })], undefined);
    expect(from(TARGET)).toMatchObject({ state: "closed", reason: "port-unreach" });
    expect(from(ROUTER)).toMatchObject({ state: "filtered", reason: "port-unreach" });
  });
});

describe("our own side", () => {
  it("an error from our own address is our own firewall, except that nobody answered ARP", () => {
    const own = (code: number) => judge([udp({ icmp: { type: 3, code, from: OWN } })], undefined);
    expect(own(13)).toMatchObject({ state: "unknown", reason: "local-egress-blocked" });
    expect(own(1)).toMatchObject({ state: "filtered", reason: "host-unreach" });
  });

  it("a target that is our own address reads as any target", () => {
    const local = { transport: "udp", address: TARGET, port: 40_000 } as const;
    const verdict = judge([udp({ local, icmp: { type: 3, code: 3, from: TARGET } })], undefined);
    expect(verdict).toMatchObject({ state: "closed", reason: "port-unreach" });
  });

  it.each(["EMFILE", "ENFILE", "ENOBUFS", "EADDRNOTAVAIL", "EPERM"])("%s says nothing about the target", (code) => {
    expect(judge([unconnected({ code, phase: "bind" })], undefined).state).toBe("unknown");
  });
});

describe("error codes", () => {
  it("a code that the table does not know is never closed, whatever it is called", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...TRANSPORTS), (code, transport) => {
        fc.pre(code !== "ECONNREFUSED");
        expect(stateOfReason(reasonOfErrno(code, transport, TARGET), transport, TARGET)).not.toBe("closed");
      }),
    );
  });

  it("EACCES is an ICMPv6 prohibition over IPv6 and our own policy over IPv4", () => {
    expect(reasonOfErrno("EACCES", "tcp", "2001:db8::1")).toBe("unreachable");
    expect(reasonOfErrno("EACCES", "tcp", TARGET)).toBe("local-egress-blocked");
  });

  it("an ICMP error of another type is unreachable and no more", () => {
    expect(reasonOfIcmp({ type: 11, code: 0, from: ROUTER })).toBe("unreachable");
    expect(reasonOfIcmp({ type: 3, code: 200, from: ROUTER })).toBe("unreachable");
  });
});

it("every reason has a state over both transports, and only silence over UDP is open|filtered", () => {
  for (const transport of TRANSPORTS) {
    for (const reason of REASONS) {
      const state = stateOfReason(reason, transport, TARGET, ROUTER);
      expect(STATES).toContain(state);
      expect(state === "open|filtered").toBe(transport === "udp" && reason === "no-response");
    }
  }
});

it("a reading is what counts where there is one, whatever the socket did afterwards", () => {
  const verdict = judge([observed({ code: "ECONNRESET", repliedMs: 2 })], ANSWERED);
  expect(verdict).toEqual({ state: "open", reason: "protocol-reply", service: "confirmed" });
});
