/** What a KRB-ERROR tells, whichever service sent it: who refuses, why, and how far its clock is from ours. */
import type { Evidence } from "../model/evidence.ts";
import { type KrbError, serverUnixMs } from "../wire/kerberos.ts";
import { formatPrincipal } from "../wire/kerberos-parts.ts";
import { clockWarning, formatOffset } from "./clock.ts";

/** Our wall clock around a request and its answer, in milliseconds since 1970 UTC. */
export interface Exchange {
  readonly sentWallMs: number;
  readonly arrivedWallMs: number;
}

/** The server's clock less ours; the truth lies within half the time between request and answer of it. */
export interface ClockSeen {
  readonly offsetMs: number;
  /** As precise as the server told it: `+0.02 s`, or `+0 s` in whole seconds. */
  readonly text: string;
  readonly warning?: string;
}

export function readClock(error: KrbError, { sentWallMs, arrivedWallMs }: Exchange): ClockSeen {
  const ourMs = (sentWallMs + arrivedWallMs) / 2;
  // MIT's change-password service always says 0 microseconds, and means that it has not looked.
  const wholeSeconds = error.serverMicroseconds === 0;
  const offsetS = error.serverTimeS - Math.floor(ourMs / 1000);
  const offsetMs = wholeSeconds ? offsetS * 1000 : Math.round(serverUnixMs(error) - ourMs);
  const warning = clockWarning(offsetMs);
  return {
    offsetMs,
    text: wholeSeconds ? `${offsetS < 0 ? "" : "+"}${offsetS} s` : formatOffset(offsetMs),
    ...(warning === undefined ? {} : { warning }),
  };
}

/** The facts of the error itself, under the names that every Kerberos prober gives them. */
export function errorEvidence(error: KrbError): Evidence {
  return {
    errorCode: error.code,
    server: `${formatPrincipal(error.server)}@${error.realm}`,
    ...(error.text === undefined ? {} : { errorText: error.text }),
  };
}
