/** The answer to whoever wants ports bound: what became of each. */
import type { ServerMessage } from "../wire/responder.ts";
import { spansOf } from "./spans.ts";

/** What may become of a port that is to be bound. */
export type Fate = Exclude<keyof Extract<ServerMessage, { type: "bound" }>, "type">;

export function nothingTold(): Record<Fate, number[]> {
  return { bound: [], inUse: [], busy: [], notListed: [], notPermitted: [], noResources: [] };
}

export function boundMessage(told: Readonly<Record<Fate, readonly number[]>>): ServerMessage {
  const spansTold = (fate: Fate) => spansOf([...told[fate]].sort((a, b) => a - b));
  return {
    type: "bound",
    bound: spansTold("bound"),
    inUse: spansTold("inUse"),
    busy: spansTold("busy"),
    notListed: spansTold("notListed"),
    notPermitted: spansTold("notPermitted"),
    noResources: spansTold("noResources"),
  };
}

/** What the system's word for a refused bind means; no word: it is bound. */
export function fateOf(code: string | undefined): Fate {
  if (code === undefined) return "bound";
  if (code === "EADDRINUSE") return "inUse";
  return code === "EACCES" || code === "EPERM" ? "notPermitted" : "noResources";
}
