/** Whether this machine allows an engine that was asked for by name. */
import { type Features, openSockets } from "#node-dgram-ext";
import type { Engine } from "./worker-messages.ts";

/** Why the engine cannot be had here, as a phrase; undefined where it can. */
export async function whyNot(engine: Engine): Promise<string | undefined> {
  if (engine === "auto" || engine === "portable") return undefined;
  const sockets = await openSockets();
  sockets.close();
  return lackOf(engine, sockets.features);
}

/** What of the engine's needs is not there. */
export function lackOf(engine: "connect" | "syn", features: Features): string | undefined {
  const needs = [features.native, engine === "syn" ? features.rawSockets : features.tcpErrorQueue];
  return needs.find(({ has }) => !has)?.detail;
}
