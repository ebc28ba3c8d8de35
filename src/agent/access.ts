/** Who may look: a token, compared in constant time, and a guard against web pages that reach for this machine. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Whether an address is this machine's own and nobody else's: 127.0.0.0/8, ::1. */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/i.test(address) || address === "::1";
}

/**
 * Whether the headers bear the token: as `Bearer TOKEN`, or as the password of HTTP Basic under any name, because that
 * is what a browser can ask a person for (RFC 6750, RFC 7617).
 */
export function bearsToken({ authorization = "" }: IncomingHttpHeaders, token: string): boolean {
  const [, scheme = "", credentials = ""] = /^(bearer|basic) +(.*)$/i.exec(authorization.trim()) ?? [];
  const given = scheme.toLowerCase() === "basic" ? passwordOf(credentials) : credentials;
  return timingSafeEqual(digest(given), digest(token)) && scheme !== "";
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1);
}

/** Of one length, whatever was given: how long a comparison takes tells nothing of the token. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Whether a Host header names this machine by a name that only this machine has. A page from elsewhere whose name was
 * made to point to 127.0.0.1 (DNS rebinding) bears its own name here.
 */
export function namesLoopback(host: string | undefined): boolean {
  const name = (host ?? "").replace(/:\d{1,5}$/, "").toLowerCase();
  return name === "localhost" || isLoopback(name.replace(/^\[(.*)\]$/, "$1"));
}
