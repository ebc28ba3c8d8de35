import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/model/result.ts";
import { filetimeFromUnixMs } from "../../src/wire/filetime.ts";
import { decodeSmbFrame, encodeSmbFrame, isSmb1, smbFrameLength } from "../../src/wire/smb-frame.ts";
import { encodeSmb1, SMB1_DIALECT } from "../../src/wire/smb1.ts";
import { decodeSmb2, encodeSmb2, type Smb2NegotiateResponse } from "../../src/wire/smb2.ts";
import { fixture } from "../wire/support.ts";
import { ask } from "./asking.ts";
import { type Behaviour, farEnd } from "./far-end.ts";

/** When the fixtures were captured, to the millisecond. */
const CAPTURED_MS = Date.UTC(2026, 10, 21, 6, 33, 51, 661);

/** The result of a port that behaves so, asked at the time of the captures, and the requests that came. */
async function negotiate(behave: Behaviour, wallMs = CAPTURED_MS): Promise<CheckResult> {
  await using end = await farEnd("tcp", behave, smbFrameLength);
  return await ask(end.local, { prober: "smb-negotiate", timeoutMs: 2_000, world: { wallMs: () => wallMs } });
}

/** Says this to the first request of every connection. */
function saying(...bytes: readonly Uint8Array[]): Behaviour {
  return async (talk) => {
    await talk.next();
    for (const each of bytes) await talk.send(each);
  };
}

/** Ends connections that begin with SMB 2, and says this to the others. */
function oldServer(reply: Uint8Array, end: "hangUp" | "reset" = "hangUp"): Behaviour {
  return async (talk) => {
    if (isSmb1(decodeSmbFrame(await talk.next()))) await talk.send(reply);
    else talk[end]();
  };
}

function captured(changes: Partial<Smb2NegotiateResponse>): Uint8Array {
  const response = decodeSmb2(decodeSmbFrame(fixture("smb/smb2-negotiate-samba.hex"))) as Smb2NegotiateResponse;
  return encodeSmbFrame(encodeSmb2({ ...response, ...changes }));
}

describe("the SMB negotiation", () => {
  it("asks for the dialects of SMB 2 and 3 but 3.1.1, with a random GUID", async () => {
    const requests: Uint8Array[] = [];
    await negotiate(async (talk) => {
      requests.push(await talk.next());
      await talk.send(captured({}));
    });
    expect(requests.map((request) => decodeSmb2(decodeSmbFrame(request)))).toEqual([
      {
        type: "negotiateRequest",
        messageId: 0n,
        securityMode: 1,
        clientGuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        dialects: [0x0202, 0x0210, 0x0300, 0x0302],
      },
    ]);
  });

  it("reads a Samba's dialect, signing and clock", async () => {
    const { outcome, reading, observations } = await negotiate(saying(fixture("smb/smb2-negotiate-samba.hex")));
    expect(outcome).toBe("pass");
    expect(observations).toHaveLength(1);
    expect(reading).toEqual({
      service: "confirmed",
      detail: "SMB 3.0.2, signing required, clock +0.00 s",
      evidence: {
        dialect: "3.0.2",
        signingRequired: true,
        serverGuid: "31306364-0000-0000-0000-000000000000",
        capabilities: ["DFS", "LEASING", "LARGE_MTU"],
        clockOffsetMs: 1,
      },
    });
  });

  it("warns of a clock that is too far away", async () => {
    const { reading } = await negotiate(saying(captured({})), CAPTURED_MS + 3_600_000);
    expect(reading?.detail).toBe("SMB 3.0.2, signing required, clock -3600.00 s");
    expect(reading?.warnings?.[0]).toContain("more than the 300 s that Kerberos allows");
  });

  it("says nothing of a clock that the server does not show, and that signing is not a must", async () => {
    const { reading } = await negotiate(saying(captured({ systemTime: 0n, securityMode: 1 })));
    expect(reading?.detail).toBe("SMB 3.0.2, signing not required");
    expect(reading?.evidence).not.toHaveProperty("clockOffsetMs");
  });

  it("tells a refusal by its name, and does not ask again", async () => {
    const { reading, observations } = await negotiate(saying(fixture("smb/smb2-negotiate-invalid-samba.hex")));
    expect(observations).toHaveLength(1);
    expect(reading).toEqual({
      service: "refused",
      detail: "the server answers, and refuses: STATUS_INVALID_PARAMETER",
      evidence: { refusal: "STATUS_INVALID_PARAMETER" },
    });
  });

  it("explains the refusal of a server that wants a newer dialect", async () => {
    const error = encodeSmb2({ type: "error", messageId: 0n, status: 0xc00000bb });
    expect((await negotiate(saying(encodeSmbFrame(error)))).detail).toBe(
      "the server answers, and refuses: STATUS_NOT_SUPPORTED, none of the dialects 2.0.2 to 3.0.2",
    );
  });

  it("does not believe an agreement on SMB 1 that it did not ask for", async () => {
    const { reading, observations } = await negotiate(saying(fixture("smb/smb1-negotiate-samba.hex")));
    expect(reading).toMatchObject({ service: "refused", evidence: { refusal: expect.stringContaining("none") } });
    expect(observations).toHaveLength(1);
  });

  it.each([
    ["an answer to another message", captured({ messageId: 1n })],
    [
      "its own request",
      encodeSmbFrame(
        encodeSmb2({
          type: "negotiateRequest",
          messageId: 0n,
          securityMode: 1,
          clientGuid: "00000000-0000-0000-0000-000000000000",
          dialects: [],
        }),
      ),
    ],
    ["a request of SMB 1", encodeSmbFrame(encodeSmb1({ type: "negotiateRequest", dialects: [SMB1_DIALECT] }))],
    ["a banner", Uint8Array.from(Buffer.from("220 mail ESMTP\r\n"))],
  ])("takes %s for another protocol, and does not ask again", async (_, bytes) => {
    const { verdict, observations } = await negotiate(saying(bytes));
    expect(verdict?.service).toBe("mismatch");
    expect(observations).toHaveLength(1);
  });
});

describe("a server that ends a connection that begins with SMB 2", () => {
  it.each(["hangUp", "reset"] as const)("is asked once more in SMB 1, and may know nothing newer (%s)", async (end) => {
    const { outcome, reading, observations } = await negotiate(oldServer(fixture("smb/smb1-negotiate-samba.hex"), end));
    expect(outcome).toBe("pass");
    expect(observations).toHaveLength(2);
    expect(reading).toEqual({
      service: "confirmed",
      detail: "SMB 1, signing required, clock +0.03 s",
      evidence: {
        dialect: "1",
        signingRequired: true,
        serverGuid: "31306364-0000-0000-0000-000000000000",
        clockOffsetMs: 32,
      },
      warnings: ["the server speaks SMB 1 only, which current clients refuse"],
    });
  });

  it("may know SMB 2 after all", async () => {
    const { reading } = await negotiate(oldServer(fixture("smb/smb1-multi-negotiate-samba.hex")));
    expect(reading).toMatchObject({
      service: "confirmed",
      detail: "SMB 2 or later, signing required, clock +0.02 s",
      warnings: ["a first connection was closed without an answer"],
    });
  });

  it.each([
    ["speaks none of the dialects", encodeSmb1({ type: "negotiateResponse", dialectIndex: 0xffff }), "it speaks none"],
    [
      "chooses one that SMB 1 cannot mean",
      encodeSmb1({ type: "negotiateResponse", dialectIndex: 1, server: { securityMode: 0, systemTime: 0n } }),
      "it speaks none",
    ],
    ["refuses", encodeSmb1({ type: "error", status: 0xc0000022 }), "STATUS_ACCESS_DENIED"],
  ])("may be one that %s", async (_, reply, why) => {
    const { reading } = await negotiate(oldServer(encodeSmbFrame(reply)));
    expect(reading).toMatchObject({ service: "refused", evidence: { refusal: expect.stringContaining(why) } });
  });

  it("may be one without a clock, which does not sign", async () => {
    const server = { securityMode: 0, systemTime: filetimeFromUnixMs(CAPTURED_MS - 120_000) };
    const reply = encodeSmb1({ type: "negotiateResponse", dialectIndex: 0, server });
    const { reading } = await negotiate(oldServer(encodeSmbFrame(reply)));
    expect(reading?.detail).toBe("SMB 1, signing not required, clock -120.00 s");
    expect(reading?.warnings).toHaveLength(2);
  });

  it("is not asked a third time", async () => {
    const { verdict, observations } = await negotiate((talk) => talk.hangUp());
    expect(observations).toHaveLength(2);
    expect(verdict).toMatchObject({ state: "open", reason: "rst-after-accept", service: "silent" });
  });

  it("is not asked again when it said something before", async () => {
    const half = fixture("smb/smb2-negotiate-samba.hex").subarray(0, 60);
    const { verdict, observations } = await negotiate(async (talk) => {
      await talk.next();
      await talk.send(half);
      talk.hangUp();
    });
    expect(observations).toHaveLength(1);
    expect(verdict).toMatchObject({ state: "open", reason: "no-response", service: "silent" });
  });
});
