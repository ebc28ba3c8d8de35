import { describe, expect, it } from "vitest";
import { smb, smb1Only } from "../../src/standin/smb.ts";
import { serve } from "../../src/standin/stand-in.ts";
import { decodeSmbFrame, encodeSmbFrame } from "../../src/wire/smb-frame.ts";
import { decodeSmb1, encodeSmb1, SMB1_DIALECT, SMB2_BY_NAME } from "../../src/wire/smb1.ts";
import { decodeSmb2, encodeSmb2, type Smb2Message } from "../../src/wire/smb2.ts";
import { ask } from "../probers/asking.ts";
import { fixture } from "../wire/support.ts";

const clock = { wallMs: () => Date.now() };
const [today, old] = [smb(clock), smb1Only(clock)];

const smb2 = (dialects: readonly number[]): Uint8Array =>
  encodeSmbFrame(
    encodeSmb2({
      type: "negotiateRequest",
      messageId: 5n,
      securityMode: 1,
      clientGuid: "00000000-0000-0000-0000-000000000000",
      dialects,
    }),
  );
const smb1 = (...dialects: readonly string[]): Uint8Array =>
  encodeSmbFrame(encodeSmb1({ type: "negotiateRequest", dialects }));
const answerOf = (request: Uint8Array): Smb2Message | undefined => {
  const [answer] = today.answer(request) ?? [];
  return answer && decodeSmb2(decodeSmbFrame(answer));
};

describe("the SMB stand-in", () => {
  it.each([
    ["a server of today", today, "SMB 3.0.2, signing required"],
    ["a server that knows SMB 1 alone", old, "SMB 1, signing not required"],
  ])("is %s, for the prober", async (_, standIn, detail) => {
    const listener = await serve(standIn, "127.0.0.1", 0);
    const result = await ask(listener.local, { prober: "smb-negotiate" });
    await listener.close();
    expect(result.detail).toMatch(new RegExp(`^${detail}, clock [+-]0\\.\\d\\d s$`));
    expect(result.outcome).toBe("pass");
  });

  it("takes the best dialect that is offered, and answers that very message", () => {
    expect(answerOf(smb2([0x0202, 0x0210, 0x0311]))).toMatchObject({ dialect: 0x0210, messageId: 5n });
  });

  it("refuses when there is none", () => {
    expect(answerOf(smb2([0x0311]))).toEqual({ type: "error", messageId: 5n, status: 0xc000_00bb });
  });

  it("answers SMB 1 in SMB 2 where that is offered by name, and hangs up where it is not", () => {
    expect(answerOf(smb1(SMB1_DIALECT, ...SMB2_BY_NAME))).toMatchObject({ dialect: 0x02ff });
    expect(answerOf(smb1(SMB1_DIALECT, SMB2_BY_NAME[0]))).toMatchObject({ dialect: 0x0202 });
    expect(answerOf(smb1(SMB1_DIALECT))).toBeUndefined();
  });

  it("answers no answers", () => {
    for (const path of ["smb2-negotiate-samba", "smb1-negotiate-samba"]) {
      expect(today.answer(fixture(`smb/${path}.hex`))).toBeUndefined();
      expect(old.answer(fixture(`smb/${path}.hex`))).toBeUndefined();
    }
  });

  it("of old finds its dialect wherever it stands, or hangs up", () => {
    const [answer] = old.answer(smb1("LANMAN1.0", SMB1_DIALECT))!;
    expect(decodeSmb1(decodeSmbFrame(answer!))).toMatchObject({ dialectIndex: 1, server: { securityMode: 4 } });
    expect(old.answer(smb1("LANMAN1.0"))).toBeUndefined();
    expect(old.answer(smb2([0x0302]))).toBeUndefined();
  });
});
