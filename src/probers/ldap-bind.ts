/**
 * LDAP (RFC 4511): a bind, then the root entry, in which a server says who it is. Over TLS the same two questions are
 * asked inside it, because a handshake alone may be a middle box's; with StartTLS after a bind as nobody in clear. A
 * row may name an account: its password goes to a server that TLS proved to be the one that was asked for, and to no
 * other.
 */
import type { Tls } from "../model/check.ts";
import type { Evidence } from "../model/evidence.ts";
import type { TlsSeen } from "../model/observation.ts";
import type { Dialogue, Reading, World } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import { anonymousBind, type BindRequest, START_TLS_OID } from "../wire/ldap.ts";
import { type LdapResult, ldapResultName } from "../wire/ldap-result.ts";
import { withoutRootEntry, withRootEntry } from "./ldap-root-entry.ts";
import { LdapTalk } from "./ldap-talk.ts";

const SUCCESS = 0;
/** Busy and unavailable: the server says so of itself, whatever the password is. */
const NO_JUDGEMENT: ReadonlySet<number> = new Set([51, 52]);

interface Params {
  readonly startTls?: boolean;
  readonly gc?: boolean;
  readonly bindDn?: string;
  /** The name of a secret. */
  readonly password?: string;
}

export const ldapBind: Dialogue<Params> = {
  kind: "dialogue",
  id: "ldap-bind",
  transports: ["tcp"],
  silence: "fail",
  giveUpMs: 10_000,
  cost: { packets: 5, bytes: 1_280 },
  manners: { minIntervalMs: 0 },
  params: {
    startTls: {
      type: "boolean",
      about: "Bind as nobody in clear, then StartTLS, and go on inside TLS.",
      startsTls: true,
    },
    gc: {
      type: "boolean",
      about: "The row is about a global catalog: a directory whose root entry says nothing of one is a mismatch.",
    },
    bindDn: {
      type: "string",
      about: "Distinguished name of an account to bind as, inside TLS only; needs its password.",
      needs: "password",
    },
    password: { type: "secret", about: "Password of the account.", needs: "bindDn" },
  },
  about: {
    protocol: "LDAP",
    title: "LDAP bind and root entry",
    sends:
      "A simple bind with empty name and password, a search for the root entry, an unbind. With tls: the handshake first. With startTls: the bind in clear, a StartTLS request and the handshake before the search. With bindDn: a simple bind with that name and its password, inside TLS, and only where the certificate is trusted here and bears the name that was asked for.",
    accepts:
      "A response with our message id. A refusal of the bind (strongerAuthRequired, inappropriateAuthentication, invalidCredentials, ...) is an answer too, and so is one of StartTLS. With gc: a root entry with isGlobalCatalogReady TRUE; FALSE counts as a refusal, with a warning, and a root entry without it as a mismatch; where no root entry is shown, the row is undecided.",
    proves:
      "An LDAP server answered; its root entry names the host and the domain that it serves. With gc: it says that it is a global catalog, which it says on each of its ports.",
    triggers:
      "At most a debug log line where no name is sent: nothing can be locked out. With bindDn a log-on of that account, at most once a run and host, and never again after a refusal until the password's file changes.",
    specification: [
      "RFC 4511 sections 4.1 to 4.5 and 4.14",
      "RFC 4513 sections 3 and 5.1",
      "RFC 4512 section 5.1",
      "MS-ADTS section 3.1.1.3.2",
    ],
  },
  async run(params, ask) {
    const upgrade = params.startTls === true ? ask.tls : undefined;
    const connection = await ask.connect(upgrade === undefined && ask.tls !== undefined ? { tls: ask.tls } : {});
    if (connection === undefined) return undefined;
    const talk = new LdapTalk(connection, ask.world.randomBytes(4));
    const login = upgrade === undefined ? loginFor(params, connection.tls, ask.world) : asNobody();
    const bound = await bind(talk, login);
    if (bound === undefined) return undefined;
    const wanted = { globalCatalog: params.gc === true };
    if (talk.hungUp) return withoutRootEntry(bound, wanted);
    let reading = bound;
    let next = "what came after StartTLS";
    try {
      if (upgrade !== undefined) reading = await secure(talk, reading, upgrade, params, ask.world);
      next = "the root entry";
      return await withRootEntry(talk, reading, { ...wanted, nowMs: ask.world.wallMs() });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // The bind was answered in good order: what follows cannot take that back.
      const warnings = [`${next} could not be read: ${error.message}`];
      return withoutRootEntry(and(reading, { warnings }), wanted);
    }
  },
};

/** The bind to make, and why it is one as nobody where the row names an account. */
interface Login {
  readonly request: BindRequest;
  readonly warnings: readonly string[];
}

/** The row's account where TLS proves whom we talk to and the secret may be sent now; else nobody. */
function loginFor({ bindDn, password }: Params, tls: TlsSeen | undefined, world: World): Login {
  if (bindDn === undefined || password === undefined) return asNobody();
  if (tls === undefined) return asNobody("the password was not sent: there is no TLS");
  if (tls.verifyError !== undefined || tls.nameMatches !== true) {
    return asNobody("the password was not sent: the certificate does not prove that this is the server");
  }
  const secret = world.secret(password);
  if (secret === undefined) return asNobody();
  return { request: { type: "bindRequest", version: 3, name: bindDn, password: secret.bytes }, warnings: [] };
}

function asNobody(...warnings: readonly string[]): Login {
  return { request: anonymousBind(), warnings };
}

/** Undefined when the connection ended first. */
async function bind(talk: LdapTalk, { request, warnings }: Login): Promise<Reading | undefined> {
  const answer = await talk.ask(request);
  if (answer === undefined) return undefined;
  if (answer.type === "extendedResponse") return disconnected(answer.result);
  if (answer.type !== "bindResponse") throw new WireError("malformed", `a bind was answered by a ${answer.type}`, 0);
  const reading = request.name === "" ? readingOfNobody(answer.result) : readingOfAccount(request.name, answer.result);
  return and(reading, { warnings });
}

function readingOfNobody(result: LdapResult): Reading {
  const name = ldapResultName(result.code);
  const refused = result.code !== SUCCESS;
  return {
    service: refused ? "refused" : "confirmed",
    detail: `anonymous bind: ${name}${refused ? " (the service answers, and refuses)" : ""}`,
    evidence: resultEvidence("bind", result),
  };
}

function readingOfAccount(dn: string, result: LdapResult): Reading {
  const name = ldapResultName(result.code);
  const evidence = { bindDn: dn, ...resultEvidence("bind", result) };
  if (result.code === SUCCESS) return { service: "confirmed", detail: `bind as ${dn}: ${name}`, evidence };
  const reading = { service: "refused", detail: `bind as ${dn}: ${name}`, evidence } as const;
  if (NO_JUDGEMENT.has(result.code)) return reading;
  return {
    ...reading,
    warnings: [`the account or its password was refused (${name}): it is not tried again until the password changes`],
    secretRefused: true,
  };
}

/** StartTLS (RFC 4511 section 4.14), and inside it the bind of an account; the reading with what came of both. */
async function secure(talk: LdapTalk, before: Reading, tls: Tls, params: Params, world: World): Promise<Reading> {
  const withheld = loginFor(params, undefined, world).warnings;
  const answer = await talk.ask({ type: "extendedRequest", name: START_TLS_OID });
  if (answer === undefined) return and(before, { detail: "StartTLS was not answered", warnings: withheld });
  if (answer.type !== "extendedResponse") {
    throw new WireError("malformed", `StartTLS was answered by a ${answer.type}`, 0);
  }
  const name = ldapResultName(answer.result.code);
  const evidence = resultEvidence("startTls", answer.result);
  if (answer.result.code !== SUCCESS || talk.hungUp) {
    return and(before, { detail: `StartTLS refused: ${name}`, evidence, warnings: withheld });
  }
  const injected = injectionWarnings(talk.connection.pending());
  const seen = await talk.connection.startTls(tls);
  if (seen === undefined) {
    const detail = "StartTLS accepted, but no handshake came of it";
    return and(before, { detail, evidence, warnings: [...injected, ...withheld] });
  }
  const login = loginFor(params, seen, world);
  const secured = and(before, { detail: "StartTLS: success", evidence, warnings: [...injected, ...login.warnings] });
  if (login.request.name === "") return secured;
  return and(secured, (await bind(talk, login)) ?? { warnings: ["the bind inside TLS was not answered"] });
}

/** Read as if TLS had brought it, it would be a stranger's word in the server's mouth (RFC 3207 section 6). */
function injectionWarnings({ length }: Uint8Array): readonly string[] {
  if (length === 0) return [];
  return [`${length} bytes came in clear behind the answer to StartTLS: thrown away, somebody may have put them there`];
}

function disconnected(result: LdapResult): Reading {
  return {
    service: "refused",
    detail: `the server hangs up: ${ldapResultName(result.code)}`,
    evidence: {
      disconnection: ldapResultName(result.code),
      ...(result.diagnostic === "" ? {} : { disconnectionDiagnostic: result.diagnostic }),
    },
  };
}

function resultEvidence(of: "bind" | "startTls", { code, diagnostic }: LdapResult): Evidence {
  return { [`${of}Result`]: ldapResultName(code), ...(diagnostic === "" ? {} : { [`${of}Diagnostic`]: diagnostic }) };
}

/** The reading, and more that was learned after it. */
function and(reading: Reading, { detail, evidence, warnings = [], ...more }: Partial<Reading>): Reading {
  const told = [...(reading.warnings ?? []), ...warnings];
  return {
    ...reading,
    ...more,
    detail: detail === undefined ? reading.detail : `${reading.detail}; ${detail}`,
    evidence: { ...reading.evidence, ...evidence },
    ...(told.length === 0 ? {} : { warnings: told }),
  };
}
