/** What a SIP response says of its sender, as evidence: texts cut short, since any peer may write them. */
import type { Evidence } from "../model/evidence.ts";
import type { Endpoint } from "../model/ports.ts";
import type { SipResponse } from "../wire/sip.ts";
import { headerList, headerValues } from "../wire/sip-headers.ts";
import { parameterValue } from "../wire/sip-text.ts";
import { bracketed, viasOf } from "../wire/sip-via.ts";

const TEXT_MAX = 120;
const LIST_MAX = 20;

/** `404 Not Found`. */
export function statusText({ status, reason }: SipResponse): string {
  return `${status} ${cut(reason)}`.trim();
}

export function sipFacts(response: SipResponse, local: Endpoint): Evidence {
  const facts = {
    status: response.status,
    reason: cut(response.reason),
    server: textOf(response, "server"),
    userAgent: textOf(response, "user-agent"),
    allow: listOf(response, "allow"),
    supported: listOf(response, "supported"),
    warning: textOf(response, "warning"),
    realm: realmOf(response),
    seenAs: seenAs(response, local),
  };
  return Object.fromEntries(Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined));
}

/** Address and port that the server saw us at (RFC 3581), where they are not our own. */
function seenAs({ headers }: SipResponse, local: Endpoint): string | undefined {
  const parameters = viasOf(headers)[0]?.parameters ?? [];
  const received = parameterValue(parameters, "received")?.replace(/^\[|\]$/g, "");
  const rport = parameterValue(parameters, "rport");
  if (received === undefined && rport === undefined) return undefined;
  const seen = `${bracketed(received ?? local.address)}:${rport ?? local.port}`;
  return seen === `${bracketed(local.address)}:${local.port}` ? undefined : cut(seen);
}

/** The realm of a challenge (RFC 3261 section 22). */
function realmOf({ headers }: SipResponse): string | undefined {
  const challenges = [...headerValues(headers, "www-authenticate"), ...headerValues(headers, "proxy-authenticate")];
  const realm = challenges.map((challenge) => /\brealm\s*=\s*"([^"]*)"/i.exec(challenge)?.[1]);
  return realm[0] === undefined ? undefined : cut(realm[0]);
}

function textOf({ headers }: SipResponse, name: string): string | undefined {
  const [value] = headerValues(headers, name);
  return value === undefined || value === "" ? undefined : cut(value);
}

function listOf({ headers }: SipResponse, name: string): readonly string[] | undefined {
  const list = headerList(headers, name);
  return list.length === 0 ? undefined : list.slice(0, LIST_MAX).map(cut);
}

function cut(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
