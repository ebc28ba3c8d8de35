/** The NetBIOS session service (RFC 1002 section 4.3) of a file server: it opens the session, and says no more in it. */
import { ANY_SERVER, decodeSessionPacket, encodeSessionPacket, sessionFrameLength } from "../wire/netbios-session.ts";
import { LAB } from "./lab-domain.ts";
import type { TcpStandIn } from "./stand-in.ts";

const NOT_PRESENT = 0x82;

export function netbiosSession(): TcpStandIn {
  return {
    transport: "tcp",
    frameLength: sessionFrameLength,
    answer(request) {
      const packet = decodeSessionPacket(request);
      if (packet.type !== "sessionRequest") return undefined;
      const { name, suffix } = packet.called;
      const present = suffix === ANY_SERVER.suffix && (name === ANY_SERVER.name || name === LAB.netbiosHost);
      const answer = present
        ? ({ type: "positiveResponse" } as const)
        : ({ type: "negativeResponse", code: NOT_PRESENT } as const);
      return [encodeSessionPacket(answer)];
    },
  };
}
