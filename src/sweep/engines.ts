/** The engines of the worker by transport. */
import type { Transport } from "../model/words.ts";
import { lackOf } from "./engine-choice.ts";
import type { EngineParts, MakeEngine, SweepEngine } from "./sweep-engine.ts";
import { createSynEngine } from "./syn-engine.ts";
import { createTcpEngine } from "./tcp-engine.ts";
import { createUdpEngine } from "./udp-engine.ts";

export function engineFor(transport: Transport, parts: EngineParts): SweepEngine {
  return MAKERS[transport](parts);
}

const MAKERS: Readonly<Record<Transport, MakeEngine>> = {
  tcp: (parts) => (tcpEngineOf(parts) === "syn" ? createSynEngine(parts) : createTcpEngine(parts)),
  udp: createUdpEngine,
};

/** Raw SYNs cost half as much and show the hop limit of each reset. Throws where neither can be had. */
function tcpEngineOf({ engine, features }: EngineParts): "connect" | "syn" {
  const chosen = engine === "auto" ? (lackOf("syn", features) === undefined ? "syn" : "connect") : engine;
  const lack = lackOf(chosen, features);
  if (lack !== undefined) throw new Error(lack);
  return chosen;
}
