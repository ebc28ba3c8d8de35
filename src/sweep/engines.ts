/** The engines of the worker by transport. One that is not here is swept the portable way. */
import type { Transport } from "../model/words.ts";
import type { EngineParts, MakeEngine } from "./sweep-engine.ts";
import { createSynEngine } from "./syn-engine.ts";
import { createTcpEngine } from "./tcp-engine.ts";

export function engineFor(transport: Transport, parts: EngineParts): ReturnType<MakeEngine> | undefined {
  return MAKERS[transport]?.(parts);
}

const MAKERS: Partial<Record<Transport, MakeEngine>> = {
  tcp: (parts) => (asksRaw(parts) ? createSynEngine(parts) : createTcpEngine(parts)),
};

/** Raw SYNs cost half as much and show the hop limit of each reset. */
function asksRaw({ engine, features }: EngineParts): boolean {
  return engine === "syn" || (engine === "auto" && features.rawSockets.has);
}
