/** The engines of the worker by transport. One that is not here is swept the portable way. */
import type { Transport } from "../model/words.ts";
import { lackOf } from "./engine-choice.ts";
import type { EngineParts, MakeEngine } from "./sweep-engine.ts";
import { createSynEngine } from "./syn-engine.ts";
import { createTcpEngine } from "./tcp-engine.ts";

export function engineFor(transport: Transport, parts: EngineParts): ReturnType<MakeEngine> | undefined {
  return MAKERS[transport]?.(parts);
}

const MAKERS: Partial<Record<Transport, MakeEngine>> = {
  tcp: (parts) => (tcpEngineOf(parts) === "syn" ? createSynEngine(parts) : createTcpEngine(parts)),
};

/** Raw SYNs cost half as much and show the hop limit of each reset. Throws where neither can be had. */
function tcpEngineOf({ engine, features }: EngineParts): "connect" | "syn" {
  const chosen = engine === "auto" ? (lackOf("syn", features) === undefined ? "syn" : "connect") : engine;
  const lack = lackOf(chosen, features);
  if (lack !== undefined) throw new Error(lack);
  return chosen;
}
