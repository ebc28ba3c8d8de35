import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/model/result.ts";
import { ask } from "./asking.ts";
import { NAME, type Script, type SmtpServer, smtpServer } from "./smtp-server.ts";

const OURS = "[127.0.0.1]";
const TLS = { serverName: NAME, strict: false };

interface Asked {
  readonly result: CheckResult;
  readonly heard: SmtpServer["heard"];
}

async function asked(
  script: Script = {},
  how: { readonly tls?: typeof TLS; readonly startTls?: boolean } = {},
): Promise<Asked> {
  await using server = await smtpServer(script);
  const { startTls, tls } = how;
  const result = await ask(server.local, {
    prober: "smtp",
    timeoutMs: 3_000,
    ...(startTls === undefined ? {} : { params: { startTls } }),
    ...(tls === undefined ? {} : { tls }),
  });
  await server.gone();
  return { result, heard: server.heard };
}

const warnings = ({ result }: Asked) => [...(result.reading?.warnings ?? [])];

describe("a mail server with STARTTLS", () => {
  it("is greeted, secured, greeted again and left", async () => {
    const { result, heard } = await asked();
    expect(heard).toEqual([`EHLO ${OURS}`, "STARTTLS", `tls EHLO ${OURS}`, "tls QUIT"]);
    expect(result).toMatchObject({ outcome: "pass", verdict: { state: "open", service: "confirmed" } });
    expect(result.reading).toEqual({
      service: "confirmed",
      detail: "mail.lab.test, ESMTP; STARTTLS: TLSv1.3",
      evidence: {
        banner: "mail.lab.test ESMTP",
        bannerMs: expect.any(Number),
        hostName: "mail.lab.test",
        extensions: ["SIZE", "STARTTLS"],
        startTls: true,
        extensionsInTls: ["AUTH"],
      },
    });
  });

  it("shows its certificate, whose faults are warnings", async () => {
    const { result } = await asked();
    expect(result.observations[0]?.tls?.chain[0]).toMatchObject({ names: expect.arrayContaining([NAME]) });
    expect(result.outcome).toBe("pass");
    expect(result.warnings).toEqual([expect.stringContaining("the certificate is not trusted here")]);
  });

  it("is held against the name that the row gives", async () => {
    const { result } = await asked({}, { startTls: true, tls: { ...TLS, serverName: "mail.example.com" } });
    expect(result.outcome).toBe("pass");
    expect(result.warnings).toContainEqual(expect.stringContaining("asked for mail.example.com"));
  });

  it("fails a row that is strict about a certificate that nobody here trusts", async () => {
    const { result } = await asked({}, { startTls: true, tls: { ...TLS, strict: true } });
    expect(result).toMatchObject({ outcome: "fail", detail: expect.stringContaining("strict TLS") });
  });

  it("is not believed what came in clear behind its answer", async () => {
    const injected = "250-evil\r\n250 AUTH EVIL\r\n";
    const one = await asked({ injected });
    expect(one.result.reading?.evidence.extensionsInTls).toEqual(["AUTH"]);
    expect(warnings(one)).toContainEqual(expect.stringContaining(`${injected.length} bytes came in clear`));
  });

  it.each<readonly [string, Script, string]>([
    ["takes it back", { startTls: ["454 not now"] }, "STARTTLS is offered, and refused: 454 not now"],
    [
      "makes no handshake of it",
      { insteadOfTls: "500 what?\r\n" },
      "STARTTLS is accepted, but no handshake came of it",
    ],
    [
      "answers nonsense",
      { startTls: ["nonsense"] },
      "what came after STARTTLS could not be read: no line of a reply (at byte 0)",
    ],
    ["turns us away inside", { ehloInTls: ["550 no"] }, "inside TLS EHLO was answered with 550"],
  ])("that %s was proven all the same", async (_, script, warning) => {
    const one = await asked(script);
    expect(one.result).toMatchObject({ outcome: "pass", verdict: { service: "confirmed" } });
    expect(warnings(one)).toEqual([warning]);
  });
});

describe("a mail server without STARTTLS", () => {
  const plain = { ehlo: ["250-mail.lab.test Hello", "250 SIZE 100"] };

  it("is greeted and left", async () => {
    const { result, heard } = await asked(plain);
    expect(heard).toEqual([`EHLO ${OURS}`, "QUIT"]);
    expect(result.reading?.detail).toBe("mail.lab.test, ESMTP");
    expect(result.warnings).toEqual([]);
  });

  it("is one without TLS for a row that wants it", async () => {
    const { result } = await asked(plain, { startTls: true, tls: TLS });
    expect(result.warnings).toEqual(["the service answered without TLS"]);
  });

  it.each(["500", "502", "504"])("is greeted by HELO where it answers EHLO with %s", async (code) => {
    const { result, heard } = await asked({ ehlo: [`${code} what?`] });
    expect(heard).toEqual([`EHLO ${OURS}`, `HELO ${OURS}`, "QUIT"]);
    expect(result.reading).toMatchObject({ service: "confirmed", detail: "mail.lab.test, SMTP without extensions" });
  });
});

it("a mail server that begins with TLS is asked inside it, and not for STARTTLS", async () => {
  const { result, heard } = await asked({ begins: "inside TLS" }, { tls: TLS });
  expect(heard).toEqual([`tls EHLO ${OURS}`, "tls QUIT"]);
  expect(result.reading?.detail).toBe("mail.lab.test, ESMTP");
});

describe("a refusal", () => {
  const mails = ["421 4.3.2 busy", "421 mail.lab.test ESMTP busy", "450 later", "521 no mail here", "554 no"];
  it.each(mails)("is the banner %s", async (line) => {
    const { result, heard } = await asked({ banner: [line] });
    expect(heard).toEqual(["QUIT"]);
    expect(result).toMatchObject({ outcome: "pass", verdict: { service: "refused", reason: "service-refusal" } });
    expect(result.reading?.detail).toBe(`the banner turns us away: ${line} (the service answers, and refuses)`);
  });

  it("is the answer to EHLO", async () => {
    const { result, heard } = await asked({ ehlo: ["550 not you"] });
    expect(heard).toEqual([`EHLO ${OURS}`, "QUIT"]);
    expect(result.reading).toMatchObject({ service: "refused", evidence: { code: 550 } });
  });

  it("is that of a server that calls itself SMTP and knows no greeting", async () => {
    const { result } = await asked({ ehlo: ["502 no"], helo: ["502 no"] });
    expect(result.verdict?.service).toBe("refused");
  });
});

describe("what FTP and news servers say too", () => {
  const undecided = { outcome: "inconclusive", verdict: { state: "open", service: "unchecked" } };

  it.each(["421 Too many users", "400 later", "502 You are not allowed to connect"])(
    "is the banner %s",
    async (line) => {
      const { result, heard } = await asked({ banner: [line] });
      expect(heard).toEqual(["QUIT"]);
      expect(result).toMatchObject(undecided);
      expect(result.detail).toBe(`the banner turns us away: ${line}; an FTP or news server would say the same`);
    },
  );

  it.each(["503 Login with USER first.", "421 Timeout"])("is %s to EHLO", async (line) => {
    expect((await asked({ banner: ["220 Welcome"], ehlo: [line] })).result).toMatchObject(undecided);
  });
});

describe("what is no mail server", () => {
  it("is FTP, which greets alike", async () => {
    const { result } = await asked({
      banner: ["220 (vsFTPd 3.0.3)"],
      ehlo: ["530 Please login"],
      helo: ["530 Please login"],
    });
    expect(result).toMatchObject({ outcome: "fail", verdict: { service: "mismatch" } });
    expect(result.reading?.detail).toBe("greets like a mail server, but knows neither EHLO nor HELO");
  });

  it.each([["SSH-2.0-OpenSSH_9.2"], ["+OK POP3"], ["* OK IMAP4rev1"], ["354 go on"]])("is %s", async (line) => {
    const { result, heard } = await asked({ banner: [line] });
    expect(result).toMatchObject({ outcome: "fail", verdict: { state: "open", service: "mismatch" } });
    expect(heard).toEqual([]);
  });
});

describe("silence", () => {
  it("before the banner is kept: nobody talks first", async () => {
    const { result, heard } = await asked({ banner: undefined });
    expect(heard).toEqual([]);
    expect(result).toMatchObject({ outcome: "fail", verdict: { state: "open", service: "silent" } });
  });

  it("after the banner proves no mail server", async () => {
    const { result } = await asked({ ehlo: undefined });
    expect(result.verdict).toMatchObject({ state: "open", service: "silent" });
  });
});

describe("the SMTP inspection of a Cisco firewall", () => {
  it("masks the banner", async () => {
    const one = await asked({ banner: ["220 ****************************2******0**"], ehlo: ["500 what?"] });
    expect(one.result.verdict?.service).toBe("confirmed");
    expect(warnings(one)).toEqual([expect.stringContaining("the banner is masked with asterisks")]);
  });

  it("overwrites STARTTLS", async () => {
    const one = await asked({ ehlo: ["250-mail.lab.test Hello", "250 XXXXXXXA"] });
    expect(one.heard).not.toContain("STARTTLS");
    expect(warnings(one)).toEqual([expect.stringContaining("an extension is overwritten, probably STARTTLS")]);
  });
});
