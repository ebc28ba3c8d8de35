import { describe, expect, it } from "vitest";
import type { Ask, Oneshot, Read, Transaction } from "../../src/model/prober.ts";
import type { Transport } from "../../src/model/words.ts";
import { loadProber } from "../../src/probers/index.ts";
import { kpasswd } from "../../src/probers/kpasswd.ts";
import { encodeOctets } from "../../src/wire/ber.ts";
import { decodeKerberosFrame, encodeKerberosFrame } from "../../src/wire/kerberos-frame.ts";
import { decodeChangeError, decodeChangeRequest, encodeChangeError } from "../../src/wire/kpasswd.ts";
import { fixture, hex } from "../wire/support.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 6, 33, 51);
const local = { transport: "udp", address: "127.0.0.1", port: 50_000 } as const;

function askOver(transport: Transport, host = "dc01.lab.test", learned = {}, wallMs = NOW_MS): Ask {
  let drawn = 0;
  return {
    host,
    remote: { transport, address: "127.0.0.1", port: 464 },
    learned,
    world: {
      monotonicMs: () => 0,
      wallMs: () => wallMs,
      sleep: () => Promise.resolve(),
      randomBytes: (length) => new Uint8Array(length).fill(++drawn),
      secret: () => undefined,
    },
  };
}

/** A transaction whose first request went out, as the registry gives it: malformed answers are readings. */
async function begun(transport: Transport, wallMs = NOW_MS): Promise<Transaction> {
  const prober = (await loadProber("kpasswd")) as Oneshot<Record<string, never>>;
  const transaction = prober.start({}, askOver(transport, "dc01.lab.test", {}, wallMs), local);
  transaction.request(0);
  return transaction;
}

function readOver(transaction: Transaction, bytes: Uint8Array): Read {
  return transaction.read(bytes, { transport: "udp", address: "127.0.0.1", port: 464 }, 0);
}

const captured = fixture("kpasswd/error-udp-samba.hex");
const samba = decodeChangeError(captured);

describe("the change-password request", () => {
  it("is well-formed, opaque, and followed by bytes that are no password", () => {
    const request = kpasswd.start({}, askOver("udp"), local).request(0)!;
    expect(decodeChangeRequest(request)).toEqual({
      apRequest: {
        ticket: {
          realm: "LAB.TEST",
          server: { type: 2, parts: ["kadmin", "changepw"] },
          encrypted: { encryptionType: 18, cipher: new Uint8Array(64).fill(1) },
        },
        authenticator: { encryptionType: 18, cipher: new Uint8Array(64).fill(2) },
      },
      privateMessage: new Uint8Array(8),
    });
  });

  it("is the same when it is sent again, and over TCP goes in a frame", () => {
    const transaction = kpasswd.start({}, askOver("udp"), local);
    const bytes = transaction.request(0)!;
    expect(transaction.request(1)).toEqual(bytes);
    expect(decodeKerberosFrame(kpasswd.start({}, askOver("tcp"), local).request(0)!)).toEqual(bytes);
  });

  it.each([
    [{ realm: "Lab.Example" }, "dc01.lab.test", {}, "Lab.Example", "parameter"],
    [{}, "127.0.0.1", { realm: "LEARNED.TEST" }, "LEARNED.TEST", "learned"],
  ])("asks for the realm that there is: %j, %s, %j", (params, host, learned, realm, realmFrom) => {
    const transaction = kpasswd.start(params, askOver("udp", host, learned), local);
    expect(decodeChangeRequest(transaction.request(0)!).apRequest.ticket.realm).toBe(realm);
    expect(readOver(transaction, captured).final?.evidence).toMatchObject({ realm, realmFrom });
  });
});

describe("a refusal", () => {
  it("as Samba sends it has the name of its result", async () => {
    expect(readOver(await begun("udp"), captured).final).toEqual({
      service: "refused",
      detail: "KRB-ERROR 2, result 2 hard error, clock +0.64 s",
      evidence: {
        realm: "LAB.TEST",
        realmFrom: "host name",
        errorCode: 2,
        result: "2 hard error",
        resultText: "gensec_update failed - NT_STATUS_LOGON_FAILURE",
        server: "kadmin/changepw@LAB.TEST",
        clockOffsetMs: 638,
        spoofResistance: "port-only",
      },
    });
  });

  it("over TCP waits for its whole frame, and could not have been said by anybody", async () => {
    const transaction = await begun("tcp");
    const frame = fixture("kpasswd/error-tcp-samba.hex");
    for (let length = 0; length < frame.length; length++) {
      expect(readOver(transaction, frame.subarray(0, length))).toEqual({});
    }
    const { final } = readOver(transaction, frame);
    expect(final?.service).toBe("refused");
    expect(final?.evidence).not.toHaveProperty("spoofResistance");
  });

  it("as MIT sends it has both names, and a clock of whole seconds", async () => {
    const mit = fixture("kpasswd/error-udp-mit.hex");
    const { final } = readOver(await begun("udp", Date.UTC(2026, 10, 21, 7, 26, 54, 900)), mit);
    expect(final?.detail).toBe("KRB-ERROR 60 generic error, result 3 authentication error, clock +0 s");
    expect(final?.evidence).toMatchObject({
      errorName: "KRB_ERR_GENERIC",
      result: "3 authentication error",
      resultText: "Failed reading application request",
      clockOffsetMs: 0,
    });
    const later = readOver(await begun("udp", Date.UTC(2026, 10, 21, 7, 26, 57, 100)), mit);
    expect(later.final?.detail).toContain("clock -3 s");
  });

  it("without its head and with other data has the error's name", async () => {
    const { data: _, ...bare } = samba;
    const reply = encodeChangeError({ ...bare, code: 41 }).subarray(6);
    const { final } = readOver(await begun("udp"), reply);
    expect(final?.detail).toBe("KRB-ERROR 41 message modified, clock +0.64 s");
    expect(final?.evidence).not.toHaveProperty("result");
  });

  it("from a clock that is too far away warns", async () => {
    const late = encodeChangeError({ ...samba, serverTimeS: samba.serverTimeS - 302 });
    expect(readOver(await begun("udp"), late).final?.warnings).toEqual([
      "the clocks are 301.36 s apart: more than the 300 s that Kerberos allows",
    ]);
  });
});

describe("garbage", () => {
  it("over UDP is a mismatch that a good answer still replaces", async () => {
    const transaction = await begun("udp");
    expect(readOver(transaction, hex("deadbeef")).soFar?.service).toBe("mismatch");
    expect(readOver(transaction, captured).final?.service).toBe("refused");
  });

  it.each([
    ["an SSH server", new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n")],
    ["a frame with something else in it", encodeKerberosFrame(encodeOctets("hello"))],
  ])("over TCP is a mismatch at once: %s", async (_, bytes) => {
    expect(readOver(await begun("tcp"), bytes).final?.service).toBe("mismatch");
  });
});
