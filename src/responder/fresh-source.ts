/** A socket to ask UDP ports from: by its own port no firewall takes a request for the reply to an earlier flow. */
import type { SocketFailure } from "#node-dgram-ext";
import { type Question, SOURCE_TRIES } from "./ask.ts";
import type { Datagrams } from "./datagrams.ts";

export interface FreshSource {
  readonly datagrams: Datagrams;
  /** 1 for each port that must not be asked from this socket. */
  readonly mirrored: Uint8Array;
  /** How many those are. */
  readonly mirrors: number;
}

/** Of the sockets that are tried the one from which most ports may be asked; or why there is none. */
export async function openFresh(
  { ports, mayUse, drawPort }: Pick<Question, "ports" | "mayUse" | "drawPort">,
  open: (sourcePort: number | undefined) => Promise<Datagrams | SocketFailure>,
): Promise<FreshSource | string> {
  let best: FreshSource | undefined;
  let failure = "EADDRNOTAVAIL";
  // Those stay open meanwhile, so that the system gives another port each time.
  const unfit: Datagrams[] = [];
  for (let tries = 0; tries < SOURCE_TRIES && best?.mirrors !== 0; tries++) {
    const datagrams = await open(best === undefined ? undefined : drawPort?.());
    if ("code" in datagrams) {
      failure = datagrams.code;
      continue;
    }
    const mirrored = Uint8Array.from(ports, (port) => (mayUse(datagrams.localPort, port) ? 0 : 1));
    const mirrors = mirrored.reduce((sum, flag) => sum + flag, 0);
    const isBetter = best === undefined || mirrors < best.mirrors;
    const worse = isBetter ? best?.datagrams : datagrams;
    if (worse !== undefined) unfit.push(worse);
    if (isBetter) best = { datagrams, mirrored, mirrors };
  }
  for (const datagrams of unfit) datagrams.close();
  return best ?? failure;
}
