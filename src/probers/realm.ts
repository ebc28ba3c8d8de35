/**
 * Which Kerberos realm is asked for. A server says no to a wrong one too, and that is an answer, so a guess will do;
 * but the report says that it was one.
 */
import type { Ask, ParamSpec } from "../model/prober.ts";
import { domainOf } from "./host-domain.ts";

/** The name of the learned fact. */
const REALM_FACT = "realm";

export const REALM_PARAM: ParamSpec = {
  type: "string",
  about: "Kerberos realm, for instance EXAMPLE.COM; empty: the host's domain, else what the host says of itself.",
};

/** RFC 2606 section 2: nobody can ever have this name. */
const NOBODYS_REALM = "UNITY-PROBE.INVALID";

/** Evidence as it stands. */
export interface RealmChoice {
  readonly realm: string;
  readonly realmFrom: "parameter" | "host name" | "learned" | "made up";
}

/** What must be learned to choose: nothing where the realm was given or stands in the host's name. */
export function factsForRealm(given: unknown, host: string): readonly string[] {
  return (given !== undefined && given !== "") || domainOf(host) !== undefined ? [] : [REALM_FACT];
}

/** The realm that was given; else the domain of the host's name; else what was learned; else one that cannot exist. */
export function chooseRealm(given: string | undefined, ask: Pick<Ask, "host" | "learned">): RealmChoice {
  if (given !== undefined && given !== "") return { realm: given, realmFrom: "parameter" };
  const domain = domainOf(ask.host);
  if (domain !== undefined) return { realm: domain.toUpperCase(), realmFrom: "host name" };
  const learned = ask.learned[REALM_FACT];
  if (typeof learned === "string" && learned !== "") return { realm: learned, realmFrom: "learned" };
  return { realm: NOBODYS_REALM, realmFrom: "made up" };
}
