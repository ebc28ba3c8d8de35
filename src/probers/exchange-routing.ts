/**
 * The message routing of Exchange 2000 and 2003, TCP 691: its banner, read and not answered, because a partner that
 * logs on would join the routing group.
 */
import type { Oneshot } from "../model/prober.ts";
import { decodeRoutingBanner, routingBannerLength } from "../wire/exchange-routing.ts";

export const exchangeRouting: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "exchange-routing",
  transports: ["tcp"],
  silence: "inconclusive",
  schedule: { sendsAtMs: [0], giveUpMs: 10_000, replyFrom: "same" },
  manners: { minIntervalMs: 60_000 },
  params: {},
  about: {
    protocol: "Exchange message routing",
    title: "Exchange routing banner",
    sends: "Nothing: the server speaks first, and the connection is closed after its banner.",
    accepts:
      "A line of at most 512 bytes: NODEINFO, a version, and Microsoft Routing Server ready. Unverified beyond the pattern that nmap's service probes match.",
    proves:
      "The routing engine of an Exchange 2000 or 2003 server answered, and its version. Later ones have no port 691.",
    triggers: "Nothing known. No log-on is begun.",
    specification: ["none public; nmap-service-probes, match resvc"],
  },
  start() {
    return {
      request: () => undefined,
      read(bytes) {
        const length = routingBannerLength(bytes);
        if (length === undefined) return {};
        const { version } = decodeRoutingBanner(bytes.subarray(0, length));
        return {
          final: { service: "confirmed", detail: `Microsoft Routing Server ${version}`, evidence: { version } },
        };
      },
    };
  },
};
