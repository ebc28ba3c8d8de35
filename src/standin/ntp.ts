/** A time server (RFC 5905 section 9.2) that follows another and tells the clock that it was given. */
import { decodeNtp, encodeNtp, MODE_CLIENT, MODE_SERVER, ntpFromUnixMs } from "../wire/ntp.ts";
import type { Clock, UdpStandIn } from "./stand-in.ts";

const LAST_SYNCHRONISED_MS = 60_000;

export function ntp(clock: Clock): UdpStandIn {
  return {
    transport: "udp",
    answer(datagram) {
      const request = decodeNtp(datagram);
      if (request.mode !== MODE_CLIENT) return undefined;
      const nowMs = clock.wallMs();
      return encodeNtp({
        leap: 0,
        version: request.version,
        mode: MODE_SERVER,
        stratum: 3,
        poll: request.poll,
        precision: -20,
        rootDelayS: 0.01,
        rootDispersionS: 0.02,
        referenceId: Uint8Array.of(127, 0, 0, 1),
        reference: ntpFromUnixMs(nowMs - LAST_SYNCHRONISED_MS),
        origin: request.transmit,
        receive: ntpFromUnixMs(nowMs),
        transmit: ntpFromUnixMs(nowMs),
      });
    },
  };
}
