/** The far ends of a run: the responders that were named, each asked at the addresses of its host. */
import type { Sockets } from "#node-dgram-ext";
import type { FarEnd, NoFarEnd } from "../model/far-end.ts";
import type { Parts } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import type { Responders } from "../profile/responders.ts";
import type { Credentials } from "../responder/credentials.ts";
import { toolVersion } from "./version.ts";

export interface FarEnds {
  readonly responders: Responders;
  readonly credentials: Credentials;
  /** Blocks of addresses that our packets may come from beside our own. */
  readonly dataSource?: readonly string[];
  /** There is no control channel. */
  readonly isStatic?: boolean;
  /** The own address that was asked for. */
  readonly source?: string;
}

/** Opens a session where a responder was named for the host; a failure says at which port it was looked for. */
export function farEndsOver(
  { responders, credentials, dataSource = [], isStatic = false, source }: FarEnds,
  parts: { readonly world: World; readonly sockets: Sockets },
): NonNullable<Parts["farEnd"]> {
  const tool = `unity-probe ${toolVersion()}`;
  return async (host, address, signal): Promise<FarEnd | NoFarEnd | undefined> => {
    const port = responders.get(host);
    if (port === undefined) return undefined;
    const from = source === undefined ? {} : { source };
    // Loaded when one is asked, not at every start.
    if (isStatic && credentials.key !== undefined) {
      const { openStaticFarEnd } = await import("../responder/static-far-end.ts");
      return await openStaticFarEnd({ address, key: credentials.key, ...from }, parts);
    }
    const { openFarEnd } = await import("../responder/far-end.ts");
    const opening = openFarEnd({ address, port, tool, dataSource, ...credentials, ...from }, parts);
    const opened = await Promise.race([opening, aborted(signal)]);
    if (opened === undefined) {
      // Nobody waits for it any more.
      void opening.then((late) => ("failure" in late ? undefined : late.end()));
      return undefined;
    }
    return "failure" in opened ? { ...opened, detail: `tcp/${port}: ${opened.detail}` } : opened;
  };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
