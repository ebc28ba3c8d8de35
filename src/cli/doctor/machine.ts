/** What `unity-probe doctor` looks at. It asks this machine only: no packet leaves it. */
import { arch, platform, release } from "node:os";
import { type Features, openSockets } from "#node-dgram-ext";
import { route } from "../../net/route.ts";

/** What the routing table says of the way to an address of one family. */
export type Way = Awaited<ReturnType<typeof route>>;

export interface Machine {
  /** As Node calls them: `linux`, `x64`. */
  readonly platform: string;
  readonly release: string;
  readonly architecture: string;
  readonly node: string;
  readonly features: Features;
  /** To anywhere: an address that no network has. */
  readonly ways: { readonly ipv4: Way; readonly ipv6: Way };
}

/** Addresses for documentation (RFC 5737, RFC 3849): a route to them is the default route. */
const ANYWHERE = { ipv4: "192.0.2.1", ipv6: "2001:db8::1" } as const;

export async function thisMachine(): Promise<Machine> {
  const sockets = await openSockets();
  sockets.close();
  const [ipv4, ipv6] = await Promise.all([route(ANYWHERE.ipv4), route(ANYWHERE.ipv6)]);
  return {
    platform: platform(),
    release: release(),
    architecture: arch(),
    node: process.versions.node,
    features: sockets.features,
    ways: { ipv4, ipv6 },
  };
}
