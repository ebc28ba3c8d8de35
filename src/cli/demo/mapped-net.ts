/**
 * A network whose far ends lie somewhere else than they seem to: every endpoint is asked where `whereIs` says, and
 * whoever asks sees only the endpoint that it named. So a run against stand-ins reads like a run against the real thing.
 */
import type { Net, TcpAttempt, UdpAttempt } from "../../model/parts.ts";
import type { Endpoint } from "../../model/ports.ts";

/** `addresses` are the only names there are: no resolver is asked. */
export function mappedNet(
  net: Net,
  whereIs: (endpoint: Endpoint) => Endpoint,
  addresses: Readonly<Record<string, string>>,
): Net {
  return {
    async resolve(name) {
      return Object.hasOwn(addresses, name) ? [addresses[name]!] : [];
    },
    route: (address, source) => net.route(address, source),
    async tcp(to, how, signal) {
      return seenAt(to, await net.tcp(whereIs(to), how, signal));
    },
    async udp(to, how, signal) {
      const there = whereIs(to);
      const onDatagram: typeof how.onDatagram = (bytes, from, atMs) =>
        how.onDatagram(bytes, isSame(from, there) ? to : from, atMs);
      return sentTo(to, await net.udp(there, { ...how, onDatagram }, signal));
    },
  };
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address && one.port === other.port;
}

function seenAt(remote: Endpoint, attempt: TcpAttempt): TcpAttempt {
  return { ...attempt, seen: () => ({ ...attempt.seen(), remote }) };
}

function sentTo(remote: Endpoint, attempt: UdpAttempt): UdpAttempt {
  return {
    ...(attempt.local && { local: attempt.local }),
    send: (bytes) => attempt.send(bytes),
    ended: attempt.ended,
    seen: () => ({ ...attempt.seen(), remote }),
    close: () => attempt.close(),
  };
}
