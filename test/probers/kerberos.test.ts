import { describe, expect, it } from "vitest";
import type { Ask, Oneshot, Reading, Transaction } from "../../src/model/prober.ts";
import type { Transport } from "../../src/model/words.ts";
import { loadProber } from "../../src/probers/index.ts";
import { kerberos } from "../../src/probers/kerberos.ts";
import { encodeOctets } from "../../src/wire/ber.ts";
import { decodeAsRequest, decodeKrbError, encodeKrbError, type KrbError } from "../../src/wire/kerberos.ts";
import { decodeKerberosFrame, encodeKerberosFrame } from "../../src/wire/kerberos-frame.ts";
import { fixture, hex, toHex } from "../wire/support.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 6, 33, 51, 500);
const OURS = "unity-probe-0001020304050607";
const local = { transport: "udp", address: "127.0.0.1", port: 50_000 } as const;

/** A world whose wall clock moves on by 20 ms each time that somebody looks. */
function askOver(transport: Transport, host = "dc01.lab.test", learned = {}): Ask {
  let wallMs = NOW_MS - 20;
  return {
    host,
    remote: { transport, address: "127.0.0.1", port: 88 },
    learned,
    world: {
      monotonicMs: () => 0,
      wallMs: () => (wallMs += 20),
      sleep: () => Promise.resolve(),
      randomBytes: (length) => Uint8Array.from({ length }, (_, at) => (length === 4 ? 0xff : at)),
      secret: () => undefined,
    },
  };
}

/** A transaction whose first request went out, as the registry gives it: malformed answers are readings. */
async function begun(transport: Transport): Promise<Transaction> {
  const prober = (await loadProber("kerberos")) as Oneshot<Record<string, never>>;
  const transaction = prober.start({}, askOver(transport), local);
  transaction.request(0);
  return transaction;
}

const captured = decodeKrbError(fixture("kerberos/krb-error-udp-samba.hex"));

/** The captured refusal, for our principal. */
function refusal(how: Partial<KrbError> = {}): Uint8Array {
  return encodeKrbError({ ...captured, client: { type: 1, parts: [OURS] }, ...how });
}

function readOver(transaction: Transaction, bytes: Uint8Array): { final?: Reading; soFar?: Reading } {
  return transaction.read(bytes, { transport: "udp", address: "127.0.0.1", port: 88 }, 0);
}

const textHex = (text: string): string => toHex(new TextEncoder().encode(text));

describe("the AS-REQ", () => {
  it("names a random principal in the realm, and wants nothing that the account's owner would notice", () => {
    const request = kerberos.start({}, askOver("udp"), local).request(0)!;
    expect(decodeAsRequest(request)).toEqual({
      client: { type: 1, parts: [OURS] },
      realm: "LAB.TEST",
      server: { type: 2, parts: ["krbtgt", "LAB.TEST"] },
      tillS: Date.UTC(2037, 8, 13, 2, 48, 5) / 1000,
      nonce: 0x7fff_ffff,
      encryptionTypes: [18, 17, 23],
    });
  });

  it("is the same when it is sent again, and over TCP goes in a frame", () => {
    const transaction = kerberos.start({}, askOver("udp"), local);
    const bytes = transaction.request(0)!;
    expect(transaction.request(1)).toEqual(bytes);
    const overTcp = kerberos.start({}, askOver("tcp"), local).request(0)!;
    expect(decodeKerberosFrame(overTcp)).toEqual(bytes);
  });

  it.each([
    ["the parameter", { realm: "Lab.Example" }, "dc01.lab.test", {}, "Lab.Example", "parameter"],
    ["the host's name", {}, "dc01.lab.test", { realm: "LEARNED.TEST" }, "LAB.TEST", "host name"],
    ["what was learned", { realm: "" }, "127.0.0.1", { realm: "LEARNED.TEST" }, "LEARNED.TEST", "learned"],
    ["nothing", {}, "dc01", {}, "UNITY-PROBE.INVALID", "made up"],
  ])("asks for the realm from %s", (_, params, host, learned, realm, realmFrom) => {
    const transaction = kerberos.start(params, askOver("udp", host, learned), local);
    expect(decodeAsRequest(transaction.request(0)!).realm).toBe(realm);
    expect(readOver(transaction, refusal()).final?.evidence).toMatchObject({ realm, realmFrom });
  });
});

describe("a KRB-ERROR", () => {
  it("is a refusal with name, clock and, over UDP, what was not tested", async () => {
    // Sent at .500, read at .520, told .625: the clock is 115 ms ahead of the middle.
    expect(readOver(await begun("udp"), refusal()).final).toEqual({
      service: "refused",
      detail: "KRB-ERROR 6 principal unknown, clock +0.12 s (small datagram; fragments not tested)",
      evidence: {
        principal: OURS,
        realm: "LAB.TEST",
        realmFrom: "host name",
        errorCode: 6,
        errorName: "KDC_ERR_C_PRINCIPAL_UNKNOWN",
        server: "krbtgt/LAB.TEST@LAB.TEST",
        clockOffsetMs: 115,
        fragments: "not tested",
      },
    });
  });

  it("is a refusal over TCP, once its frame is whole", async () => {
    const transaction = await begun("tcp");
    const frame = encodeKerberosFrame(refusal());
    for (let length = 0; length < frame.length; length++) {
      expect(readOver(transaction, frame.subarray(0, length))).toEqual({});
    }
    const { final } = readOver(transaction, frame);
    expect(final?.detail).toBe("KRB-ERROR 6 principal unknown, clock +0.12 s");
    expect(final?.evidence).not.toHaveProperty("fragments");
  });

  it("about somebody else is not ours: UDP waits on, TCP cannot", async () => {
    const stray = refusal({ client: { type: 1, parts: ["administrator"] } });
    expect(readOver(await begun("udp"), stray)).toEqual({});
    expect(readOver(await begun("udp"), refusal({ client: { type: 1, parts: [OURS, "x"] } }))).toEqual({});
    expect(readOver(await begun("tcp"), encodeKerberosFrame(stray)).final?.service).toBe("mismatch");
  });

  it("about nobody is ours, with the warning that over UDP anybody could have said so", async () => {
    const { client: _, clientRealm: __, ...nameless } = captured;
    const bytes = encodeKrbError(nameless);
    const overUdp = readOver(await begun("udp"), bytes).final;
    expect(overUdp).toMatchObject({ service: "refused", evidence: { spoofResistance: "port-only" } });
    const overTcp = readOver(await begun("tcp"), encodeKerberosFrame(bytes)).final;
    expect(overTcp?.service).toBe("refused");
    expect(overTcp?.evidence).not.toHaveProperty("spoofResistance");
  });

  it.each([
    [12, "KRB-ERROR 12 refused by policy", "KDC_ERR_POLICY"],
    [18, "KRB-ERROR 18 client disabled or locked", "KDC_ERR_CLIENT_REVOKED"],
    [52, "KRB-ERROR 52 response too big for UDP", "KRB_ERR_RESPONSE_TOO_BIG"],
    [99, "KRB-ERROR 99", "error 99"],
  ])("of code %i is a refusal by its name", async (code, detail, errorName) => {
    const { final } = readOver(await begun("tcp"), encodeKerberosFrame(refusal({ code })));
    expect(final).toMatchObject({ service: "refused", evidence: { errorCode: code, errorName } });
    expect(final?.detail).toBe(`${detail}, clock +0.12 s`);
  });

  it("that sends us to another realm says which, and shows its text", async () => {
    const elsewhere = refusal({ code: 68, clientRealm: "OTHER.TEST", text: "try over there" });
    expect(readOver(await begun("udp"), elsewhere).final?.evidence).toMatchObject({
      errorName: "KDC_ERR_WRONG_REALM",
      clientRealm: "OTHER.TEST",
      errorText: "try over there",
    });
  });

  it("with an offer of encryption types shows them without salts", async () => {
    const { data } = decodeKrbError(fixture("kerberos/krb-error-preauth-samba.hex"));
    const { final } = readOver(await begun("udp"), refusal({ code: 25, data: data! }));
    expect(final?.evidence).toMatchObject({ errorCode: 25, offeredEncryption: ["aes256-cts-hmac-sha1-96"] });
    expect(JSON.stringify(final)).not.toContain("Administrator");
  });

  it("with an offer that cannot be read stays an answer", async () => {
    const { final } = readOver(await begun("udp"), refusal({ code: 25, data: hex("3005") }));
    expect(final?.service).toBe("refused");
    expect(final?.warnings).toEqual([expect.stringContaining("could not be read")]);
  });

  it.each([
    [61, "the clocks are 61.12 s apart; Kerberos stops working at 300 s"],
    [-301, "the clocks are 300.88 s apart: more than the 300 s that Kerberos allows"],
  ])("from a clock %i s away warns", async (aheadS, warning) => {
    const bytes = refusal({ serverTimeS: captured.serverTimeS + aheadS });
    expect(readOver(await begun("udp"), bytes).final?.warnings).toEqual([warning]);
  });
});

describe("an AS-REP", () => {
  const frame = fixture("kerberos/as-rep-tcp-samba.hex");

  /** The captured ticket, for our principal: its name has as many letters. */
  const ticket = hex(toHex(frame).replaceAll(textHex("unity-probe-0123456789abcdef"), textHex(OURS)));

  it("confirms the service, warns, and leaves nothing behind", async () => {
    const { final } = readOver(await begun("tcp"), ticket);
    expect(final).toEqual({
      service: "confirmed",
      detail: "AS-REP, which was thrown away",
      evidence: { principal: OURS, realm: "LAB.TEST", realmFrom: "host name" },
      warnings: [expect.stringContaining("a ticket was given for a random name")],
    });
  });

  it("for somebody else is not ours", async () => {
    expect(readOver(await begun("udp"), frame.subarray(4))).toEqual({});
  });
});

describe("garbage", () => {
  it("over UDP is a mismatch that a good answer still replaces", async () => {
    const transaction = await begun("udp");
    expect(readOver(transaction, hex("deadbeef")).soFar?.service).toBe("mismatch");
    expect(readOver(transaction, refusal()).final?.service).toBe("refused");
  });

  it.each([
    ["a web server", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n")],
    ["an SSH server", new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n")],
    ["a TLS alert", hex("15030300020228")],
    ["a frame with something else in it", encodeKerberosFrame(encodeOctets("hello"))],
    ["4 GiB", hex("ffffffff")],
  ])("over TCP is a mismatch at once: %s", async (_, bytes) => {
    expect(readOver(await begun("tcp"), bytes).final?.service).toBe("mismatch");
  });
});
