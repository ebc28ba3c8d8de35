/**
 * SMTP (RFC 5321): the banner is waited for, then EHLO, STARTTLS where it is offered (RFC 3207), EHLO again inside TLS,
 * and QUIT. No sender, no recipient, no log-on.
 */
import type { Tls } from "../model/check.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Connection, Dialogue, Reading, World } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import {
  addressLiteral,
  decodeSmtpReply,
  ehloExtensions,
  encodeSmtpCommand,
  type SmtpReply,
  smtpReplyLength,
} from "../wire/smtp.ts";
import { within } from "./within.ts";

const READY = 220;
const OK = 250;
/** Codes by which a server says that it does not know the word EHLO. */
const UNKNOWN_COMMAND: ReadonlySet<number> = new Set([500, 502, 504]);
/** Codes that other protocols with such replies, FTP above all, answer to what they do not know. */
const NOT_MAIL: ReadonlySet<number> = new Set([...UNKNOWN_COMMAND, 530]);
/** Codes by which FTP (RFC 959 section 5.4) and news servers (RFC 3977 section 5.1) turn a stranger away too. */
const NOT_MAIL_ALONE: ReadonlySet<number> = new Set([...NOT_MAIL, 400, 421, 501, 503]);

/** A server that says no good-bye is not waited for any longer. */
const GOOD_BYE_MS = 2_000;

const REPLY_CAP_BYTES = 64 * 1024;
const EXTENSIONS_KEPT = 64;

interface Params {
  readonly startTls?: boolean;
}

export const smtp: Dialogue<Params> = {
  kind: "dialogue",
  id: "smtp",
  transports: ["tcp"],
  silence: "fail",
  // RFC 5321 section 4.5.3.2.1 allows a banner five minutes; 15 s of them, and some for what follows.
  giveUpMs: 20_000,
  cost: { packets: 4, bytes: 128 },
  manners: { minIntervalMs: 60_000 },
  params: {
    startTls: {
      type: "boolean",
      about: "The row's tls says how STARTTLS is spoken; without this a row with tls begins with it, as on port 465.",
      startsTls: true,
    },
  },
  about: {
    protocol: "SMTP",
    title: "SMTP greeting and extensions",
    sends:
      "Nothing before the banner. Then EHLO with our own address in brackets, HELO where EHLO is not known, STARTTLS where it is offered and EHLO again inside TLS, and QUIT. No sender, no recipient, no log-on.",
    accepts:
      "A banner with 220 and a reply to EHLO or HELO with 250. A banner with a code from 400 on, or such a reply, is a refusal by the service. Where its code is one by which FTP and news servers turn away too (400, 421, 50x, 530), it must say SMTP or bear an enhanced status code such as 4.3.2, else the row is undecided; a server that knows neither EHLO nor HELO and does not call itself SMTP is a mismatch.",
    proves:
      "A mail server answered, its extensions, and with STARTTLS its certificate. A banner of asterisks, or a STARTTLS overwritten as XXXXXXXA, shows the SMTP inspection of a Cisco firewall on the way (unverified on such a firewall).",
    triggers:
      "A log line about a connection without mail. Greylisting is not touched. A server that delays its banner to catch early talkers has no complaint; one that gives it after more than about 15 seconds is given up.",
    specification: ["RFC 5321 sections 3.1, 4.1.1.1, 4.1.3, 4.2 and 4.3.2", "RFC 2034", "RFC 3207 sections 4 and 6"],
  },
  async run({ startTls = false }, ask) {
    const connection = await ask.connect(startTls || ask.tls === undefined ? {} : { tls: ask.tls });
    if (connection === undefined) return undefined;
    const talk = new SmtpTalk(connection);
    const startedMs = ask.world.monotonicMs();
    const banner = await talk.receive();
    if (banner === undefined) return undefined;
    const bannerMs = Math.round(ask.world.monotonicMs() - startedMs);
    const facts = { banner: banner.lines.join(" / "), bannerMs };
    if (banner.code >= 400) return talk.left(refusal("the banner turns us away", banner, banner, facts), ask.world);
    if (banner.code !== READY) throw new WireError("malformed", `a banner with code ${banner.code}`, 0);
    const greeted = await greet(talk, banner, facts);
    if (greeted === undefined) return undefined;
    const offered = talk.offers("STARTTLS") && connection.tls === undefined;
    const reading = offered ? await secure(talk, greeted, ask.tls ?? { serverName: ask.host, strict: false }) : greeted;
    return talk.left(reading, ask.world);
  },
};

/** One SMTP connection, and what the far end said last about its extensions. */
class SmtpTalk {
  readonly connection: Connection;
  #extensions: ReadonlySet<string> = new Set();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  send(command: string): void {
    this.connection.send(encodeSmtpCommand(command));
  }

  /** The next whole reply; undefined when the connection ended first. Throws WireError for what is none. */
  async receive(): Promise<SmtpReply | undefined> {
    const bytes = await this.connection.receive(smtpReplyLength, REPLY_CAP_BYTES);
    return bytes === undefined ? undefined : decodeSmtpReply(bytes);
  }

  /** Presents us by our own address. */
  async greet(command: "EHLO" | "HELO"): Promise<SmtpReply | undefined> {
    this.send(`${command} ${addressLiteral(this.connection.local.address)}`);
    const reply = await this.receive();
    if (reply?.code === OK) this.#extensions = new Set(ehloExtensions(reply).map(({ keyword }) => keyword));
    return reply;
  }

  /** The reading, once leave is taken: a server complains of TLS that ends before it has said good-bye. */
  async left(reading: Reading, world: World): Promise<Reading> {
    this.send("QUIT");
    try {
      await within(world, GOOD_BYE_MS, this.receive());
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // Whatever it says now takes nothing back.
    }
    return reading;
  }

  get extensions(): readonly string[] {
    return [...this.#extensions].slice(0, EXTENSIONS_KEPT);
  }

  offers(keyword: string): boolean {
    return this.#extensions.has(keyword);
  }
}

/** EHLO, and HELO where that is not known. Undefined when the server does not answer: a banner alone may be FTP's. */
async function greet(talk: SmtpTalk, banner: SmtpReply, facts: Evidence): Promise<Reading | undefined> {
  let reply = await talk.greet("EHLO");
  const extended = reply?.code === OK;
  if (reply !== undefined && UNKNOWN_COMMAND.has(reply.code)) reply = await talk.greet("HELO");
  if (reply === undefined) return undefined;
  if (reply.code !== OK) {
    if (reply.code < 400) throw new WireError("malformed", `EHLO was answered with ${reply.code}`, 0);
    if (!showsMail(reply, banner) && NOT_MAIL.has(reply.code)) {
      const detail = "greets like a mail server, but knows neither EHLO nor HELO";
      return { service: "mismatch", detail, evidence: { ...facts, code: reply.code } };
    }
    return refusal("refuses EHLO", reply, banner, facts);
  }
  const host = reply.lines[0]!.split(" ")[0] || banner.lines[0]!.split(" ")[0]!;
  const warnings = inspectionWarnings(banner, talk);
  return {
    service: "confirmed",
    detail: `${host || "a mail server"}, ${extended ? "ESMTP" : "SMTP without extensions"}`,
    evidence: { ...facts, hostName: host, extensions: talk.extensions },
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function refusal(what: string, reply: SmtpReply, banner: SmtpReply, facts: Evidence): Reading {
  const { code, lines } = reply;
  const said = `${what}: ${code} ${lines[0]}`;
  const evidence = { ...facts, code };
  if (showsMail(reply, banner)) {
    return { service: "refused", detail: `${said} (the service answers, and refuses)`, evidence };
  }
  return { service: "unchecked", detail: `${said}; an FTP or news server would say the same`, evidence };
}

/** Whether a refusal is a mail server's: by its code, by an enhanced status code (RFC 2034), or by the word. */
function showsMail(reply: SmtpReply, banner: SmtpReply): boolean {
  if (!NOT_MAIL_ALONE.has(reply.code) || /^[45]\.\d{1,3}\.\d{1,3}(?: |$)/.test(reply.lines[0]!)) return true;
  return [...banner.lines, ...reply.lines].some((line) => /\bE?SMTP\b/i.test(line));
}

/** The SMTP inspection of Cisco PIX and ASA masks the banner, and overwrites the extensions that it does not like. */
function inspectionWarnings(banner: SmtpReply, talk: SmtpTalk): readonly string[] {
  const masked = banner.lines.some((line) => /\*{4}/.test(line) && !/[A-Za-z]/.test(line));
  const overwritten = talk.extensions.some((keyword) => /^X{4,}A?$/.test(keyword));
  const inspects = "a firewall on the way inspects SMTP, as Cisco PIX and ASA do:";
  return [
    ...(masked ? [`${inspects} the banner is masked with asterisks`] : []),
    ...(overwritten ? [`${inspects} an extension is overwritten, probably STARTTLS, so mail goes in clear`] : []),
  ];
}

/** STARTTLS, the handshake, and EHLO again, because all that was said before it may have been a stranger's. */
async function secure(talk: SmtpTalk, reading: Reading, tls: Tls): Promise<Reading> {
  talk.send("STARTTLS");
  try {
    const reply = await talk.receive();
    if (reply === undefined) return warned(reading, "STARTTLS was not answered");
    if (reply.code !== READY)
      return warned(reading, `STARTTLS is offered, and refused: ${reply.code} ${reply.lines[0]}`);
    const injected = talk.connection.pending().length;
    const seen = await talk.connection.startTls(tls);
    const read =
      injected === 0
        ? reading
        : warned(
            reading,
            `${injected} bytes came in clear behind the answer to STARTTLS: thrown away, somebody may have put them there`,
          );
    if (seen === undefined) return warned(read, "STARTTLS is accepted, but no handshake came of it");
    const again = await talk.greet("EHLO");
    const secured = {
      ...read,
      detail: `${read.detail}; STARTTLS: ${seen.version ?? "TLS"}`,
      evidence: { ...read.evidence, startTls: true },
    };
    if (again?.code === OK) return { ...secured, evidence: { ...secured.evidence, extensionsInTls: talk.extensions } };
    return warned(
      secured,
      `inside TLS EHLO was ${again === undefined ? "not answered" : `answered with ${again.code}`}`,
    );
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // The greeting was answered in good order: what follows cannot take that back.
    return warned(reading, `what came after STARTTLS could not be read: ${error.message}`);
  }
}

function warned(reading: Reading, warning: string): Reading {
  return { ...reading, warnings: [...(reading.warnings ?? []), warning] };
}
